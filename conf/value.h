// A tree of values to be written as YAML or JSON: dumps and the schema.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::conf {

class Value {
 public:
  enum class Kind {
    nothing,  // left out wherever it is put
    number,   // digits, true, false: bare in both languages
    word,     // 30s, off, round_robin: bare in YAML, a string in JSON
    text,     // quoted in both
    list,
    map
  };
  struct Member;

  Value();
  ~Value();
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  static Value number(std::uint64_t value);
  static Value boolean(bool value);
  static Value word(std::string_view value);
  static Value text(std::string_view value);
  static Value list();
  static Value map();
  static Value texts(const std::vector<std::string>& values);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool empty() const { return kind_ == Kind::nothing; }
  [[nodiscard]] const std::string& scalar() const { return scalar_; }
  [[nodiscard]] const std::vector<Value>& items() const { return items_; }
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }

  /// Appends to a list; `nothing` is left out.
  Value& add(Value item);
  /// Appends to a map; `nothing` is left out. The key must be new.
  Value& add(std::string_view key, Value value);

 private:
  Value(Kind kind, std::string_view scalar);

  Kind kind_ = Kind::nothing;
  std::string scalar_;
  std::vector<Value> items_;
  std::vector<Member> members_;
};

struct Value::Member {
  std::string key;
  Value value;
};

/// Block style, two spaces, ends in a newline. `load_text` reads texts back byte for byte: a
/// `${` in them is protected.
std::string to_yaml(const Value& value);

/// Indented by two spaces, ends in a newline.
std::string to_json(const Value& value);

/// `text` as a JSON string, quotes included.
std::string json_string(std::string_view text);

}  // namespace tidegate::conf
