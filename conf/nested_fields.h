// Builds rows of the table of keys that hold other sections:
//   sections<&Config::listeners, kListener>("listeners", "…")
#pragma once

#include <array>
#include <string_view>

#include "conf/fields.h"
#include "conf/reader.h"

namespace tidegate::conf {

inline constexpr std::array<std::string_view, 1> kOff{"off"};

/// A section that goes to a member of its own.
template <auto Member, const auto& Table>
constexpr Key<OwnerOf<Member>> section(std::string_view name, std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {{.name = name, .kind = Kind::section, .meaning = meaning, .section = &Table},
          [](Reader& reader, const Node& node, const KeyInfo&, T& out) {
            read_section(reader, node, Table, out.*Member);
          },
          [](const DumpScope& scope, const T& from) {
            return write_section(scope, Table, from.*Member);
          }};
}

/// A section that only groups keys: they go to the same object as its neighbours.
template <typename T, const auto& Table>
constexpr Key<T> group(std::string_view name, std::string_view meaning) {
  return {{.name = name, .kind = Kind::section, .meaning = meaning, .section = &Table},
          [](Reader& reader, const Node& node, const KeyInfo&, T& out) {
            read_section(reader, node, Table, out);
          },
          [](const DumpScope& scope, const T& from) { return write_section(scope, Table, from); }};
}

/// A section with an `address`, or `off`, which leaves the address unset.
template <auto Member, const auto& Table>
constexpr Key<OwnerOf<Member>> section_or_off(std::string_view name, std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {
      {.name = name, .kind = Kind::section, .meaning = meaning, .words = kOff, .section = &Table},
      [](Reader& reader, const Node& node, const KeyInfo& info, T& out) {
        if (!match_word(node, info)) read_section(reader, node, Table, out.*Member);
      },
      [](const DumpScope& scope, const T& from) {
        return (from.*Member).address ? write_section(scope, Table, from.*Member)
                                      : Value::word(kOff[0]);
      }};
}

/// A list of objects; at least `min` of them.
template <auto Member, const auto& Table>
constexpr Key<OwnerOf<Member>> sections(std::string_view name, std::string_view meaning,
                                        std::uint64_t min = 0) {
  using T = OwnerOf<Member>;
  return {{.name = name,
           .kind = Kind::sections,
           .meaning = meaning,
           .required = min > 0,
           .min = min,
           .section = &Table},
          [](Reader& reader, const Node& node, const KeyInfo& info, T& out) {
            read_sections(reader, node, info, Table, out.*Member);
          },
          [](const DumpScope& scope, const T& from) {
            Value list = Value::list();
            for (const auto& item : from.*Member) list.add(write_section(scope, Table, item));
            return list;
          }};
}

}  // namespace tidegate::conf
