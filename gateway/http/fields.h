// Header fields as slices of the received bytes: parsed once, classified once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidegate::gateway::http {

// The names the gateway looks at; everything else is `other`. The parser sets it, so that no
// later step compares names again.
enum class FieldId : std::uint8_t {
  other,
  connection,
  content_length,
  content_type,
  date,
  expect,
  host,
  http2_settings,
  keep_alive,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  referer,
  server,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  via,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
  x_request_id,
};

/// Case-insensitive; `FieldId::other` for a name that is none of them. Requires: `name` is a token
/// (RFC 9110 §5.6.2), which lets it compare eight characters at once.
FieldId classify(std::string_view name);

struct Field {
  std::string_view name;   // as received
  std::string_view value;  // without the optional white space around it (RFC 9112 §5.1)
  FieldId id = FieldId::other;
};

constexpr std::size_t kMaxFields = 256;  // the ceiling of `limits.fields`

// One worker owns one table and reuses it for every head: a connection keeps none.
class Fields {
 public:
  void clear() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool full() const { return size_ == kMaxFields; }

  /// Requires: not full().
  void push_back(const Field& field) { fields_[size_++] = field; }

  [[nodiscard]] const Field* begin() const { return fields_.data(); }
  [[nodiscard]] const Field* end() const { return fields_.data() + size_; }
  [[nodiscard]] const Field& operator[](std::size_t i) const { return fields_[i]; }

  /// The first field of that id, or null.
  [[nodiscard]] const Field* find(FieldId id) const {
    for (const Field& field : *this) {
      if (field.id == id) return &field;
    }
    return nullptr;
  }

 private:
  std::size_t size_ = 0;
  std::array<Field, kMaxFields> fields_;
};

}  // namespace tidegate::gateway::http
