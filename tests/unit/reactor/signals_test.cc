#include "reactor/signals.h"

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <vector>

#include "tests/support/loopback.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

class Heard final : public SignalObserver {
 public:
  std::vector<int> numbers;
  void on_signal(int number) override { numbers.push_back(number); }
};

// Puts the process's signal settings back.
class SignalSettings {
 public:
  SignalSettings() {
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
    ::sigaction(SIGPIPE, nullptr, &pipe_);
  }
  SignalSettings(const SignalSettings&) = delete;
  SignalSettings& operator=(const SignalSettings&) = delete;
  ~SignalSettings() {
    ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    ::sigaction(SIGPIPE, &pipe_, nullptr);
  }

 private:
  sigset_t mask_{};
  struct sigaction pipe_ {};
};

struct SignalsFixture {
  SignalsFixture() {
    BOOST_TEST_REQUIRE(poller.open().ok());
    BOOST_TEST_REQUIRE(signals.open({SIGUSR1, SIGUSR2}).ok());
  }

  SignalSettings settings;
  Poller poller;
  Heard heard;
  Signals signals{poller, heard};
};

BOOST_FIXTURE_TEST_SUITE(signals_as_callbacks, SignalsFixture)

BOOST_AUTO_TEST_CASE(a_signal_becomes_a_callback_on_the_poller) {
  std::raise(SIGUSR1);
  BOOST_TEST(heard.numbers.empty());
  BOOST_TEST(test::turn_until(poller, [&] { return !heard.numbers.empty(); }));
  BOOST_TEST(heard.numbers == std::vector<int>{SIGUSR1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(several_signals_are_told_apart) {
  std::raise(SIGUSR2);
  std::raise(SIGUSR1);
  BOOST_TEST(test::turn_until(poller, [&] { return heard.numbers.size() == 2; }));
  BOOST_TEST(heard.numbers == (std::vector<int>{SIGUSR1, SIGUSR2}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_broken_pipe_does_not_kill_the_process) {
  struct sigaction now {};
  ::sigaction(SIGPIPE, nullptr, &now);
  BOOST_TEST((now.sa_handler == SIG_IGN));
  std::raise(SIGPIPE);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sigpipe)

BOOST_AUTO_TEST_CASE(a_socket_write_raises_none_even_when_it_is_not_ignored) {
  const SignalSettings settings;
  std::signal(SIGPIPE, SIG_DFL);
  test::SocketPair pair = test::unix_pair();
  pair.second.close();
  BOOST_TEST(base::name(pair.first.write(std::string_view("x")).error.code) == "reset");
  const iovec two[] = {{nullptr, 0}, {nullptr, 0}};
  static_cast<void>(pair.first.write(std::span(two)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
