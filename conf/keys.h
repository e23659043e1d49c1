// The table of keys: the one place that knows which keys there are, what they take, what they mean
// and where they go. The parser, the dump, the JSON Schema and the reference page are all driven
// by it, and the defaults in the last two are what a default-made model writes.
//
// A Section is one kind of map in the file (a listener, its timeouts, …): a row per key. `read`
// puts a node into the model, `write` gets it out again.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "conf/model.h"
#include "conf/tree.h"
#include "conf/value.h"

namespace tidegate::conf {

class Reader;
struct SectionInfo;

/// What a key takes. `min` and `max` of KeyInfo bound the kinds that are a number or a length.
enum class Kind {
  section,
  sections,  // a list of them, at least `min`
  integer,   // min..max
  boolean,
  choice,          // one of `words`
  text,            // anything, up to `max` bytes
  file,            // a path, or one of `words`
  name,            // of an object
  cluster_name,    // of one of `clusters`
  duration,        // milliseconds min..max
  size,            // bytes min..max
  share,           // 0% to 100%
  mode,            // permission bits in octal
  address,         // of one socket
  listen_address,  // the same, port 0 and a port range allowed
  pseudonym,       // a token of HTTP
  hosts,
  methods,
  path,
  header_map,  // names to values
  header_names
};

struct KeyInfo {
  std::string_view name;
  Kind kind;
  std::string_view meaning;
  bool required = false;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  std::span<const std::string_view> words = {};  // taken as well as (or for a choice: as) the kind
  const SectionInfo* section = nullptr;
  std::string_view fallback = {};  // what happens without the key, where no value says it
};

/// What a writer may need beyond the object it writes; null when only defaults are described.
struct DumpScope {
  const Config* config = nullptr;
};

template <typename T>
struct Key {
  KeyInfo info;
  void (*read)(Reader& reader, const Node& node, const KeyInfo& info, T& out);
  /// `nothing` when unset.
  Value (*write)(const DumpScope& scope, const T& from);
};

struct Described {
  const KeyInfo* key;
  Value fallback;
};

struct SectionInfo {
  std::string_view name;  // the heading in the reference, the definition in the schema
  std::string_view meaning;
  std::vector<Described> (*describe)(const SectionInfo& section);
};

template <typename T>
struct Section : SectionInfo {
  std::span<const Key<T>> keys;
  /// Before the keys are read: takes over what is inherited. May be null.
  void (*begin)(Reader& reader, T& out) = nullptr;
  /// After them: what no single key can know. `node` tells which keys were given. May be null.
  void (*finish)(Reader& reader, const Node& node, T& out) = nullptr;
};

template <typename T>
Value write_section(const DumpScope& scope, const Section<T>& section, const T& from) {
  Value out = Value::map();
  for (const Key<T>& key : section.keys) out.add(key.info.name, key.write(scope, from));
  return out;
}

/// Every key with its default; the `describe` of every Section<T>.
template <typename T>
std::vector<Described> describe_section(const SectionInfo& info) {
  const auto& section = static_cast<const Section<T>&>(info);
  std::vector<Described> out;
  for (const Key<T>& key : section.keys) {
    const bool has_own_page = key.info.kind == Kind::section && key.info.words.empty();
    const bool described = !key.info.required && !has_own_page && key.info.fallback.empty();
    out.push_back({&key.info, described ? key.write(DumpScope{}, T{}) : Value()});
  }
  return out;
}

}  // namespace tidegate::conf
