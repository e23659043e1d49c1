#include "conf/problem.h"

namespace tidegate::conf {
namespace {

constexpr std::size_t kMargin = 5;  // columns a line number takes, so that lines align

std::string with_margin(std::uint32_t line, std::string_view text) {
  std::string number = std::to_string(line);
  if (number.size() < kMargin) number.insert(0, kMargin - number.size(), ' ');
  return number + " | " + std::string(text) + "\n";
}

}  // namespace

std::string Problem::to_string() const {
  std::string out = source + ":";
  if (line != 0) out += std::to_string(line) + ":" + std::to_string(column) + ":";
  out += severity == Severity::error ? " error: " : " warning: ";
  if (!key_path.empty()) out += key_path + ": ";
  out += found.empty() ? wanted : "wanted " + wanted + ", found " + found;
  out += "\n";
  if (line != 0) {
    const std::string marked = with_margin(line, line_text);
    const auto bar = marked.find('|');
    out += marked + std::string(bar, ' ') + "| " + std::string(caret, ' ') + "^\n";
  }
  if (!hint.empty()) out += "  hint: " + hint + "\n";
  return out;
}

}  // namespace tidegate::conf
