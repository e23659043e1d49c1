#include "conf/value.h"

#include <utility>

namespace tidegate::conf {

Value::Value() = default;
Value::~Value() = default;
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;

Value::Value(Kind kind, std::string_view scalar) : kind_(kind), scalar_(scalar) {}

Value Value::number(std::uint64_t value) {
  return {Kind::number, std::to_string(value)};
}

Value Value::boolean(bool value) {
  return {Kind::number, value ? "true" : "false"};
}

Value Value::word(std::string_view value) {
  return {Kind::word, value};
}

Value Value::text(std::string_view value) {
  return {Kind::text, value};
}

Value Value::list() {
  return {Kind::list, ""};
}

Value Value::map() {
  return {Kind::map, ""};
}

Value Value::texts(const std::vector<std::string>& values) {
  Value out = list();
  for (const std::string& value : values) out.add(text(value));
  return out;
}

Value& Value::add(Value item) {
  if (!item.empty()) items_.push_back(std::move(item));
  return *this;
}

Value& Value::add(std::string_view key, Value value) {
  if (!value.empty()) members_.push_back({std::string(key), std::move(value)});
  return *this;
}

}  // namespace tidegate::conf
