#include "gateway/server/drain_machine.h"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace tidegate::gateway::server;

namespace {

constexpr DrainPhase kPhases[] = {DrainPhase::serving, DrainPhase::announced,
                                  DrainPhase::closing_idle, DrainPhase::dropping,
                                  DrainPhase::stopped};
constexpr DrainEvent kEvents[] = {DrainEvent::asked_to_stop, DrainEvent::lame_duck_over,
                                  DrainEvent::all_gone, DrainEvent::deadline};

}  // namespace

BOOST_AUTO_TEST_SUITE(drain_machine)

BOOST_AUTO_TEST_CASE(every_phase_takes_every_event_as_documented) {
  using P = DrainPhase;
  const struct {
    P phase;
    P after[4];  // in the order of kEvents
  } rows[] = {
      {P::serving, {P::announced, P::serving, P::serving, P::serving}},
      {P::announced, {P::announced, P::closing_idle, P::announced, P::announced}},
      {P::closing_idle, {P::closing_idle, P::closing_idle, P::stopped, P::dropping}},
      {P::dropping, {P::dropping, P::dropping, P::stopped, P::stopped}},
      {P::stopped, {P::stopped, P::stopped, P::stopped, P::stopped}},
  };
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < std::size(kEvents); ++i) {
      BOOST_TEST_CONTEXT(name(row.phase) << ", event " << i) {
        BOOST_TEST(name(next(row.phase, kEvents[i])) == name(row.after[i]));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(no_event_leads_back) {
  for (const DrainPhase phase : kPhases) {
    for (const DrainEvent event : kEvents) BOOST_TEST((next(phase, event) >= phase));
  }
}

BOOST_AUTO_TEST_CASE(a_second_request_to_stop_changes_nothing) {
  for (const DrainPhase phase : kPhases) {
    if (phase == DrainPhase::serving) continue;
    BOOST_TEST((next(phase, DrainEvent::asked_to_stop) == phase));
  }
}

BOOST_AUTO_TEST_CASE(every_phase_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (const DrainPhase phase : kPhases) BOOST_TEST(names.insert(name(phase)).second);
}

BOOST_AUTO_TEST_SUITE_END()
