#include "gateway/filter/changes.h"

#include <algorithm>

#include "gateway/filter/head_lines.h"
#include "gateway/http/chars.h"
#include "gateway/http/hop_by_hop.h"

namespace tidegate::gateway::filter {
namespace {

constexpr std::string_view kHost = "host";

static_assert(static_cast<unsigned>(http::FieldId::x_request_id) < 32, "one bit for every id");

bool is_empty(const conf::HeaderChanges* changes) {
  return changes == nullptr ||
         (changes->set.empty() && changes->add.empty() && changes->remove.empty());
}

}  // namespace

Changes::Changes(const conf::HeaderChanges* changes)
    : changes_(is_empty(changes) ? nullptr : changes) {
  if (changes_ == nullptr) return;
  const auto drop = [this](std::string_view name) {
    const http::FieldId id = http::classify(name);
    if (may_change(id)) dropped_ |= bit(id);
  };
  for (const conf::HeaderChange& change : changes_->set) drop(change.name);
  for (const std::string& name : changes_->remove) drop(name);
}

std::string_view Changes::host_or(std::string_view received) const {
  if (changes_ == nullptr) return received;
  for (const conf::HeaderChange& change : changes_->set) {
    if (http::equals_ignoring_case(change.name, kHost)) return change.value;
  }
  return received;
}

void Changes::append_to(std::string& out) const {
  if (changes_ == nullptr) return;
  for (const auto* list : {&changes_->set, &changes_->add}) {
    for (const conf::HeaderChange& change : *list) {
      if (may_change(http::classify(change.name))) append_field(out, change.name, change.value);
    }
  }
}

// A wrong value in one of these would let the two sides disagree on where a message ends.
bool Changes::may_change(http::FieldId id) {
  return !http::is_hop_by_hop(id) && id != http::FieldId::content_length &&
         id != http::FieldId::expect && id != http::FieldId::host;
}

bool Changes::names_other(std::string_view name) const {
  const auto is_it = [name](std::string_view changed) {
    return http::equals_ignoring_case(changed, name);
  };
  return std::ranges::any_of(changes_->set, is_it, &conf::HeaderChange::name) ||
         std::ranges::any_of(changes_->remove, is_it);
}

}  // namespace tidegate::gateway::filter
