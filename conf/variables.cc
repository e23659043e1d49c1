#include "conf/variables.h"

#include <algorithm>
#include <cstdlib>

#include "conf/escape.h"
#include "conf/utf8.h"

namespace tidegate::conf {
namespace {

constexpr std::string_view kOpen = "${";
constexpr std::string_view kProtected = "$${";
constexpr std::string_view kDefault = ":-";

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// Appends what `inside`, the text between the braces, stands for; false with `out.problem` set.
bool append_variable(Expansion& out, std::string_view inside, const Lookup& lookup) {
  const auto colon = inside.find(kDefault);
  const std::string_view name = inside.substr(0, colon);
  if (!is_name(name)) {
    out.problem = "`${…}` needs the name of a variable, found " + quote(name);
    out.hint = "write `${NAME}` or `${NAME:-default}`; `$${` stands for a plain `${`";
    return false;
  }
  const char* value = lookup(std::string(name));
  const bool has_default = colon != std::string_view::npos;
  if (has_default && (value == nullptr || *value == '\0')) {
    out.text += inside.substr(colon + kDefault.size());
    return true;
  }
  if (value == nullptr) {
    out.problem = "the variable " + quote(name) + " is not set";
    out.hint = "set it, or give a default: `${" + std::string(name) + ":-default}`";
    return false;
  }
  if (first_bad_utf8(value)) {
    out.problem = "the variable " + quote(name) + " holds bytes that are no UTF-8";
    return false;
  }
  out.text += value;
  return true;
}

}  // namespace

const char* from_environment(const std::string& name) {
  return std::getenv(name.c_str());
}

bool has_variables(std::string_view text) {
  return text.find(kOpen) != std::string_view::npos;
}

Expansion expand(std::string_view text, const Lookup& lookup) {
  Expansion out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at, kProtected.size()) == kProtected) {
      out.text += kOpen;
      at += kProtected.size();
      continue;
    }
    if (text.substr(at, kOpen.size()) != kOpen) {
      out.text += text[at++];
      continue;
    }
    const auto close = text.find('}', at);
    out.error_at = at;
    if (close == std::string_view::npos) {
      out.problem = "`${` is never closed by `}`";
      out.hint = "`$${` stands for a plain `${`";
      return out;
    }
    const std::size_t start = at + kOpen.size();
    if (!append_variable(out, text.substr(start, close - start), lookup)) return out;
    at = close + 1;
  }
  return out;
}

std::string protect(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at, kOpen.size()) == kOpen) out += '$';
    out += text[at];
  }
  return out;
}

}  // namespace tidegate::conf
