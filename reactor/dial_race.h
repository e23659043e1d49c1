// Connects to whichever of several addresses answers first: Happy Eyeballs, RFC 8305 §4 and §5.
//
// The addresses are tried in turn, the families alternating from the first address's on (§4, first
// address family count 1). The next attempt begins when the latest has failed, or has been silent
// for `attempt_delay`; former attempts go on meanwhile. The first to connect wins, and the others
// are closed.
//
// Owner:    whoever dials; destroying a DialRace abandons it silently, and is allowed inside its
//           observer's callbacks: making them is the last thing it does.
// Thread:   the poller it was given, start to finish.
// Fails as: once, with timed_out when patience runs out, else with the failure of the attempt that
//           failed last; but unreachable gives way to anything else, as it mostly says that the
//           machine lacks one of the families. No address at all is unreachable.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "reactor/base/address.h"
#include "reactor/base/clock.h"
#include "reactor/base/result.h"
#include "reactor/connector.h"
#include "reactor/dial_options.h"
#include "reactor/poller.h"

namespace tidegate::reactor {

struct DialRaceOptions {
  /// `patience` is for all attempts together. A `source` leaves only the addresses of its family.
  DialOptions dial;
  /// At least kMinAttemptDelay.
  base::Nanos attempt_delay = 250 * base::kMillisecond;
};

class DialRace final : private TimerHandler {
 public:
  /// The most addresses that are tried, once they are in order; the rest is left out.
  static constexpr std::size_t kMaxAddresses = 16;
  /// RFC 8305 §5: MUST NOT be less.
  static constexpr base::Nanos kMinAttemptDelay = 10 * base::kMillisecond;

  /// `poller` and `observer` must outlive this object.
  DialRace(Poller& poller, DialObserver& observer);
  DialRace(const DialRace&) = delete;
  DialRace& operator=(const DialRace&) = delete;
  ~DialRace();

  /// Begins; `addresses` are copied. The outcome is never reported from inside this call. Requires:
  /// not under way.
  void start(std::span<const base::Address> addresses, const DialRaceOptions& options);

  /// Abandons every attempt; nothing is reported.
  void cancel();

  /// The outcome is still to come.
  [[nodiscard]] bool under_way() const { return patience_.armed(); }

  /// Of the failure that was reported, as Dial tells it.
  [[nodiscard]] DialStage failed_stage() const { return stage_; }
  [[nodiscard]] const char* failed_option() const { return failed_option_; }

 private:
  class Attempt;

  void on_timeout(Timer& timer) override;
  void attempt_next();
  void on_attempt_connected(Socket socket, Registration registration, Ready ready);
  void on_attempt_failed(Attempt& attempt, base::Error why);
  void note_failure(const Dial& dial, base::Error why);
  void fail(base::Error why);

  Poller& poller_;
  DialObserver& observer_;
  DialRaceOptions options_;
  std::vector<base::Address> addresses_;            // in the order they are tried
  std::size_t next_ = 0;                            // of addresses_
  std::vector<std::unique_ptr<Attempt>> attempts_;  // under way, the latest at the back
  Timer delay_;
  Timer patience_;
  base::Error why_;  // the failure to be reported so far
  DialStage stage_ = DialStage::connect;
  const char* failed_option_ = "";
};

}  // namespace tidegate::reactor
