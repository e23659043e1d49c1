#include "gateway/telemetry/counters.h"

#include <array>
#include <boost/test/unit_test.hpp>

namespace base = tidegate::base;
namespace conf = tidegate::conf;
using namespace tidegate::gateway::telemetry;

BOOST_AUTO_TEST_SUITE(counters)

BOOST_AUTO_TEST_CASE(a_duration_falls_into_the_first_bucket_that_reaches_it) {
  struct Case {
    base::Nanos duration;
    std::size_t bucket;
  };
  const std::array<Case, 8> cases = {{
      {-5, 0},
      {0, 0},
      {100 * base::kMicrosecond, 0},
      {101 * base::kMicrosecond, 1},
      {250 * base::kMicrosecond, 1},
      {base::kSecond, 12},
      {60 * base::kSecond, 17},
      {61 * base::kSecond, 18},
  }};
  for (const Case& each : cases) {
    BOOST_TEST_CONTEXT(each.duration) {
      Histogram histogram;
      histogram.observe(each.duration);
      for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
        BOOST_TEST(histogram.bucket(i) == (i == each.bucket ? 1U : 0U));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_histogram_sums_microseconds) {
  Histogram histogram;
  histogram.observe(1500);
  histogram.observe(2 * base::kMillisecond);
  BOOST_TEST(histogram.sum_us() == 2001U);
}

BOOST_AUTO_TEST_CASE(the_blocks_have_the_shape_of_the_configuration) {
  conf::Config config;
  config.listeners.resize(2);
  config.clusters.resize(2);
  config.clusters[1].endpoints.resize(3);
  const WorkerCounters counters(config);
  BOOST_TEST(counters.listeners.size() == 2U);
  BOOST_TEST_REQUIRE(counters.clusters.size() == 2U);
  BOOST_TEST(counters.clusters[0]->endpoints.empty());
  BOOST_TEST(counters.clusters[1]->endpoints.size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
