// Builds rows of the table of keys that are one value, from a pointer to the member it goes to:
//   duration<&Timeouts::idle>("idle", "…")
#pragma once

#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "conf/address_reader.h"
#include "conf/keys.h"
#include "conf/scalars.h"
#include "conf/units.h"

namespace tidegate::conf {

template <typename>
struct MemberParts;
template <typename T, typename M>
struct MemberParts<M T::*> {
  using Owner = T;
  using Type = M;
};
template <auto Member>
using OwnerOf = typename MemberParts<decltype(Member)>::Owner;
template <auto Member>
using TypeOf = typename MemberParts<decltype(Member)>::Type;

constexpr std::uint64_t kMaxDuration = 7ULL * 24 * 3600 * 1000;  // a week, in milliseconds

inline constexpr std::array<std::string_view, 1> kNone{"none"};
inline constexpr std::array<std::string_view, 1> kAuto{"auto"};

template <auto Member>
constexpr Key<OwnerOf<Member>> integer(std::string_view name, std::uint64_t min, std::uint64_t max,
                                       std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {{.name = name, .kind = Kind::integer, .meaning = meaning, .min = min, .max = max},
          [](Reader& reader, const Node& node, const KeyInfo& info, T& out) {
            const auto value = read_integer(reader, node, info);
            if (value) out.*Member = static_cast<TypeOf<Member>>(*value);
          },
          [](const DumpScope&, const T& from) { return Value::number(from.*Member); }};
}

/// An integer from 1, or a word that stands for 0 in the model.
template <auto Member, const auto& Words>
constexpr Key<OwnerOf<Member>> integer_or(std::string_view name, std::uint64_t max,
                                          std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {{.name = name,
           .kind = Kind::integer,
           .meaning = meaning,
           .min = 1,
           .max = max,
           .words = Words},
          [](Reader& reader, const Node& node, const KeyInfo& info, T& out) {
            const auto value = match_word(node, info) ? std::optional<std::uint64_t>(0)
                                                      : read_integer(reader, node, info);
            if (value) out.*Member = static_cast<TypeOf<Member>>(*value);
          },
          [](const DumpScope&, const T& from) {
            return from.*Member == 0 ? Value::word(Words[0]) : Value::number(from.*Member);
          }};
}

template <auto Member>
constexpr Key<OwnerOf<Member>> boolean(std::string_view name, std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {{.name = name, .kind = Kind::boolean, .meaning = meaning},
          [](Reader& reader, const Node& node, const KeyInfo&, T& out) {
            if (const auto value = read_boolean(reader, node)) out.*Member = *value;
          },
          [](const DumpScope&, const T& from) { return Value::boolean(from.*Member); }};
}

/// `Words` are the names of the enumerators, in their order.
template <auto Member, const auto& Words>
constexpr Key<OwnerOf<Member>> choice(std::string_view name, std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {{.name = name, .kind = Kind::choice, .meaning = meaning, .words = Words},
          [](Reader& reader, const Node& node, const KeyInfo& info, T& out) {
            const auto index = read_choice(reader, node, info);
            if (index) out.*Member = static_cast<TypeOf<Member>>(*index);
          },
          [](const DumpScope&, const T& from) {
            return Value::word(Words[static_cast<std::size_t>(from.*Member)]);
          }};
}

/// The model keeps the word itself.
template <auto Member, const auto& Words>
constexpr Key<OwnerOf<Member>> choice_of_text(std::string_view name, std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {{.name = name, .kind = Kind::choice, .meaning = meaning, .words = Words},
          [](Reader& reader, const Node& node, const KeyInfo& info, T& out) {
            if (const auto index = read_choice(reader, node, info)) out.*Member = Words[*index];
          },
          [](const DumpScope&, const T& from) { return Value::word(from.*Member); }};
}

template <auto Member>
constexpr Key<OwnerOf<Member>> duration(std::string_view name, std::string_view meaning,
                                        std::uint64_t min = 1) {
  using T = OwnerOf<Member>;
  return {
      {.name = name, .kind = Kind::duration, .meaning = meaning, .min = min, .max = kMaxDuration},
      [](Reader& reader, const Node& node, const KeyInfo& info, T& out) {
        if (const auto value = read_duration(reader, node, info)) out.*Member = *value;
      },
      [](const DumpScope&, const T& from) { return Value::word(format_duration(from.*Member)); }};
}

template <auto Member>
constexpr Key<OwnerOf<Member>> size(std::string_view name, std::uint64_t min, std::uint64_t max,
                                    std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {{.name = name, .kind = Kind::size, .meaning = meaning, .min = min, .max = max},
          [](Reader& reader, const Node& node, const KeyInfo& info, T& out) {
            const auto value = read_size(reader, node, info);
            if (value) out.*Member = static_cast<TypeOf<Member>>(*value);
          },
          [](const DumpScope&, const T& from) { return Value::word(format_size(from.*Member)); }};
}

/// A size from 1 byte, or `none`, which is 0 in the model.
template <auto Member>
constexpr Key<OwnerOf<Member>> size_or_none(std::string_view name, std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {
      {.name = name,
       .kind = Kind::size,
       .meaning = meaning,
       .min = 1,
       .max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
       .words = kNone},
      [](Reader& reader, const Node& node, const KeyInfo& info, T& out) {
        const auto value = match_word(node, info) ? std::optional<std::uint64_t>(0)
                                                  : read_size(reader, node, info);
        if (value) out.*Member = *value;
      },
      [](const DumpScope&, const T& from) {
        return Value::word(from.*Member == 0 ? std::string(kNone[0]) : format_size(from.*Member));
      }};
}

template <auto Member>
constexpr Key<OwnerOf<Member>> share(std::string_view name, std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {{.name = name, .kind = Kind::share, .meaning = meaning},
          [](Reader& reader, const Node& node, const KeyInfo&, T& out) {
            if (const auto value = read_share(reader, node)) out.*Member = *value;
          },
          [](const DumpScope&, const T& from) { return Value::word(format_share(from.*Member)); }};
}

template <auto Member>
constexpr Key<OwnerOf<Member>> text(std::string_view name, std::uint64_t max_bytes,
                                    std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {{.name = name, .kind = Kind::text, .meaning = meaning, .max = max_bytes},
          [](Reader& reader, const Node& node, const KeyInfo& info, T& out) {
            if (auto value = read_text(reader, node, info)) out.*Member = std::move(*value);
          },
          [](const DumpScope&, const T& from) { return Value::text(from.*Member); }};
}

template <auto Member, const auto& Words>
constexpr Key<OwnerOf<Member>> file_or(std::string_view name, std::string_view meaning) {
  using T = OwnerOf<Member>;
  constexpr std::uint64_t kLongestPath = 4095;  // PATH_MAX without its NUL
  return {
      {.name = name, .kind = Kind::file, .meaning = meaning, .max = kLongestPath, .words = Words},
      [](Reader& reader, const Node& node, const KeyInfo& info, T& out) {
        if (auto value = read_file(reader, node, info)) out.*Member = std::move(*value);
      },
      [](const DumpScope&, const T& from) { return Value::text(from.*Member); }};
}

/// The `name` of an object: required, unique among its neighbours.
template <auto Member>
constexpr Key<OwnerOf<Member>> object_name(std::string_view meaning) {
  using T = OwnerOf<Member>;
  return {{.name = "name", .kind = Kind::name, .meaning = meaning, .required = true},
          [](Reader& reader, const Node& node, const KeyInfo&, T& out) {
            if (auto value = read_name(reader, node)) out.*Member = std::move(*value);
          },
          [](const DumpScope&, const T& from) { return Value::text(from.*Member); }};
}

}  // namespace tidegate::conf
