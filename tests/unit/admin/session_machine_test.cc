#include "admin/session_machine.h"

#include <array>
#include <boost/test/unit_test.hpp>

using namespace tidegate::admin;
using P = SessionPhase;
using E = SessionEvent;

namespace {

constexpr std::array<P, 6> kPhases = {P::idle,    P::head,      P::body,
                                      P::sending, P::lingering, P::closed};
constexpr std::array<E, 7> kEvents = {
    E::head_begun,    E::body_follows, E::answered, E::answered_partly,
    E::answered_last, E::drained,      E::ended};

}  // namespace

BOOST_AUTO_TEST_SUITE(session_machine)

BOOST_AUTO_TEST_CASE(ends_from_everywhere_and_stays_ended) {
  for (const P phase : kPhases) BOOST_TEST((next(phase, E::ended) == P::closed));
  for (const E event : kEvents) BOOST_TEST((next(P::closed, event) == P::closed));
}

BOOST_AUTO_TEST_CASE(leaves_lingering_only_by_its_end) {
  for (const E event : kEvents) {
    if (event != E::ended) BOOST_TEST((next(P::lingering, event) == P::lingering));
  }
}

BOOST_AUTO_TEST_CASE(waits_for_the_client_to_read_before_the_next_request) {
  BOOST_TEST((next(P::head, E::answered_partly) == P::sending));
  BOOST_TEST((next(P::sending, E::head_begun) == P::sending));
  BOOST_TEST((next(P::sending, E::drained) == P::idle));
}

BOOST_AUTO_TEST_SUITE_END()
