#include "gateway/telemetry/access_log.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

#include "gateway/telemetry/reason_label.h"
#include "reactor/base/json_escape.h"
#include "reactor/base/utc_stamp.h"

namespace tidegate::gateway::telemetry {
namespace {

constexpr std::uint64_t kAlways = std::numeric_limits<std::uint64_t>::max();

// How long each text may get, escapes included. Together with the numbers and keys they cannot
// reach LogWriter::kMaxLine, so a line is never cut and nothing below looks for the end.
constexpr std::size_t kMostName = 256;  // listener, route, cluster, endpoint
constexpr std::size_t kMostClient = 128;
constexpr std::size_t kMostRequestId = 256;
constexpr std::size_t kMostMethod = 64;
constexpr std::size_t kMostHost = 512;
constexpr std::size_t kMostTarget = 8192;
constexpr std::size_t kMostProtocol = 32;
constexpr std::size_t kMostUserAgent = 1024;
constexpr std::size_t kMostRest = 1024;  // keys, stamp, reason, side, ten numbers
static_assert(4 * kMostName + kMostClient + kMostRequestId + kMostMethod + kMostHost + kMostTarget +
                  kMostProtocol + kMostUserAgent + kMostRest <=
              base::LogWriter::kMaxLine);

// Writes one line front to back into memory that is large enough.
class Line {
 public:
  explicit Line(std::span<char> into) : begin_(into.data()), at_(begin_) {}

  void put(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  // `key` is `,"name":"`: what stands before the value.
  void text(std::string_view key, std::string_view value, std::size_t most) {
    put(key);
    at_ += base::escape_json(value, std::span(at_, most));
    *at_++ = '"';
  }

  // Nothing for a phase that was not reached.
  void millis(std::string_view key, base::Nanos duration) {
    if (duration < 0) return;
    const auto micros = static_cast<std::uint64_t>(duration / base::kMicrosecond);
    at_ = fmt::format_to(at_, FMT_COMPILE("{}{}.{:03}"), key, micros / 1000, micros % 1000);
  }

  template <typename Format, typename... Values>
  void format(const Format& format, const Values&... values) {
    at_ = fmt::format_to(at_, format, values...);
  }

  [[nodiscard]] std::string_view view() const {
    return {begin_, static_cast<std::size_t>(at_ - begin_)};
  }

 private:
  char* begin_;
  char* at_;
};

void put_request(Line& line, const AccessRecord& record) {
  line.text(R"(,"request_id":")", record.request_id, kMostRequestId);
  line.text(R"(,"method":")", record.method, kMostMethod);
  line.text(R"(,"host":")", record.host, kMostHost);
  line.text(R"(,"target":")", record.target, kMostTarget);
  line.text(R"(,"protocol":")", record.protocol, kMostProtocol);
  line.text(R"(,"user_agent":")", record.user_agent, kMostUserAgent);
  line.format(FMT_COMPILE(R"(,"status":{})"), record.status);
}

void put_upstream(Line& line, const AccessRecord& record, bool is_http) {
  if (is_http) line.text(R"(,"route":")", record.route, kMostName);
  line.text(R"(,"cluster":")", record.cluster, kMostName);
  line.text(R"(,"endpoint":")", record.endpoint, kMostName);
  line.format(FMT_COMPILE(R"(,"tries":{})"), record.tries);
  line.put(record.reused ? R"(,"reused":true)" : R"(,"reused":false)");
}

void put_amounts(Line& line, const AccessRecord& record) {
  line.format(FMT_COMPILE(R"(,"bytes_in":{},"bytes_out":{})"), record.bytes_in, record.bytes_out);
  line.millis(R"(,"queue_ms":)", record.queue);
  line.millis(R"(,"connect_ms":)", record.connect);
  line.millis(R"(,"first_byte_ms":)", record.first_byte);
  line.millis(R"(,"total_ms":)", record.total);
}

std::uint64_t share_of_all(double share) {
  if (share >= 1) return kAlways;
  return share <= 0 ? 0 : static_cast<std::uint64_t>(std::ldexp(share, 64));
}

}  // namespace

AccessLog::AccessLog(base::LogWriter& writer, base::LogWriter::Destination to,
                     const conf::AccessLog& config)
    : writer_(writer),
      to_(to),
      enabled_(config.enabled),
      sample_below_(share_of_all(config.sample)) {}

bool AccessLog::wants(Reason reason, std::uint64_t random) const {
  if (!enabled_) return false;
  return reason != Reason::none || sample_below_ == kAlways || random < sample_below_;
}

void AccessLog::write(const AccessRecord& record, base::Nanos wall) const {
  // Reused by all logs of a thread: no allocation, no clearing.
  thread_local std::array<char, base::LogWriter::kMaxLine> memory;
  thread_local base::UtcStamp stamp;
  const bool is_http = record.protocol != "tcp";
  Line line(memory);
  line.put(R"({"time":")");
  line.put(stamp.format(wall));
  line.put(is_http ? R"(","type":"http")" : R"(","type":"tcp")");
  line.text(R"(,"listener":")", record.listener, kMostName);
  line.text(R"(,"client":")", record.client, kMostClient);
  if (is_http) put_request(line, record);
  line.format(FMT_COMPILE(R"(,"reason":"{}","side":"{}")"), reason_label(record.reason),
              name(side(record.reason)));
  put_upstream(line, record, is_http);
  put_amounts(line, record);
  line.put("}\n");
  writer_.append(to_, line.view());
}

}  // namespace tidegate::gateway::telemetry
