// The life of one connection of the small HTTP server.
//
//   idle → head → body → (answer) → idle | sending → idle | lingering → closed
//
// A value: no clock, no I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tidegate::admin {

enum class SessionPhase : std::uint8_t {
  idle,       // nothing of a request has come
  head,       // part of a head
  body,       // a whole head, part of its body
  sending,    // a response waits for the client to read; the next request waits for it
  lingering,  // the last response and our FIN: what still comes is discarded, so that no RST
              // destroys the response on its way
  closed,
};

enum class SessionEvent : std::uint8_t {
  head_begun,
  body_follows,
  answered,         // all of it is with the kernel
  answered_partly,  // the rest is kept
  answered_last,
  drained,
  ended,
};

constexpr SessionPhase next(SessionPhase phase, SessionEvent event) {
  using P = SessionPhase;
  constexpr std::array<std::array<P, 7>, 6> kTable = {{
      // head_begun, body_follows, answered, answered_partly, answered_last, drained, ended
      {P::head, P::body, P::idle, P::sending, P::lingering, P::idle, P::closed},
      {P::head, P::body, P::idle, P::sending, P::lingering, P::head, P::closed},
      {P::body, P::body, P::idle, P::sending, P::lingering, P::body, P::closed},
      {P::sending, P::sending, P::sending, P::sending, P::sending, P::idle, P::closed},
      {P::lingering, P::lingering, P::lingering, P::lingering, P::lingering, P::lingering,
       P::closed},
      {P::closed, P::closed, P::closed, P::closed, P::closed, P::closed, P::closed},
  }};
  return kTable[static_cast<std::size_t>(phase)][static_cast<std::size_t>(event)];
}

static_assert(next(SessionPhase::lingering, SessionEvent::head_begun) == SessionPhase::lingering,
              "after the last response no request is read");
static_assert(next(SessionPhase::sending, SessionEvent::head_begun) == SessionPhase::sending,
              "a client that does not read its response gets no second one");

}  // namespace tidegate::admin
