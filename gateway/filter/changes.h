// The configured changes of one head, asked about field by field. Names are classified once per
// head, so that a field costs a bit test unless a change names one the gateway has no id for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/model.h"
#include "gateway/http/fields.h"

namespace tidegate::gateway::filter {

class Changes {
 public:
  /// `changes` may be null and must outlive this object.
  explicit Changes(const conf::HeaderChanges* changes);

  /// True when a received field of that name is not sent: it is removed, or set to something else.
  [[nodiscard]] bool drops(const http::Field& field) const {
    if (dropped_ == 0) return false;
    if (field.id != http::FieldId::other) return drops(field.id);
    return drops(http::FieldId::other) && names_other(field.name);
  }

  /// The same for a field the gateway would write itself.
  [[nodiscard]] bool drops(http::FieldId id) const { return (dropped_ & bit(id)) != 0; }

  /// The Host to send: the one that is set, else `received`.
  [[nodiscard]] std::string_view host_or(std::string_view received) const;

  /// Appends what is set, then what is added.
  void append_to(std::string& out) const;

 private:
  static std::uint32_t bit(http::FieldId id) {
    return std::uint32_t{1} << static_cast<unsigned>(id);
  }
  static bool may_change(http::FieldId id);
  [[nodiscard]] bool names_other(std::string_view name) const;

  const conf::HeaderChanges* changes_;  // null when there is nothing to change
  std::uint32_t dropped_ = 0;           // ids whose received fields go
};

}  // namespace tidegate::gateway::filter
