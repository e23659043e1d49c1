#include <algorithm>

#include "conf/value.h"
#include "conf/variables.h"

namespace tidegate::conf {
namespace {

// Keys that need no quotes: what is left is quoted, be it needed or not.
bool is_plain_key(std::string_view key) {
  const bool plain = std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return plain && !key.empty() && key.front() >= 'a' && key != "null";
}

class YamlWriter {
 public:
  // Writes what follows `key:` or `- `, its newline included.
  void write(const Value& value, std::size_t depth, bool in_list) {
    switch (value.kind()) {
      case Value::Kind::nothing:
        out_ += " ~\n";
        break;
      case Value::Kind::number:
      case Value::Kind::word:
        out_ += " " + value.scalar() + "\n";
        break;
      // Our reader takes JSON's escapes, being a reader of YAML.
      case Value::Kind::text:
        out_ += " " + json_string(protect(value.scalar())) + "\n";
        break;
      case Value::Kind::list:
        write_list(value, depth);
        break;
      case Value::Kind::map:
        write_map(value, depth, in_list);
        break;
    }
  }

  void write_members(const Value& value, std::size_t depth, bool first_is_indented) {
    for (const Value::Member& member : value.members()) {
      const bool indented = first_is_indented && &member == &value.members().front();
      if (!indented) out_.append(depth * 2, ' ');
      out_ += is_plain_key(member.key) ? member.key : json_string(member.key);
      out_ += ":";
      write(member.value, depth + 1, false);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void write_list(const Value& value, std::size_t depth) {
    if (value.items().empty()) {
      out_ += " []\n";
      return;
    }
    out_ += "\n";
    for (const Value& item : value.items()) {
      out_.append(depth * 2, ' ');
      out_ += "-";
      write(item, depth + 1, true);
    }
  }

  void write_map(const Value& value, std::size_t depth, bool in_list) {
    if (value.members().empty()) {
      out_ += " {}\n";
      return;
    }
    out_ += in_list ? " " : "\n";
    write_members(value, depth, in_list);
  }

  std::string out_;
};

}  // namespace

std::string to_yaml(const Value& value) {
  YamlWriter writer;
  writer.write_members(value, 0, false);
  return writer.take();
}

}  // namespace tidegate::conf
