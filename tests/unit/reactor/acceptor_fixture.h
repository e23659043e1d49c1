// An acceptor, and an observer that keeps who comes.
#pragma once

#include <boost/test/unit_test.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/acceptor.h"
#include "tests/support/loopback.h"
#include "tests/support/temp_folder.h"
#include "tests/support/turns.h"

namespace tidegate::test {

using reactor::Acceptor;
using reactor::ListenOptions;
using reactor::Poller;
using reactor::Socket;

class Guests final : public reactor::AcceptObserver {
 public:
  std::vector<Socket> sockets;
  std::vector<base::Address> peers;
  std::vector<std::size_t> batches;
  std::function<void()> inside = [] {};

  void on_accept(Socket socket, const base::Address& peer) override {
    sockets.push_back(std::move(socket));
    peers.push_back(peer);
    inside();
  }
  void on_accept_batch_end() override {
    std::size_t before = 0;
    for (const std::size_t batch : batches) before += batch;
    batches.push_back(sockets.size() - before);
    // A loop that never ends would only be stopped by the machine.
    if (batches.size() > 10000) throw std::runtime_error("accepts for ever");
  }
};

struct AcceptorFixture {
  AcceptorFixture() { BOOST_TEST_REQUIRE(poller.open().ok()); }

  base::Address open(std::string_view text, const ListenOptions& options = {}) {
    const base::Status opened = acceptor.open(address(text), options);
    BOOST_TEST_REQUIRE(opened.ok(), opened.error().describe());
    return acceptor.local_address();
  }

  [[nodiscard]] bool until_accepted(std::size_t count) {
    return turn_until(poller, [&] { return guests.sockets.size() >= count; });
  }

  std::vector<Socket> connect(const base::Address& to, int count) {
    std::vector<Socket> clients;
    for (int i = 0; i < count; ++i) clients.push_back(connecting(to));
    return clients;
  }

  TempFolder folder;
  Poller poller;
  Guests guests;
  Acceptor acceptor{poller, guests};
};

inline std::string errc_of(const base::Status& status) {
  return std::string(name(status.error().code));
}

}  // namespace tidegate::test
