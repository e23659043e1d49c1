// The texts a configuration is read from, and places in them.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::conf {

/// A place in one of the `Sources`. Line 0 is the file as a whole.
struct Mark {
  std::uint32_t source = 0;
  std::uint32_t line = 0;    // from 1
  std::uint32_t column = 0;  // from 1, in bytes

  friend auto operator<=>(const Mark&, const Mark&) = default;
};

class Source {
 public:
  Source(std::string name, std::string text);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& text() const { return text_; }

  /// Line `number` from 1 without its end; empty when there is none.
  [[nodiscard]] std::string_view line(std::uint32_t number) const;
  /// Where in `text()` the place is; the end of the text when it is past it.
  [[nodiscard]] std::size_t offset_of(const Mark& mark) const;
  [[nodiscard]] Mark mark_of(std::size_t offset, std::uint32_t source) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
};

class Sources {
 public:
  /// The number that marks carry from now on. `name` is escaped here.
  std::uint32_t add(std::string_view name, std::string text);
  [[nodiscard]] const Source& at(std::uint32_t index) const { return sources_[index]; }

  /// "edge.yaml:12:5".
  [[nodiscard]] std::string place(const Mark& mark) const;

 private:
  std::deque<Source> sources_;
};

}  // namespace tidegate::conf
