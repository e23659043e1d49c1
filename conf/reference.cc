#include <algorithm>

#include "conf/catalog.h"
#include "conf/schema.h"
#include "conf/units.h"

namespace tidegate::conf {
namespace {

constexpr std::string_view kIntroduction = R"md(# Configuration reference

Made from the table of keys that the parser works by; a test keeps it so. How the file is read, and
how to read an error, is in [README.md](README.md).

| unit | written |
|---|---|
| duration | a whole number and `ms`, `s`, `m` or `h`: `250ms`, `2s`, `5m` |
| size | a whole number and `B`, `KiB`, `MiB` or `GiB`: `64KiB` |
| share | `20%`, `0.25%`; `0%` to `100%` |
| integer | decimal digits, no leading `0` |
| boolean | `true` or `false` |
| name | 1 to 63 letters, digits, `-`, `_` and `.` |
| address | `10.0.0.1:80`, `[::1]:80`, `unix:/run/x.sock`, `unix:@abstract`; never a host name |
| variable | `${NAME}` or `${NAME:-default}` in any value; `$${` is a plain `${` |
)md";

std::string code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

std::string link_to(const SectionInfo& section) {
  std::string anchor(section.name);
  std::replace(anchor.begin(), anchor.end(), ' ', '-');
  return "[" + std::string(section.name) + "](#" + anchor + ")";
}

std::string joined_words(const KeyInfo& key, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < key.words.size(); ++i) {
    if (i > 0) out += i + 1 == key.words.size() ? std::string(last) : ", ";
    out += code(key.words[i]);
  }
  return out;
}

std::string range(const std::string& least, const std::string& most) {
  return least == most ? least : least + " to " + most;
}

std::string duration_phrase(const KeyInfo& key) {
  return key.min == 0 ? "duration, or `0s`" : "duration";
}

std::string size_phrase(const KeyInfo& key) {
  constexpr std::uint64_t kBounded = 1ULL << 40U;
  if (key.max >= kBounded) return "size";
  return "size, " + range(format_size(key.min), format_size(key.max));
}

std::string kind_phrase(const KeyInfo& key) {
  switch (key.kind) {
    case Kind::section:
      return link_to(*key.section);
    case Kind::sections:
      return "list of " + link_to(*key.section);
    case Kind::integer:
      return "integer, " + range(std::to_string(key.min), std::to_string(key.max));
    case Kind::boolean:
      return "boolean";
    case Kind::choice:
      return joined_words(key, " or ");
    case Kind::text:
      return "text, at most " + format_size(key.max);
    case Kind::file:
      return "path of a file";
    case Kind::name:
      return "name";
    case Kind::cluster_name:
      return "name of a cluster";
    case Kind::duration:
      return duration_phrase(key);
    case Kind::size:
      return size_phrase(key);
    case Kind::share:
      return "share";
    case Kind::mode:
      return "octal text like `\"0660\"`";
    case Kind::address:
      return "address";
    case Kind::listen_address:
      return "address, or a range of ports: `0.0.0.0:7000-7010`";
    case Kind::pseudonym:
      return "token";
    case Kind::hosts:
      return "list of hosts";
    case Kind::methods:
      return "list of methods";
    case Kind::path:
      return "path that begins with `/`";
    case Kind::header_map:
      return "map of header names to values";
    case Kind::header_names:
      return "list of header names";
  }
  return {};
}

std::string type_phrase(const KeyInfo& key) {
  const bool beside = !key.words.empty() && key.kind != Kind::choice;
  return kind_phrase(key) + (beside ? ", or " + joined_words(key, " or ") : "");
}

std::string default_phrase(const Described& row) {
  if (row.key->required) return "required";
  if (!row.key->fallback.empty()) return std::string(row.key->fallback);
  switch (row.fallback.kind()) {
    case Value::Kind::nothing:
      return "";
    case Value::Kind::number:
    case Value::Kind::word:
      return code(row.fallback.scalar());
    case Value::Kind::text:
      return code("\"" + row.fallback.scalar() + "\"");
    case Value::Kind::list:
    case Value::Kind::map:
      return "none";
  }
  return {};
}

void append_section(std::string& out, const SectionInfo& section) {
  out += "\n## " + std::string(section.name) + "\n\n" + std::string(section.meaning) + "\n\n";
  out += "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const Described& row : section.describe(section)) {
    out += "| " + code(row.key->name) + " | " + type_phrase(*row.key) + " | " +
           default_phrase(row) + " | " + std::string(row.key->meaning) + " |\n";
  }
}

}  // namespace

std::string reference_page() {
  std::string out(kIntroduction);
  for (const SectionInfo* section : all_sections()) append_section(out, *section);
  return out;
}

}  // namespace tidegate::conf
