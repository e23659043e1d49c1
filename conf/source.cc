#include "conf/source.h"

#include <algorithm>
#include <utility>

#include "conf/escape.h"

namespace tidegate::conf {
namespace {

constexpr std::size_t kLongestName = 4096;  // PATH_MAX

}  // namespace

Source::Source(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
  line_starts_.push_back(0);
  for (std::size_t at = text_.find('\n'); at != std::string::npos; at = text_.find('\n', at + 1)) {
    line_starts_.push_back(at + 1);
  }
}

std::string_view Source::line(std::uint32_t number) const {
  if (number == 0 || number > line_starts_.size()) return {};
  const std::size_t start = line_starts_[number - 1];
  const std::size_t end = std::min(text_.find('\n', start), text_.size());
  return std::string_view(text_).substr(start, end - start);
}

std::size_t Source::offset_of(const Mark& mark) const {
  if (mark.line == 0) return 0;
  if (mark.line > line_starts_.size()) return text_.size();
  return std::min(line_starts_[mark.line - 1] + mark.column - 1, text_.size());
}

Mark Source::mark_of(std::size_t offset, std::uint32_t source) const {
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<std::uint32_t>(next - line_starts_.begin());
  return {source, line, static_cast<std::uint32_t>(offset - line_starts_[line - 1] + 1)};
}

std::uint32_t Sources::add(std::string_view name, std::string text) {
  sources_.emplace_back(escape(name, kLongestName), std::move(text));
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

std::string Sources::place(const Mark& mark) const {
  std::string out = at(mark.source).name();
  if (mark.line != 0) out += ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
  return out;
}

}  // namespace tidegate::conf
