#include <cstdio>

#include "conf/value.h"

namespace tidegate::conf {
namespace {

std::string escaped(char byte) {
  switch (byte) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  const auto value = static_cast<unsigned char>(byte);
  if (value >= 0x20 && value != 0x7f) return {byte};
  char text[8];
  std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(value));
  return text;
}

class JsonWriter {
 public:
  void write(const Value& value, std::size_t depth) {
    switch (value.kind()) {
      case Value::Kind::nothing:
        out_ += "null";
        break;
      case Value::Kind::number:
        out_ += value.scalar();
        break;
      case Value::Kind::word:
      case Value::Kind::text:
        out_ += json_string(value.scalar());
        break;
      case Value::Kind::list:
        write_list(value, depth);
        break;
      case Value::Kind::map:
        write_map(value, depth);
        break;
    }
  }

  std::string take() { return std::move(out_) + "\n"; }

 private:
  void write_list(const Value& value, std::size_t depth) {
    out_ += '[';
    for (const Value& item : value.items()) {
      next(&item == &value.items().front(), depth + 1);
      write(item, depth + 1);
    }
    end(value.items().empty(), depth, ']');
  }

  void write_map(const Value& value, std::size_t depth) {
    out_ += '{';
    for (const Value::Member& member : value.members()) {
      next(&member == &value.members().front(), depth + 1);
      out_ += json_string(member.key) + ": ";
      write(member.value, depth + 1);
    }
    end(value.members().empty(), depth, '}');
  }

  void next(bool first, std::size_t depth) {
    out_ += first ? "\n" : ",\n";
    out_.append(depth * 2, ' ');
  }

  void end(bool empty, std::size_t depth, char bracket) {
    if (!empty) {
      out_ += '\n';
      out_.append(depth * 2, ' ');
    }
    out_ += bracket;
  }

  std::string out_;
};

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char byte : text) out += escaped(byte);
  return out + '"';
}

std::string to_json(const Value& value) {
  JsonWriter writer;
  writer.write(value, 0);
  return writer.take();
}

}  // namespace tidegate::conf
