// `${NAME}` and `${NAME:-default}` inside one scalar value. The result is text and is never read
// as YAML again, so a variable can bring no keys, lists or references.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tidegate::conf {

/// Null when the variable is not set. The text must live until `expand` returns.
using Lookup = std::function<const char*(const std::string& name)>;

/// The process's environment.
const char* from_environment(const std::string& name);

struct Expansion {
  std::string text;
  std::size_t error_at = 0;  // where in the input `problem` stands
  std::string problem;       // empty when all went well
  std::string hint;
};

/// True when `expand` would change the text.
bool has_variables(std::string_view text);

/// `:-` takes the default for a variable that is unset or empty. `$${` stands for `${`.
Expansion expand(std::string_view text, const Lookup& lookup);

/// The text that `expand` turns into `text`: every `${` written as `$${`.
std::string protect(std::string_view text);

}  // namespace tidegate::conf
