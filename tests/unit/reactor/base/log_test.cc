#include "reactor/base/log.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/unit/reactor/base/log_fixture.h"

using namespace tidegate::base;

namespace {

// What one call writes, without the time stamp in front.
template <typename Write>
std::string written_by(LogLevel level, Write write) {
  const LogFolder folder;
  {
    LogWriter writer;
    const auto to = writer.open_destination(folder.file("a.log"));
    Log log;
    log.attach(writer, *to, level);
    write(log);
  }
  const std::string text = folder.content("a.log");
  const std::size_t stamp_end = text.find("Z\",");
  return stamp_end == std::string::npos ? text : text.substr(stamp_end + 3);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(diagnostic_log)

BOOST_AUTO_TEST_CASE(names_of_levels_read_back) {
  for (const LogLevel level : {LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug}) {
    BOOST_TEST((parse_log_level(name(level)) == level));
  }
  BOOST_TEST(!parse_log_level("INFO").has_value());
  BOOST_TEST(!parse_log_level("").has_value());
}

BOOST_AUTO_TEST_CASE(writes_the_event_first_then_the_fields_with_their_kinds) {
  const std::string line = written_by(LogLevel::info, [](const Log& log) {
    log.warn("it_happened", {{"text", "a"},
                             {"string", std::string("b")},
                             {"number", std::uint64_t{18446744073709551615U}},
                             {"int", -5},
                             {"truth", true}});
  });
  BOOST_TEST(line == R"("level":"warn","event":"it_happened","text":"a","string":"b",)"
                     R"("number":18446744073709551615,"int":-5,"truth":true})"
                     "\n");
}

BOOST_AUTO_TEST_CASE(begins_with_the_time) {
  const LogFolder folder;
  {
    LogWriter writer;
    const auto to = writer.open_destination(folder.file("a.log"));
    Log log;
    log.attach(writer, *to, LogLevel::info);
    log.info("event", {});
  }
  const std::string text = folder.content("a.log");
  BOOST_TEST(text.substr(0, 11) == "{\"time\":\"20");
  BOOST_TEST(text.substr(19, 1) == "T");
  BOOST_TEST(text.substr(32) == "Z\",\"level\":\"info\",\"event\":\"event\"}\n");
}

BOOST_AUTO_TEST_CASE(escapes_what_strangers_sent) {
  const std::string line = written_by(LogLevel::info, [](const Log& log) {
    log.info("event", {{"path", "/\"\n\xff"}});
  });
  BOOST_TEST(line == "\"level\":\"info\",\"event\":\"event\",\"path\":\"/\\\"\\n\\ufffd\"}\n");
}

BOOST_AUTO_TEST_CASE(leaves_out_what_is_above_its_level) {
  const std::string line = written_by(LogLevel::warn, [](const Log& log) {
    log.info("no", {});
    log.debug("no", {});
    log.error("yes", {});
  });
  BOOST_TEST(line == "\"level\":\"error\",\"event\":\"yes\"}\n");
}

BOOST_AUTO_TEST_CASE(is_silent_until_attached) {
  const Log log;
  BOOST_TEST(!log.enabled(LogLevel::error));
  log.error("nobody_hears", {});
}

BOOST_AUTO_TEST_CASE(stays_whole_when_a_field_is_too_long) {
  const std::string line = written_by(LogLevel::info, [](const Log& log) {
    const std::string huge(2 * LogWriter::kMaxLine, 'x');
    log.info("event", {{"huge", huge}, {"next", "left out"}});
  });
  BOOST_TEST(line.size() < LogWriter::kMaxLine);
  BOOST_TEST(line.substr(line.size() - 4) == "x\"}\n");
}

BOOST_AUTO_TEST_SUITE_END()
