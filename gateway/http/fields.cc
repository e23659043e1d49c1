#include "gateway/http/fields.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

namespace tidegate::gateway::http {
namespace {

template <typename Word>
constexpr Word load(const char* from) {
  if (std::is_constant_evaluated()) {
    std::array<char, sizeof(Word)> text{};
    std::copy_n(from, sizeof(Word), text.begin());
    return std::bit_cast<Word>(text);
  }
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// A lower-case name, compared without regard to case in whole words, which overlap where the size
// is no multiple of theirs. Setting bit 5 of every character makes a letter lower-case, and makes
// another token character only of bytes that no token holds.
template <std::size_t N>
class Name {
 public:
  static constexpr std::size_t kSize = N - 1;

  constexpr Name(const char (&lower)[N], FieldId field_id)
      : id(field_id), first_(first(lower)), second_(second(lower)), last_(last(lower)) {}

  // Requires: kSize characters at `name`.
  [[nodiscard]] bool matches(const char* name) const {
    if (first(name) != first_) return false;
    if (kSize > 16 && second(name) != second_) return false;
    return kSize <= 8 || last(name) == last_;
  }

  FieldId id;

 private:
  static_assert(kSize >= 2 && kSize <= 24);
  static constexpr std::uint64_t kBit5 = 0x2020202020202020;

  static constexpr std::uint64_t first(const char* text) {
    if constexpr (kSize >= 8) {
      return load<std::uint64_t>(text) | kBit5;
    } else if constexpr (kSize >= 4) {
      const std::uint64_t high = load<std::uint32_t>(text + kSize - 4);
      return (load<std::uint32_t>(text) | high << 32) | kBit5;
    } else {
      const std::uint64_t high = load<std::uint16_t>(text + kSize - 2);
      return (load<std::uint16_t>(text) | high << 32) | kBit5;
    }
  }

  static constexpr std::uint64_t second(const char* text) {
    return kSize > 16 ? load<std::uint64_t>(text + 8) | kBit5 : 0;
  }

  static constexpr std::uint64_t last(const char* text) {
    return kSize > 8 ? load<std::uint64_t>(text + kSize - 8) | kBit5 : 0;
  }

  std::uint64_t first_;
  std::uint64_t second_;
  std::uint64_t last_;
};

constexpr Name kTe("te", FieldId::te);
constexpr Name kVia("via", FieldId::via);
constexpr Name kDate("date", FieldId::date);
constexpr Name kHost("host", FieldId::host);
constexpr Name kExpect("expect", FieldId::expect);
constexpr Name kServer("server", FieldId::server);
constexpr Name kReferer("referer", FieldId::referer);
constexpr Name kTrailer("trailer", FieldId::trailer);
constexpr Name kUpgrade("upgrade", FieldId::upgrade);
constexpr Name kConnection("connection", FieldId::connection);
constexpr Name kKeepAlive("keep-alive", FieldId::keep_alive);
constexpr Name kUserAgent("user-agent", FieldId::user_agent);
constexpr Name kContentType("content-type", FieldId::content_type);
constexpr Name kXRequestId("x-request-id", FieldId::x_request_id);
constexpr Name kContentLength("content-length", FieldId::content_length);
constexpr Name kHttp2Settings("http2-settings", FieldId::http2_settings);
constexpr Name kXForwardedFor("x-forwarded-for", FieldId::x_forwarded_for);
constexpr Name kProxyConnection("proxy-connection", FieldId::proxy_connection);
constexpr Name kXForwardedHost("x-forwarded-host", FieldId::x_forwarded_host);
constexpr Name kTransferEncoding("transfer-encoding", FieldId::transfer_encoding);
constexpr Name kXForwardedProto("x-forwarded-proto", FieldId::x_forwarded_proto);
constexpr Name kProxyAuthenticate("proxy-authenticate", FieldId::proxy_authenticate);
constexpr Name kProxyAuthorization("proxy-authorization", FieldId::proxy_authorization);

// The first of `names`, all as long as the text at `text`, that it is.
template <typename... Names>
FieldId pick(const char* text, const Names&... names) {
  FieldId found = FieldId::other;
  static_cast<void>(((names.matches(text) && (found = names.id, true)) || ...));
  return found;
}

}  // namespace

FieldId classify(std::string_view name) {
  const char* text = name.data();
  switch (name.size()) {
    case kTe.kSize:
      return pick(text, kTe);
    case kVia.kSize:
      return pick(text, kVia);
    case kHost.kSize:
      return pick(text, kHost, kDate);
    case kExpect.kSize:
      return pick(text, kServer, kExpect);
    case kReferer.kSize:
      return pick(text, kReferer, kUpgrade, kTrailer);
    case kConnection.kSize:
      return pick(text, kConnection, kUserAgent, kKeepAlive);
    case kContentType.kSize:
      return pick(text, kContentType, kXRequestId);
    case kContentLength.kSize:
      return pick(text, kContentLength, kHttp2Settings);
    case kXForwardedFor.kSize:
      return pick(text, kXForwardedFor);
    case kXForwardedHost.kSize:
      return pick(text, kXForwardedHost, kProxyConnection);
    case kTransferEncoding.kSize:
      return pick(text, kTransferEncoding, kXForwardedProto);
    case kProxyAuthenticate.kSize:
      return pick(text, kProxyAuthenticate);
    case kProxyAuthorization.kSize:
      return pick(text, kProxyAuthorization);
    default:
      return FieldId::other;
  }
}

}  // namespace tidegate::gateway::http
