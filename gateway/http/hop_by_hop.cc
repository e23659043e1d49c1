#include "gateway/http/hop_by_hop.h"

#include <algorithm>
#include <array>

#include "gateway/http/list.h"

namespace tidegate::gateway::http {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(
      names, [&](std::string_view each) { return equals_ignoring_case(name, each); });
}

bool begins_with(std::string_view name, std::string_view prefix) {
  return equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

// Fields of meaning end to end that classify() has no name for.
constexpr auto kEndToEnd = std::to_array<std::string_view>(
    {"authorization", "cache-control", "cookie", "forwarded", "set-cookie", "x-real-ip"});

constexpr auto kNeverTrailers = std::to_array<std::string_view>({
    "authentication-info",
    "authorization",
    "cookie",
    "set-cookie",
    "www-authenticate",  // who asks
    "proxy-authentication-info",
    "age",
    "cache-control",
    "expires",
    "location",
    "pragma",
    "retry-after",
    "vary",
    "warning",
    "accept-ranges",
    "allow",
    "forwarded",
    "max-forwards",
    "range",
    "x-real-ip",
});

// True for a field whose name the gateway knows and that is meant for more than this hop.
bool is_end_to_end(const Field& field) {
  if (field.id != FieldId::other) return !is_hop_by_hop(field.id);
  return begins_with(field.name, "content-") || begins_with(field.name, "x-forwarded-") ||
         is_one_of(field.name, kEndToEnd);
}

}  // namespace

bool connection_names(const Fields& fields, const Field& field) {
  if (is_end_to_end(field)) return false;
  bool named = false;
  for (const Field& each : fields) {
    if (each.id != FieldId::connection) continue;
    for_each_member(each.value, [&](std::string_view member) {
      named |= equals_ignoring_case(member, field.name);
    });
  }
  return named;
}

bool may_be_trailer(const Field& field) {
  if (field.id != FieldId::other) return false;
  return !begins_with(field.name, "content-") && !begins_with(field.name, "if-") &&
         !begins_with(field.name, "x-forwarded-") && !is_one_of(field.name, kNeverTrailers);
}

}  // namespace tidegate::gateway::http
