#include "gateway/telemetry/metrics.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace base = tidegate::base;
namespace conf = tidegate::conf;
using namespace tidegate::gateway;
using namespace tidegate::gateway::telemetry;

namespace {

conf::Endpoint endpoint(const char* address) {
  conf::Endpoint made;
  made.address = *base::Address::parse(address);
  return made;
}

// Two workers, an http and a tcp listener, one cluster of two endpoints.
struct Fixture {
  Fixture() {
    auto made = std::make_shared<conf::Config>();
    made->listeners.resize(2);
    made->listeners[0].name = "web";
    made->listeners[1].name = "cache";
    made->listeners[1].protocol = conf::Protocol::tcp;
    made->clusters.resize(1);
    made->clusters[0].name = "shop";
    made->clusters[0].endpoints = {endpoint("10.0.0.1:80"), endpoint("10.0.0.2:80")};
    sources.config = made;
    for (auto& worker : workers) {
      worker = std::make_unique<WorkerCounters>(*made);
      sources.workers.push_back(worker.get());
    }
    sources.pollers = {{"worker-0", &poller}};
    sources.accept_pauses = [] { return std::uint64_t{4}; };
    sources.stalls = [] { return std::uint64_t{3}; };
    sources.log = &log;
    sources.version = "1.2.3";
    sources.started_wall = 1'767'323'045 * base::kSecond + base::kSecond / 2;
  }

  [[nodiscard]] std::string text() const { return Metrics(sources).render(); }

  // What follows `series` and a space on its line; "absent" when there is no such line.
  [[nodiscard]] std::string value(const std::string& series) const {
    const std::string all = "\n" + text();
    const std::size_t at = all.find("\n" + series + " ");
    if (at == std::string::npos) return "absent";
    const std::size_t begin = at + series.size() + 2;
    return all.substr(begin, all.find('\n', begin) - begin);
  }

  std::unique_ptr<WorkerCounters> workers[2];
  tidegate::reactor::Poller poller;
  base::LogWriter log;
  Sources sources;
};

std::set<std::string> families_in(const std::string& text) {
  std::set<std::string> names;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("# TYPE ", 0) == 0) names.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  return names;
}

std::string reference_page() {
  const std::filesystem::path root = std::filesystem::path(__FILE__).parent_path() / "../../../..";
  std::ifstream page(root / "gateway/telemetry/METRICS.md");
  return {std::istreambuf_iterator<char>(page), {}};
}

// The names in the first column of the page's tables.
std::set<std::string> families_of_reference() {
  std::set<std::string> names;
  std::istringstream lines(reference_page());
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| `", 0) == 0) names.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return names;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metrics, Fixture)

BOOST_AUTO_TEST_CASE(adds_up_what_the_workers_counted) {
  workers[0]->listeners[0]->connections.add(2);
  workers[1]->listeners[0]->connections.add(3);
  workers[1]->listeners[1]->connections.add(7);
  workers[0]->clusters[0]->endpoints[1]->requests.add(5);
  workers[1]->clusters[0]->retries.add(1);
  BOOST_TEST(value(R"(tidegate_connections_total{listener="web"})") == "5");
  BOOST_TEST(value(R"(tidegate_connections_total{listener="cache"})") == "7");
  BOOST_TEST(value(R"(tidegate_upstream_requests_total{cluster="shop",endpoint="10.0.0.2:80"})") ==
             "5");
  BOOST_TEST(value(R"(tidegate_upstream_retries_total{cluster="shop"})") == "1");
}

BOOST_AUTO_TEST_CASE(counts_requests_by_the_class_of_their_status) {
  workers[0]->listeners[0]->responses[2].add(8);
  workers[0]->listeners[0]->responses[0].add(1);
  BOOST_TEST(value(R"(tidegate_requests_total{listener="web",code="2xx"})") == "8");
  BOOST_TEST(value(R"(tidegate_requests_total{listener="web",code="none"})") == "1");
  BOOST_TEST(value(R"(tidegate_requests_total{listener="web",code="5xx"})") == "0");
}

BOOST_AUTO_TEST_CASE(shows_expected_reasons_from_the_start_and_others_once_counted) {
  const std::string refused =
      R"(tidegate_upstream_connect_failures_total{cluster="shop",endpoint="10.0.0.1:80",reason=")";
  BOOST_TEST(value(refused + "connect_refused\"}") == "0");
  BOOST_TEST(value(refused + "draining\"}") == "absent");
  auto& failures = workers[0]->clusters[0]->endpoints[0]->connect_failures;
  failures[static_cast<std::size_t>(Reason::draining)].add();
  BOOST_TEST(value(refused + "draining\"}") == "1");
}

BOOST_AUTO_TEST_CASE(says_whose_doing_a_failure_is) {
  workers[0]->listeners[0]->failures[static_cast<std::size_t>(Reason::queue_full)].add(2);
  BOOST_TEST(value(R"(tidegate_request_failures_total{listener="web",reason="queue_full",)"
                   R"(side="gateway"})") == "2");
}

BOOST_AUTO_TEST_CASE(calls_a_good_end_ok) {
  workers[0]->listeners[1]->connections_closed[0].add(3);
  BOOST_TEST(value(R"(tidegate_connections_closed_total{listener="cache",reason="ok"})") == "3");
}

BOOST_AUTO_TEST_CASE(renders_histograms_cumulatively_in_seconds) {
  workers[0]->listeners[0]->duration.observe(200 * base::kMicrosecond);
  workers[1]->listeners[0]->duration.observe(base::kMillisecond);
  workers[1]->listeners[0]->duration.observe(100 * base::kSecond);
  const std::string name = "tidegate_request_duration_seconds";
  const std::string bucket = name + R"(_bucket{listener="web",le=")";
  BOOST_TEST(value(bucket + "0.0001\"}") == "0");
  BOOST_TEST(value(bucket + "0.00025\"}") == "1");
  BOOST_TEST(value(bucket + "0.001\"}") == "2");
  BOOST_TEST(value(bucket + "60\"}") == "2");
  BOOST_TEST(value(bucket + "+Inf\"}") == "3");
  BOOST_TEST(value(name + R"(_count{listener="web"})") == "3");
  BOOST_TEST(value(name + R"(_sum{listener="web"})") == "100.0012");
}

BOOST_AUTO_TEST_CASE(keeps_http_families_to_http_listeners_and_session_families_to_tcp_ones) {
  BOOST_TEST(value(R"(tidegate_requests_active{listener="web"})") == "0");
  BOOST_TEST(value(R"(tidegate_requests_active{listener="cache"})") == "absent");
  BOOST_TEST(value(R"(tidegate_session_duration_seconds_count{listener="cache"})") == "0");
  BOOST_TEST(value(R"(tidegate_session_duration_seconds_count{listener="web"})") == "absent");
}

BOOST_AUTO_TEST_CASE(never_renders_two_series_with_the_same_labels) {
  std::vector<std::string> series;
  std::istringstream lines(text());
  for (std::string line; std::getline(lines, line);) {
    if (line[0] != '#') series.push_back(line.substr(0, line.rfind(' ')));
  }
  std::sort(series.begin(), series.end());
  const auto twice = std::adjacent_find(series.begin(), series.end());
  BOOST_TEST((twice == series.end()));
}

BOOST_AUTO_TEST_CASE(tells_of_the_program_its_pollers_its_log_and_its_process) {
  BOOST_TEST(text().find(R"(tidegate_build_info{version="1.2.3",compiler=")") != std::string::npos);
  BOOST_TEST(value("tidegate_start_time_seconds") == "1767323045.5");
  BOOST_TEST(value("tidegate_accept_pauses_total") == "4");
  BOOST_TEST(value("tidegate_poller_stalls_total") == "3");
  BOOST_TEST(value("tidegate_log_lines_total") == "0");
  BOOST_TEST(value(R"(tidegate_poller_turns_total{poller="worker-0"})") == "0");
  BOOST_TEST(std::stod(value("process_resident_memory_bytes")) > 1e5);
  BOOST_TEST(std::stod(value("process_open_fds")) >= 3);
  BOOST_TEST(std::stod(value("process_max_fds")) > 3);
  BOOST_TEST(std::stod(value("process_cpu_seconds_total")) > 0);
  BOOST_TEST(std::stod(value("process_start_time_seconds")) > 1e9);
}

BOOST_AUTO_TEST_CASE(gives_every_family_a_help_text_its_serializer_can_take) {
  std::istringstream lines(text());
  std::size_t helps = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("# HELP ", 0) != 0) continue;
    ++helps;
    BOOST_TEST_CONTEXT(line) {
      BOOST_TEST(line.find('\\') == std::string::npos);
      BOOST_TEST(line.find(' ', 7) != std::string::npos);
    }
  }
  BOOST_TEST(helps == families_in(text()).size());
}

BOOST_AUTO_TEST_CASE(every_family_is_in_the_reference_and_the_reference_names_no_other) {
  const std::set<std::string> rendered = families_in(text());
  const std::set<std::string> documented = families_of_reference();
  BOOST_TEST(rendered.size() > 40U);
  BOOST_TEST(rendered == documented, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
