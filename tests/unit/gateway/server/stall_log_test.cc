#include "gateway/server/stall_log.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/temp_folder.h"
#include "tests/support/turns.h"

namespace tidegate::gateway {
namespace {

BOOST_AUTO_TEST_SUITE(stall_log)

BOOST_AUTO_TEST_CASE(names_the_poller_and_counts_while_the_callback_still_runs) {
  tidegate::test::TempFolder folder;
  const std::string path = folder.file("log");
  {
    base::LogWriter writer;
    const auto to = writer.open_destination(path);
    BOOST_TEST_REQUIRE(to.ok());
    BOOST_TEST_REQUIRE(writer.start().ok());
    base::Log log;
    log.attach(writer, *to, base::LogLevel::info);
    reactor::PollerGroup group({"worker", 1, false});
    BOOST_TEST_REQUIRE(group.open().ok());
    server::StallLog stalls(log);
    stalls.watch(group[0], "worker-0");
    BOOST_TEST_REQUIRE(group.start().ok());
    BOOST_TEST_REQUIRE(stalls.start().ok());
    std::atomic<bool> told{false};
    group[0].post([&] { told = tidegate::test::spin_until([&] { return stalls.stalls() == 1; }); });
    BOOST_TEST(tidegate::test::spin_until([&] { return told.load(); }));
    group.stop();
    group.join();
  }
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  BOOST_TEST(text.str().find("\"poller_stalled\"") != std::string::npos);
  BOOST_TEST(text.str().find("\"worker-0\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway
