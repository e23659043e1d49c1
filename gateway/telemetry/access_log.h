// One record per exchange or TCP session, as one JSON line through the log ring. ACCESS_LOG.md is
// the reference of its fields.
//
// Owner:  one per listener, shared read-only by its workers. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/model.h"
#include "gateway/failure.h"
#include "reactor/base/clock.h"
#include "reactor/base/log_writer.h"

namespace tidegate::gateway::telemetry {

// Durations are nanoseconds and -1 where the phase was not reached. The views must live until
// `write` returns; it escapes them, and cuts what is longer than a log line can bear.
struct AccessRecord {
  std::string_view listener;
  std::string_view client;      // "10.0.0.1:4711"
  std::string_view request_id;  // http; empty for tcp
  std::string_view method;
  std::string_view host;
  std::string_view target;
  std::string_view protocol;  // "HTTP/1.1", "tcp"
  std::string_view user_agent;
  std::string_view route;
  std::string_view cluster;
  std::string_view endpoint;
  std::uint16_t status = 0;  // 0: none sent
  Reason reason = Reason::none;
  std::uint32_t tries = 0;      // upstream connections asked for
  bool reused = false;          // the upstream connection had served before
  std::uint64_t bytes_in = 0;   // body bytes from the client (tcp: all)
  std::uint64_t bytes_out = 0;  // body bytes to the client (tcp: all)
  base::Nanos queue = -1;       // waiting for a connection
  base::Nanos connect = -1;     // dialling
  base::Nanos first_byte = -1;  // request passed on to first response byte
  base::Nanos total = 0;
};

class AccessLog {
 public:
  /// `writer` must outlive this object.
  AccessLog(base::LogWriter& writer, base::LogWriter::Destination to,
            const conf::AccessLog& config);

  /// Whether this record is wanted: enabled, and sampled in or a failure. `random` is uniform over
  /// all 64 bits.
  [[nodiscard]] bool wants(Reason reason, std::uint64_t random) const;

  /// `wall` is nanoseconds since the epoch.
  void write(const AccessRecord& record, base::Nanos wall) const;

 private:
  base::LogWriter& writer_;
  base::LogWriter::Destination to_;
  bool enabled_;
  std::uint64_t sample_below_;  // of 2^64
};

}  // namespace tidegate::gateway::telemetry
