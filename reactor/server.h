// Listens, and keeps one object of a class derived from Connection for each client.
//
//   Server<Echo> server(poller);   one poller accepts and serves
//   Server<Echo> server(group);    every poller listens (SO_REUSEPORT) and keeps what it accepts
//   Server<Echo> server({accepting, serving, Placement::fewest});   accepted here, served there
//
// Owner:  the program; outlives the run of its pollers, which outlive it and do not run again.
// Thread: made, told to listen and destroyed while they do not run, by their owner; `close` and the
//         counts from any.
// End:    `close` stops accepting and tells every connection; then drain the groups, the accepting
//         one first, since the last connections come from it. Destroying it ends what is left.
#pragma once

#include <concepts>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "reactor/connection.h"
#include "reactor/connection_list.h"
#include "reactor/poller_group.h"

namespace tidegate::reactor {

struct ServerOptions {
  std::size_t max_per_poller = std::numeric_limits<std::size_t>::max();  // more are reset
};

// Which pollers accept, and which serve.
class Where {
 public:
  // NOLINTBEGIN(google-explicit-constructor): `Server<Echo> server(poller)` reads best
  Where(Poller& alone) : accepting_{&alone}, serving_{&alone} {}
  Where(PollerGroup& each) : accepting_(all_of(each)), serving_(accepting_), stay_(true) {}
  // NOLINTEND(google-explicit-constructor)
  Where(Poller& accepting, PollerGroup& serving, Placement how)
      : accepting_{&accepting}, serving_(all_of(serving)), how_(how) {}
  Where(PollerGroup& accepting, PollerGroup& serving, Placement how)
      : accepting_(all_of(accepting)), serving_(all_of(serving)), how_(how) {}

 private:
  friend class ServerCore;
  static std::vector<Poller*> all_of(PollerGroup& group);

  std::vector<Poller*> accepting_;
  std::vector<Poller*> serving_;
  Placement how_ = Placement::fewest;
  bool stay_ = false;  // where several accept at one address, each keeps what it accepts
};

// What all servers have in common, whatever their connections are.
class ServerCore {
 public:
  /// Listens on `address`; may be called again for more. Fails as Acceptor::open does; nothing of
  /// this address is left then.
  base::Status listen(const base::Address& address, const ListenOptions& options = {});

  /// The address of the n-th successful `listen`, with the real port.
  [[nodiscard]] base::Address local_address(std::size_t n = 0) const { return bound_[n]; }

  /// Accepts what the kernel has completed already, then stops listening and lets every connection
  /// know (Connection::on_shutdown). Returns at once.
  void close();

  /// Connections open now, over all pollers.
  [[nodiscard]] std::uint64_t live() const;
  [[nodiscard]] std::uint64_t opened() const;
  [[nodiscard]] std::uint64_t refused() const;
  [[nodiscard]] std::uint64_t ended(EndReason why) const;

  /// Of one poller among those that serve.
  [[nodiscard]] const ConnectionList::Stats& stats(std::size_t serving) const {
    return lists_[serving]->stats();
  }

 protected:
  ServerCore(Where where, ConnectionMaker make, ServerOptions options);
  ~ServerCore() = default;

 private:
  struct Door {
    Door(Poller& at, std::vector<Pipeline::Lane> lanes, Placement how)
        : poller(at), pipeline(at, std::move(lanes), how), acceptor(at, pipeline) {}
    Poller& poller;
    Pipeline pipeline;
    Acceptor acceptor;
  };

  // The lanes of a door at `accepting`, one of `doors`.
  [[nodiscard]] std::vector<Pipeline::Lane> lanes(const Poller& accepting, std::size_t doors) const;
  base::Status open_door(Poller& at, std::size_t doors, const base::Address& address,
                         const ListenOptions& options);

  Where where_;
  ConnectionMaker make_;
  std::vector<std::unique_ptr<ConnectionList>> lists_;  // one for each poller that serves
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<base::Address> bound_;
};

template <std::derived_from<Connection> C>
class Server final : public ServerCore {
 public:
  explicit Server(Where where,
                  ServerOptions options = {}) requires std::constructible_from<C, Poller&>
      : ServerCore(
            std::move(where), [](Poller& p) { return std::make_unique<C>(p); }, options) {}

  /// For a C that needs more than its poller: `make(poller)` returns a std::unique_ptr<C>, and is
  /// called on the threads of the pollers that serve.
  template <std::invocable<Poller&> Make>
  Server(Where where, Make make, ServerOptions options = {})
      : ServerCore(std::move(where), std::move(make), options) {}
};

}  // namespace tidegate::reactor
