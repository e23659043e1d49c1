// One connection of a ConnectPool.
//
// Owner:  the pool, through the list of the link's phase; after the pool's end the lease that has
//         it. It leaves by `end`.
// Thread: the pool's poller's.
// While it is leased the stream's events go to the leaseholder. Otherwise they come here, and any
// of them ends the link: a link nobody uses has nothing to say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "reactor/base/clock.h"
#include "reactor/base/intrusive_list.h"
#include "reactor/connector.h"
#include "reactor/dial_options.h"
#include "reactor/poller.h"
#include "reactor/stream.h"
#include "reactor/timer_wheel.h"

namespace tidegate::reactor {

class ConnectPool;

class PoolLink final : public Retirable,
                       public base::Hook<base::DefaultTag>,
                       private StreamObserver,
                       private DialObserver,
                       private TimerHandler {
 public:
  enum class Phase : std::uint8_t {
    connecting,
    fresh,  // connected in this turn; reading is held until somebody has it or it is idle
    idle,   // ready to be leased
    leased,
    returned,  // given back in this turn, its last callback perhaps still running
  };
  static constexpr std::size_t kPhases = 5;

  PoolLink(Poller& poller, ConnectPool& pool)
      : pool_(&pool), stream_(poller, *this), idle_timer_(*this), age_timer_(*this) {}

  /// Begins to connect; the pool hears `connected` or `connect_failed`.
  void connect(const base::Address& to, const DialOptions& options);

  [[nodiscard]] Stream& stream() { return stream_; }
  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] std::uint32_t uses() const { return uses_; }

  /// Null after the pool's end.
  [[nodiscard]] ConnectPool* pool() const { return pool_; }

  /// From now on the link belongs to its lease.
  void orphan();

  /// The stream's events come here again.
  void take_back() { stream_.set_observer(*this); }

  /// Nothing of the last use is left. Asks the kernel.
  [[nodiscard]] bool is_clean() const;

  /// Closes and retires it. Requires: in no list.
  void end();

 private:
  friend class ConnectPool;

  std::size_t on_data(std::string_view bytes) override;
  void on_eof() override;
  void on_peer_gone(bool reset) override;
  void on_close(base::Error why) override;
  void on_connected(Socket socket, Registration registration, Ready ready) override;
  void on_connect_failed(base::Error why) override;
  void on_timeout(Timer& timer) override;
  void ended_by_peer();

  ConnectPool* pool_;
  Stream stream_;
  std::optional<Dial> dial_;  // while connecting
  Timer idle_timer_;
  Timer age_timer_;
  Phase phase_ = Phase::connecting;
  bool over_age_ = false;
  std::uint32_t uses_ = 0;       // leases so far
  base::Nanos born_ = 0;         // when it was connected
  base::Nanos seen_clean_ = -1;  // the last turn in which is_clean was known
};

}  // namespace tidegate::reactor
