// A TCP client connection joined to an upstream one: bytes both ways, half-close kept.
//
// Owner:  the worker's session list. Thread: the worker's.
// Life:   connecting (client bytes stay in the kernel) → relaying → closed. A reset on one side
// becomes a
//         reset on the other.
#pragma once

#include <cstdint>

#include "gateway/failure.h"
#include "gateway/session/context.h"
#include "gateway/session/session.h"
#include "gateway/upstream/lease.h"
#include "reactor/stream.h"
#include "reactor/timer_wheel.h"

namespace tidegate::gateway::session {

class TcpSession final : public Session,
                         private reactor::TimerHandler,
                         private upstream::LeaseObserver {
 public:
  TcpSession(WorkerContext& worker, ListenerContext& listener, const base::PeerAddress& peer);
  ~TcpSession() override;

  /// Registers the client and asks for an upstream connection. Fails as: out_of_memory, os.
  base::Status open(reactor::Socket socket);

  void drain() override {}  // a TCP session is never idle in a way we could know: it may go on
  void cut() override { end(Reason::draining); }

 private:
  // One end's view; `to` is where its bytes go.
  class Side final : public reactor::StreamObserver {
   public:
    Side(TcpSession& session, bool is_client) : session_(session), is_client_(is_client) {}

    std::size_t on_data(std::string_view bytes) override;
    void on_eof() override;
    void on_write_drained() override;
    void on_peer_gone(bool reset) override;
    void on_close(base::Error why) override;

    bool ended = false;  // FIN was read

   private:
    TcpSession& session_;
    bool is_client_;
  };

  void on_lease(upstream::Lease lease) override;
  void on_lease_failed(Failure failure) override;
  void on_timeout(reactor::Timer& timer) override;

  [[nodiscard]] reactor::Stream* stream(bool client);
  void touch();
  void finish_if_over();
  void end(Reason reason);
  void record(Reason reason);

  WorkerContext& worker_;
  ListenerContext& listener_;
  Side client_side_;
  Side upstream_side_;
  reactor::Stream client_;
  upstream::LeaseRequest request_;
  upstream::Lease lease_;
  reactor::Timer idle_;
  base::PeerAddress peer_;
  bool closed_ = false;
  base::Nanos started_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
};

}  // namespace tidegate::gateway::session
