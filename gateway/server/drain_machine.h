// How the gateway stops: serving → announced → closing_idle → dropping → stopped.
//
// A value: no clock, no I/O. The server feeds it events and does what the new phase asks for.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tidegate::gateway::server {

enum class DrainPhase : std::uint8_t {
  serving,
  announced,     // /readyz says no; still accepting, everything as before (lame duck)
  closing_idle,  // not accepting; keep-alive ends with the next response; idle connections close
  dropping,      // the deadline has passed: what is left is cut
  stopped,
};

enum class DrainEvent : std::uint8_t { asked_to_stop, lame_duck_over, all_gone, deadline };

constexpr std::string_view name(DrainPhase phase) {
  constexpr std::array<std::string_view, 5> kNames = {"serving", "announced", "closing_idle",
                                                      "dropping", "stopped"};
  return kNames[static_cast<std::size_t>(phase)];
}

/// The phase after `event`; an event that means nothing in a phase leaves it as it is.
constexpr DrainPhase next(DrainPhase phase, DrainEvent event) {
  using P = DrainPhase;
  constexpr std::array<std::array<P, 4>, 5> kTable = {{
      // asked_to_stop, lame_duck_over, all_gone, deadline
      {P::announced, P::serving, P::serving, P::serving},
      {P::announced, P::closing_idle, P::announced, P::announced},
      {P::closing_idle, P::closing_idle, P::stopped, P::dropping},
      {P::dropping, P::dropping, P::stopped, P::stopped},
      {P::stopped, P::stopped, P::stopped, P::stopped},
  }};
  return kTable[static_cast<std::size_t>(phase)][static_cast<std::size_t>(event)];
}

static_assert(next(DrainPhase::serving, DrainEvent::deadline) == DrainPhase::serving,
              "nothing is cut before a stop was asked for");
static_assert(next(DrainPhase::announced, DrainEvent::all_gone) == DrainPhase::announced,
              "an idle gateway still keeps its lame duck: balancers need the time");
static_assert(next(DrainPhase::stopped, DrainEvent::asked_to_stop) == DrainPhase::stopped,
              "stopped is the end");

}  // namespace tidegate::gateway::server
