#include "gateway/telemetry/access_log.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>

#include "tests/unit/reactor/base/log_fixture.h"

namespace base = tidegate::base;
namespace conf = tidegate::conf;
using namespace tidegate::gateway;
using telemetry::AccessLog;
using telemetry::AccessRecord;

namespace {

constexpr base::Nanos kWall = 1'767'323'045 * base::kSecond + 678 * base::kMillisecond;

std::string written(const AccessRecord& record) {
  const base::LogFolder folder;
  {
    base::LogWriter writer;
    const auto to = writer.open_destination(folder.file("access.log"));
    const AccessLog log(writer, *to, conf::AccessLog());
    log.write(record, kWall);
  }
  return folder.content("access.log");
}

AccessRecord http_record() {
  AccessRecord record;
  record.listener = "web";
  record.client = "10.0.0.1:4711";
  record.request_id = "abc";
  record.method = "GET";
  record.host = "shop.example";
  record.target = "/cart?x=1";
  record.protocol = "HTTP/1.1";
  record.user_agent = "curl/8";
  record.route = "shop";
  record.cluster = "shop-pool";
  record.endpoint = "10.20.0.11:8080";
  record.status = 200;
  record.tries = 1;
  record.reused = true;
  record.bytes_in = 12;
  record.bytes_out = 3456;
  record.queue = 0;
  record.connect = 1'234'567;
  record.first_byte = 20 * base::kMillisecond;
  record.total = 21'005'999;
  return record;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(access_log)

BOOST_AUTO_TEST_CASE(writes_every_fact_of_a_request_in_a_fixed_order) {
  BOOST_TEST(written(http_record()) ==
             R"({"time":"2026-01-02T03:04:05.678Z","type":"http","listener":"web",)"
             R"("client":"10.0.0.1:4711","request_id":"abc","method":"GET","host":"shop.example",)"
             R"("target":"/cart?x=1","protocol":"HTTP/1.1","user_agent":"curl/8","status":200,)"
             R"("reason":"ok","side":"none","route":"shop","cluster":"shop-pool",)"
             R"("endpoint":"10.20.0.11:8080","tries":1,"reused":true,"bytes_in":12,)"
             R"("bytes_out":3456,"queue_ms":0.000,"connect_ms":1.234,"first_byte_ms":20.000,)"
             R"("total_ms":21.005})"
             "\n");
}

BOOST_AUTO_TEST_CASE(leaves_out_the_phases_that_were_not_reached) {
  AccessRecord record = http_record();
  record.status = 404;
  record.reason = Reason::no_route;
  record.queue = record.connect = record.first_byte = -1;
  const std::string line = written(record);
  BOOST_TEST(line.find(R"("status":404,"reason":"no_route","side":"gateway",)") !=
             std::string::npos);
  BOOST_TEST(line.find(R"("bytes_out":3456,"total_ms":21.005})") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(leaves_out_what_only_http_has_for_a_tcp_session) {
  AccessRecord record;
  record.listener = "cache";
  record.client = "10.0.0.1:4711";
  record.protocol = "tcp";
  record.cluster = "redis";
  record.endpoint = "unix:/run/redis.sock";
  record.reason = Reason::connect_refused;
  record.tries = 2;
  record.total = base::kSecond;
  BOOST_TEST(written(record) ==
             R"({"time":"2026-01-02T03:04:05.678Z","type":"tcp","listener":"cache",)"
             R"("client":"10.0.0.1:4711","reason":"connect_refused","side":"upstream",)"
             R"("cluster":"redis","endpoint":"unix:/run/redis.sock","tries":2,"reused":false,)"
             R"("bytes_in":0,"bytes_out":0,"total_ms":1000.000})"
             "\n");
}

BOOST_AUTO_TEST_CASE(escapes_what_the_client_sent) {
  AccessRecord record = http_record();
  record.target = "/\"\\\n\xff";
  record.user_agent = "\x1b[31m";
  const std::string line = written(record);
  BOOST_TEST(line.find(R"("target":"/\"\\\n\ufffd",)") != std::string::npos);
  BOOST_TEST(line.find(R"("user_agent":"\u001b[31m",)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(stays_one_whole_line_when_every_text_is_as_long_as_can_be) {
  for (const char filler : {'x', '\x01'}) {
    const std::string huge(64 * 1024, filler);
    AccessRecord record;
    record.listener = record.client = record.request_id = record.method = record.host = huge;
    record.target = record.protocol = record.user_agent = record.route = huge;
    record.cluster = record.endpoint = huge;
    record.status = 999;
    record.tries = std::numeric_limits<std::uint32_t>::max();
    record.bytes_in = record.bytes_out = std::numeric_limits<std::uint64_t>::max();
    record.queue = record.connect = record.first_byte = record.total =
        std::numeric_limits<base::Nanos>::max();
    const std::string line = written(record);
    BOOST_TEST(line.size() <= base::LogWriter::kMaxLine);
    const std::string_view end = "\"total_ms\":9223372036854.775}\n";
    BOOST_TEST(line.substr(line.size() - end.size()) == end);
  }
}

BOOST_AUTO_TEST_CASE(samples_what_went_well_and_keeps_every_failure) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  struct Case {
    double sample;
    Reason reason;
    std::uint64_t random;
    bool wanted;
  };
  const std::array<Case, 8> cases = {{
      {1.0, Reason::none, kMost, true},
      {0.5, Reason::none, 0, true},
      {0.5, Reason::none, kMost / 2, true},
      {0.5, Reason::none, kMost / 2 + 1, false},
      {0.5, Reason::queue_full, kMost, true},
      {0.0, Reason::none, 0, false},
      {0.0, Reason::client_reset, kMost, true},
      {0.01, Reason::none, kMost / 100 + 1000, false},
  }};
  base::LogWriter writer;
  for (const Case& each : cases) {
    BOOST_TEST_CONTEXT(each.sample << " " << name(each.reason) << " " << each.random) {
      conf::AccessLog config;
      config.sample = each.sample;
      BOOST_TEST(AccessLog(writer, 0, config).wants(each.reason, each.random) == each.wanted);
    }
  }
}

BOOST_AUTO_TEST_CASE(wants_nothing_when_it_is_off) {
  conf::AccessLog config;
  config.enabled = false;
  base::LogWriter writer;
  BOOST_TEST(!AccessLog(writer, 0, config).wants(Reason::queue_full, 0));
}

BOOST_AUTO_TEST_SUITE_END()
