// A dial, an observer that writes down what it is told, and listeners that do not answer.
#pragma once

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "reactor/connector.h"
#include "tests/support/loopback.h"
#include "tests/support/recording_observer.h"
#include "tests/support/temp_folder.h"
#include "tests/support/turns.h"

namespace tidegate::test {

using reactor::Dial;
using reactor::Poller;
using reactor::Ready;
using reactor::Registration;
using reactor::Socket;

inline constexpr base::Nanos kLong = 10 * base::kSecond;

/// File descriptors this process has open.
inline std::ptrdiff_t open_fds() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

class Caller final : public reactor::DialObserver {
 public:
  std::vector<std::string> outcomes;
  base::Error why;
  Socket socket;
  Registration registration;
  Ready ready{0};
  std::function<void()> inside = [] {};

  void on_connected(Socket s, Registration r, Ready what) override {
    socket = std::move(s);
    registration = std::move(r);
    ready = what;
    outcomes.emplace_back("connected");
    inside();
  }
  void on_connect_failed(base::Error error) override {
    why = error;
    outcomes.emplace_back(base::name(error.code));
    inside();
  }
};

struct DialFixture {
  DialFixture() {
    BOOST_TEST_REQUIRE(poller.open().ok());
    poller.turn(0);
  }

  /// The only outcome, reported after start and just once.
  std::string outcome_of(const base::Address& to, base::Nanos patience = kLong) {
    dial->start(to, patience);
    BOOST_TEST(caller.outcomes.empty());
    return outcome();
  }

  std::string outcome() {
    BOOST_TEST(turn_until(poller, [&] { return !caller.outcomes.empty(); }));
    settle(poller);
    return joined(caller.outcomes);
  }

  // Bound, not listening: nobody else can take the port meanwhile.
  static Socket unheard(const base::Address& at) {
    auto socket = Socket::open(at.family());
    BOOST_TEST_REQUIRE(socket.ok());
    BOOST_TEST_REQUIRE(socket->bind(at).ok());
    return std::move(*socket);
  }

  TempFolder folder;
  Poller poller;
  Caller caller;
  std::unique_ptr<Dial> dial = std::make_unique<Dial>(poller, caller);
};

// A listener that answers nobody: its queue is full, so the kernel drops further SYNs.
class DeafListener {
 public:
  DeafListener() : listener_(listening(address("127.0.0.1:0"), 0)) {
    for (Socket& filler : fillers_) {
      auto made = Socket::open(AF_INET);
      BOOST_TEST_REQUIRE(made.ok());
      static_cast<void>(made->connect(listener_.local_address()));
      filler = std::move(*made);
    }
    BOOST_TEST_REQUIRE(wait_for(fillers_[0].fd(), POLLOUT));
  }
  [[nodiscard]] base::Address local_address() const { return listener_.local_address(); }

 private:
  Socket listener_;
  Socket fillers_[3];
};

}  // namespace tidegate::test
