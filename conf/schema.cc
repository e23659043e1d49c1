#include "conf/schema.h"

#include <algorithm>

#include "conf/catalog.h"
#include "conf/value.h"

namespace tidegate::conf {
namespace {

std::string definition_name(const SectionInfo& section) {
  std::string name(section.name);
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

Value reference(const std::string& name) {
  Value out = Value::map();
  out.add("$ref", Value::text("#/$defs/" + name));
  return out;
}

Value of_type(std::string_view type) {
  Value out = Value::map();
  out.add("type", Value::text(type));
  return out;
}

Value pattern(std::string_view expression) {
  Value out = of_type("string");
  out.add("pattern", Value::text(expression));
  return out;
}

Value list_of(Value item, std::uint64_t min) {
  Value out = of_type("array");
  if (min > 0) out.add("minItems", Value::number(min));
  out.add("items", std::move(item));
  return out;
}

Value words(const KeyInfo& key) {
  Value names = Value::list();
  for (const std::string_view word : key.words) names.add(Value::text(word));
  Value out = Value::map();
  out.add("enum", std::move(names));
  return out;
}

// Text may be written without quotes, where other readers see numbers and booleans.
Value any_scalar() {
  Value types = Value::list();
  for (const std::string_view type : {"string", "number", "boolean"}) types.add(Value::text(type));
  Value out = Value::map();
  out.add("type", std::move(types));
  return out;
}

Value integer(const KeyInfo& key) {
  Value out = of_type("integer");
  out.add("minimum", Value::number(key.min)).add("maximum", Value::number(key.max));
  return out;
}

Value map_of_texts() {
  Value out = of_type("object");
  out.add("additionalProperties", any_scalar());
  return out;
}

constexpr std::string_view kName = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$";
constexpr std::string_view kToken = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
constexpr std::string_view kDuration = "^(0|[1-9][0-9]*)(ms|s|m|h)$";
constexpr std::string_view kSize = "^(0|[1-9][0-9]*)(B|KiB|MiB|GiB)$";
constexpr std::string_view kShare = "^(0|[1-9][0-9]?|100)([.][0-9]{1,2})?%$";
constexpr std::string_view kMode = "^0?[0-7]{3}$";
constexpr std::string_view kAddress = "^([0-9.]+:[0-9]+|\\[[0-9A-Fa-f:.]+\\]:[0-9]+|unix:[/@].+)$";
constexpr std::string_view kListenAddress =
    "^([0-9.]+:[0-9]+(-[0-9]+)?|\\[[0-9A-Fa-f:.]+\\]:[0-9]+(-[0-9]+)?|unix:[/@].+)$";
constexpr std::string_view kMethod = "^[!#$%&'*+.^_`|~0-9A-Z-]+$";

Value of_kind(const KeyInfo& key) {
  switch (key.kind) {
    case Kind::section:
      return reference(definition_name(*key.section));
    case Kind::sections:
      return list_of(reference(definition_name(*key.section)), key.min);
    case Kind::integer:
      return integer(key);
    case Kind::boolean:
      return of_type("boolean");
    case Kind::choice:
      return words(key);
    case Kind::text:
      return any_scalar();
    case Kind::file:
      return pattern("/");
    case Kind::name:
    case Kind::cluster_name:
      return pattern(kName);
    case Kind::duration:
      return pattern(kDuration);
    case Kind::size:
      return pattern(kSize);
    case Kind::share:
      return pattern(kShare);
    case Kind::mode:
      return pattern(kMode);
    case Kind::address:
      return pattern(kAddress);
    case Kind::listen_address:
      return pattern(kListenAddress);
    case Kind::pseudonym:
      return pattern(kToken);
    case Kind::hosts:
      return list_of(of_type("string"), 1);
    case Kind::methods:
      return list_of(pattern(kMethod), 1);
    case Kind::path:
      return pattern("^/[^?#*\\s]*$");
    case Kind::header_map:
      return map_of_texts();
    case Kind::header_names:
      return list_of(pattern(kToken), 0);
  }
  return {};
}

bool is_one_scalar(Kind kind) {
  switch (kind) {
    case Kind::section:
    case Kind::sections:
    case Kind::hosts:
    case Kind::methods:
    case Kind::header_map:
    case Kind::header_names:
      return false;
    default:
      return true;
  }
}

Value schema_of(const Described& row) {
  const KeyInfo& key = *row.key;
  Value ways = Value::list();
  ways.add(of_kind(key));
  if (!key.words.empty() && key.kind != Kind::choice) ways.add(words(key));
  if (is_one_scalar(key.kind)) ways.add(reference("variable"));
  Value out = Value::map();
  out.add("description", Value::text(key.meaning));
  out.add("anyOf", std::move(ways));
  out.add("default", row.fallback);
  return out;
}

// The parts of an object schema, added to `out`.
void add_object(Value& out, const SectionInfo& section) {
  Value properties = Value::map();
  Value required = Value::list();
  for (const Described& row : section.describe(section)) {
    properties.add(row.key->name, schema_of(row));
    if (row.key->required) required.add(Value::text(row.key->name));
  }
  out.add("description", Value::text(section.meaning));
  out.add("type", Value::text("object"));
  out.add("additionalProperties", Value::boolean(false));
  if (!required.items().empty()) out.add("required", std::move(required));
  out.add("properties", std::move(properties));
}

}  // namespace

std::string json_schema() {
  const auto sections = all_sections();
  Value definitions = Value::map();
  Value variable = pattern("\\$\\{");
  variable.add("description", Value::text("a value with ${NAME} or ${NAME:-default} in it"));
  definitions.add("variable", std::move(variable));
  for (std::size_t i = 1; i < sections.size(); ++i) {
    Value definition = Value::map();
    add_object(definition, *sections[i]);
    definitions.add(definition_name(*sections[i]), std::move(definition));
  }
  Value out = Value::map();
  out.add("$schema", Value::text("https://json-schema.org/draft/2020-12/schema"));
  out.add("title", Value::text("tidegate configuration"));
  add_object(out, *sections.front());
  out.add("$defs", std::move(definitions));
  return to_json(out);
}

}  // namespace tidegate::conf
