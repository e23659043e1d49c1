// A client connection, whatever it speaks.
//
// Owner:  the worker's session list; a session retires itself when it ends.
// Thread: the worker's.
#pragma once

#include "gateway/failure.h"
#include "reactor/base/address.h"
#include "reactor/base/intrusive_list.h"
#include "reactor/poller.h"
#include "reactor/socket.h"

namespace tidegate::gateway::session {

struct ListenerContext;
class WorkerContext;

class Session : public reactor::Retirable, public base::Hook<base::DefaultTag> {
 public:
  /// The drain has come to idle connections: close when nothing is under way, else after it.
  virtual void drain() = 0;

  /// The drain's deadline has passed: close now, saying so in the record.
  virtual void cut() = 0;
};

/// Starts the session that fits the listener's protocol; it lives in the worker's list. Over the
/// listener's limit the connection is closed and counted instead.
void start_session(WorkerContext& worker, ListenerContext& listener, reactor::Socket socket,
                   const base::PeerAddress& peer);

/// Takes the session out of the counts and the list and retires it. Requires: its socket is closed.
void end_session(WorkerContext& worker, ListenerContext& listener, Session& session, Reason reason);

}  // namespace tidegate::gateway::session
