#include "conf/quotes.h"

#include <algorithm>

namespace tidegate::conf {
namespace {

bool opens_text(std::string_view text, std::size_t at) {
  if (text[at] != '"' && text[at] != '\'') return false;
  constexpr std::string_view kBefore = " \t\n,[{:";
  return at == 0 || kBefore.find(text[at - 1]) != std::string_view::npos;
}

bool opens_comment(std::string_view text, std::size_t at) {
  constexpr std::string_view kBefore = " \t\n";
  return text[at] == '#' && (at == 0 || kBefore.find(text[at - 1]) != std::string_view::npos);
}

}  // namespace

std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t open) {
  const char quote = text[open];
  for (std::size_t at = open + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      const bool doubled = quote == '\'' && at + 1 < text.size() && text[at + 1] == quote;
      if (!doubled) return at + 1;
      ++at;
    }
  }
  return std::nullopt;
}

std::size_t skip_properties(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
    at = std::min(text.find_first_of(" \t\n", at), text.size());
    at = std::min(text.find_first_not_of(" \t\n", at), text.size());
    while (at < text.size() && text[at] == '#') {
      at = std::min(text.find('\n', at), text.size());
      at = std::min(text.find_first_not_of(" \t\n", at), text.size());
    }
  }
  return at;
}

std::optional<std::size_t> unclosed_quote(std::string_view text, std::size_t from) {
  for (std::size_t at = from; at < text.size();) {
    if (opens_comment(text, at)) {
      at = text.find('\n', at);
      if (at == std::string_view::npos) return std::nullopt;
    } else if (opens_text(text, at)) {
      const auto end = end_of_quoted(text, at);
      if (!end) return at;
      at = *end;
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

}  // namespace tidegate::conf
