#include "conf/scalars.h"

#include <algorithm>

#include "conf/escape.h"
#include "conf/suggest.h"
#include "conf/units.h"

namespace tidegate::conf {
namespace {

constexpr std::size_t kLongestName = 63;

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char byte) {
    return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
  });
}

// ", or `auto`" for the words a key takes beside its kind.
std::string or_words(const KeyInfo& info) {
  std::string out;
  for (const std::string_view word : info.words) out += ", or `" + std::string(word) + "`";
  return out;
}

std::string integer_hint(const Node& node, const KeyInfo& info) {
  const std::string& text = node.text;
  if (text == "0" && !info.words.empty()) {
    return "did you mean `" + std::string(info.words.front()) + "`?";
  }
  if (text.size() > 1 && text.front() == '0' && is_digits(text)) {
    const auto first = std::min(text.find_first_not_of('0'), text.size() - 1);
    return "a leading 0 is octal to some readers; write `" + escape(text.substr(first)) + "`";
  }
  if (text.rfind("0x", 0) == 0 || text.rfind("0o", 0) == 0) return "write it in decimal";
  const std::string_view best = nearest(text, info.words);
  return best.empty() ? "" : "did you mean " + quote(best) + "?";
}

std::string duration_hint(const std::string& text) {
  if (is_digits(text)) {
    return "a duration needs a unit, ms, s, m or h: did you mean `" + escape(text) + "s`?";
  }
  return "a whole number and one unit: ms, s, m or h";
}

std::string size_hint(const std::string& text) {
  if (is_digits(text)) return "a size needs a unit: B, KiB, MiB or GiB";
  const auto digits = text.find_first_not_of("0123456789");
  if (digits != std::string::npos && digits > 0) {
    constexpr std::string_view kLetters = "kmg";
    constexpr std::string_view kUnits[] = {"KiB", "MiB", "GiB"};
    const char letter = static_cast<char>(text[digits] | 0x20);
    const auto unit = kLetters.find(letter);
    if (unit != std::string_view::npos) {
      return "did you mean `" + escape(text.substr(0, digits)) + std::string(kUnits[unit]) + "`?";
    }
  }
  return "a whole number and one unit: B, KiB, MiB or GiB";
}

}  // namespace

std::optional<std::size_t> match_word(const Node& node, const KeyInfo& info) {
  if (!node.is_scalar()) return std::nullopt;
  const auto found = std::find(info.words.begin(), info.words.end(), node.text);
  if (found == info.words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - info.words.begin());
}

std::optional<std::uint64_t> read_integer(Reader& reader, const Node& node, const KeyInfo& info) {
  const auto value = node.is_scalar() ? parse_integer(node.text) : std::nullopt;
  if (value && *value >= info.min && *value <= info.max) return value;
  const std::string least = std::to_string(info.min);
  const std::string wanted =
      info.min == info.max ? least : "a whole number, " + least + " to " + std::to_string(info.max);
  reader.wrong(node, wanted + or_words(info), integer_hint(node, info));
  return std::nullopt;
}

std::optional<bool> read_boolean(Reader& reader, const Node& node) {
  if (node.is_scalar() && (node.text == "true" || node.text == "false")) return node.text == "true";
  constexpr std::string_view kYes[] = {"yes", "on", "True", "TRUE", "Yes", "On", "y", "1"};
  constexpr std::string_view kNo[] = {"no", "off", "False", "FALSE", "No", "Off", "n", "0"};
  std::string hint;
  if (std::find(std::begin(kYes), std::end(kYes), node.text) != std::end(kYes)) {
    hint = "did you mean `true`?";
  }
  if (std::find(std::begin(kNo), std::end(kNo), node.text) != std::end(kNo)) {
    hint = "did you mean `false`?";
  }
  reader.wrong(node, "true or false", std::move(hint));
  return std::nullopt;
}

std::optional<std::size_t> read_choice(Reader& reader, const Node& node, const KeyInfo& info) {
  if (const auto index = match_word(node, info)) return index;
  std::string wanted;
  for (std::size_t i = 0; i < info.words.size(); ++i) {
    if (i > 0) wanted += i + 1 == info.words.size() ? " or " : ", ";
    wanted += "`" + std::string(info.words[i]) + "`";
  }
  const std::string_view best = node.is_scalar() ? nearest(node.text, info.words) : "";
  reader.wrong(node, std::move(wanted), best.empty() ? "" : "did you mean " + quote(best) + "?");
  return std::nullopt;
}

std::optional<std::string> read_text(Reader& reader, const Node& node, const KeyInfo& info) {
  if (node.is_scalar() && node.text.size() <= info.max) return node.text;
  if (node.is_scalar()) {
    reader.complain(node.mark, "longer than " + format_size(info.max));
  } else {
    reader.wrong(node, "text", node.kind == Node::Kind::null ? "write \"\" for an empty one" : "");
  }
  return std::nullopt;
}

std::optional<std::string> read_file(Reader& reader, const Node& node, const KeyInfo& info) {
  if (match_word(node, info)) return node.text;
  const bool path = node.is_scalar() && !node.text.empty() && node.text.size() <= info.max &&
                    !has_control(node.text) && node.text.back() != '/';
  // A bare word is more likely a mistyped `stdout` than a file in the current directory.
  if (path && node.text.find('/') != std::string::npos) return node.text;
  reader.wrong(node, "the path of a file with a `/` in it" + or_words(info),
               node.is_scalar() ? suggest(node.text, info.words) : "");
  return std::nullopt;
}

std::optional<std::string> read_name(Reader& reader, const Node& node) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  const std::string& text = node.text;
  const bool right = node.is_scalar() && !text.empty() && text.size() <= kLongestName &&
                     std::all_of(text.begin(), text.end(), allowed) && text.front() != '-' &&
                     text.front() != '.';
  if (right) return text;
  reader.wrong(node, "a name of 1 to 63 letters, digits, `-`, `_` and `.`",
               "names appear in metrics and logs");
  return std::nullopt;
}

std::optional<std::size_t> read_cluster(Reader& reader, const Node& node) {
  if (!node.is_scalar()) {
    reader.wrong(node, "the name of a cluster");
    return std::nullopt;
  }
  const auto index = reader.clusters.use(node.text);
  if (!index && !node.broken) {
    const auto known = reader.clusters.all();
    reader.complain(node.mark, "there is no cluster " + quote(node.text),
                    known.empty() ? "add it to `clusters`" : suggest(node.text, known));
  }
  return index;
}

std::optional<Millis> read_duration(Reader& reader, const Node& node, const KeyInfo& info) {
  const auto value = node.is_scalar() ? parse_duration(node.text) : std::nullopt;
  if (!value) {
    reader.wrong(node, "a duration like 2s", duration_hint(node.text));
    return std::nullopt;
  }
  const Millis least(static_cast<std::int64_t>(info.min));
  const Millis most(static_cast<std::int64_t>(info.max));
  if (*value >= least && *value <= most) return value;
  reader.wrong(node, "a duration, " + format_duration(least) + " to " + format_duration(most));
  return std::nullopt;
}

std::optional<std::uint64_t> read_size(Reader& reader, const Node& node, const KeyInfo& info) {
  const auto value = node.is_scalar() ? parse_size(node.text) : std::nullopt;
  if (!value) {
    const std::string hint = node.text == "0" ? integer_hint(node, info) : size_hint(node.text);
    reader.wrong(node, "a size like 64KiB" + or_words(info), hint);
    return std::nullopt;
  }
  if (*value >= info.min && *value <= info.max) return value;
  reader.wrong(
      node, "a size, " + format_size(info.min) + " to " + format_size(info.max) + or_words(info));
  return std::nullopt;
}

std::optional<double> read_share(Reader& reader, const Node& node) {
  const auto value = node.is_scalar() ? parse_share(node.text) : std::nullopt;
  if (!value) {
    reader.wrong(node, "a share, 0% to 100%",
                 is_digits(node.text) ? "a share needs its unit, `%`" : "");
  }
  return value;
}

std::optional<std::uint32_t> read_mode(Reader& reader, const Node& node) {
  const auto value = node.is_scalar() ? parse_mode(node.text) : std::nullopt;
  if (!value) reader.wrong(node, "permission bits in octal like \"0660\"");
  return value;
}

}  // namespace tidegate::conf
