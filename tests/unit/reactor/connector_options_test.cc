#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>

#include "reactor/connector.h"
#include "tests/support/faults.h"
#include "tests/support/loopback.h"
#include "tests/unit/reactor/dial_fixture.h"

namespace tidegate::reactor {
namespace {

using test::address;
using test::Call;
using test::DeafListener;
using test::DialFixture;
using test::Faults;
using test::listening;
using test::open_fds;
using test::option_of;

struct OptionsFixture : DialFixture {
  std::string outcome_with(const base::Address& to, const DialOptions& options) {
    caller.outcomes.clear();
    dial->start(to, options);
    BOOST_TEST(caller.outcomes.empty());
    return outcome();
  }
  std::string outcome_from(std::string_view source, const base::Address& to) {
    DialOptions options;
    options.source = address(source);
    return outcome_with(to, options);
  }
  [[nodiscard]] bool failed_at(DialStage stage) const { return dial->failed_stage() == stage; }

  // Ends what was opened, so that the next can be.
  void hang_up() {
    caller.registration.remove();
    caller.socket.close();
  }
};

base::Address peer_seen_by(const Socket& listener) {
  BOOST_TEST_REQUIRE(test::wait_for(listener.fd(), POLLIN));
  const auto accepted = listener.accept();
  BOOST_TEST_REQUIRE((accepted && accepted->ok()));
  return (*accepted)->second;
}

BOOST_FIXTURE_TEST_SUITE(dial_options, OptionsFixture)

BOOST_AUTO_TEST_CASE(every_option_is_set_before_connecting) {
  DialOptions options;
  options.socket.keepalive = KeepAlive{50 * base::kSecond, 1500 * base::kMillisecond, 4};
  options.socket.user_timeout = base::Nanos{1};  // rounded up
  options.socket.receive_buffer = 8192;
  options.socket.send_buffer = 16384;
  const Socket listener = listening(address("127.0.0.1:0"));
  BOOST_TEST(outcome_with(listener.local_address(), options) == "connected");
  BOOST_TEST(option_of(caller.socket, IPPROTO_TCP, TCP_NODELAY) == 1);
  BOOST_TEST(option_of(caller.socket, SOL_SOCKET, SO_KEEPALIVE) == 1);
  BOOST_TEST(option_of(caller.socket, IPPROTO_TCP, TCP_KEEPIDLE) == 50);
  BOOST_TEST(option_of(caller.socket, IPPROTO_TCP, TCP_KEEPINTVL) == 2);
  BOOST_TEST(option_of(caller.socket, IPPROTO_TCP, TCP_KEEPCNT) == 4);
  BOOST_TEST(option_of(caller.socket, IPPROTO_TCP, TCP_USER_TIMEOUT) == 1);
  BOOST_TEST(option_of(caller.socket, SOL_SOCKET, SO_RCVBUF) == 2 * 8192);
  BOOST_TEST(option_of(caller.socket, SOL_SOCKET, SO_SNDBUF) == 2 * 16384);
}

BOOST_AUTO_TEST_CASE(a_unix_socket_takes_the_buffers_and_leaves_the_rest) {
  DialOptions options;
  options.socket.keepalive = KeepAlive{};
  options.socket.user_timeout = base::kSecond;
  options.socket.send_buffer = 16384;
  const Socket listener = listening(address("unix:" + folder.file("a.sock")));
  BOOST_TEST(outcome_with(listener.local_address(), options) == "connected");
  BOOST_TEST(option_of(caller.socket, SOL_SOCKET, SO_SNDBUF) == 2 * 16384);
}

BOOST_AUTO_TEST_CASE(no_options_are_what_they_always_were) {
  const Socket listener = listening(address("127.0.0.1:0"));
  BOOST_TEST(outcome_of(listener.local_address()) == "connected");
  BOOST_TEST(option_of(caller.socket, IPPROTO_TCP, TCP_NODELAY) == 1);
  BOOST_TEST(option_of(caller.socket, SOL_SOCKET, SO_KEEPALIVE) == 0);
  BOOST_TEST(option_of(caller.socket, IPPROTO_TCP, TCP_USER_TIMEOUT) == 0);
}

BOOST_AUTO_TEST_CASE(patience_is_an_option_too) {
  const DeafListener deaf;
  DialOptions options;
  options.patience = 20 * base::kMillisecond;
  BOOST_TEST(outcome_with(deaf.local_address(), options) == "timed_out");
  BOOST_TEST(failed_at(DialStage::connect));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(dial_from_a_source, OptionsFixture)

BOOST_AUTO_TEST_CASE(the_peer_sees_it) {
  const Socket v4 = listening(address("127.0.0.1:0"));
  BOOST_TEST(outcome_from("127.0.0.2:0", v4.local_address()) == "connected");
  const base::Address seen = peer_seen_by(v4);
  BOOST_TEST(seen.host() == "127.0.0.2");
  BOOST_TEST((seen == caller.socket.local_address()));
  BOOST_TEST(option_of(caller.socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT) == 1);
  hang_up();

  const Socket v6 = listening(address("[::1]:0"));
  BOOST_TEST(outcome_from("[::1]:0", v6.local_address()) == "connected");
  BOOST_TEST((peer_seen_by(v6) == caller.socket.local_address()));
  BOOST_TEST(option_of(caller.socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT) == 1);
  hang_up();

  const Socket local = listening(address("unix:" + folder.file("a.sock")));
  const std::string name = "unix:@tidegate-source-" + std::to_string(::getpid());
  BOOST_TEST(outcome_from(name, local.local_address()) == "connected");
  BOOST_TEST(peer_seen_by(local).to_string() == name);
}

BOOST_AUTO_TEST_CASE(a_port_of_its_own_may_have_been_used_just_before) {
  const Socket first = listening(address("127.0.0.1:0"));
  const Socket second = listening(address("127.0.0.1:0"));
  DialOptions options;
  options.source = unheard(address("127.0.0.1:0")).local_address();
  BOOST_TEST(outcome_with(first.local_address(), options) == "connected");
  {
    BOOST_TEST_REQUIRE(test::wait_for(first.fd(), POLLIN));
    const auto far = first.accept();
    BOOST_TEST_REQUIRE((far && far->ok()));
    hang_up();  // who closes first keeps the port in TIME_WAIT
    BOOST_TEST_REQUIRE(test::wait_for((*far)->first.fd(), POLLIN));
  }
  BOOST_TEST(outcome_with(second.local_address(), options) == "connected");
  BOOST_TEST((peer_seen_by(second) == *options.source));
}

BOOST_AUTO_TEST_CASE(one_that_is_not_ours_or_taken_or_of_another_family_fails_at_bind) {
  const Socket listener = listening(address("127.0.0.1:0"));
  struct Case {
    std::string source;
    const char* outcome;
    int code;
  };
  const Case cases[] = {
      {"192.0.2.1:0", "unreachable", EADDRNOTAVAIL},
      {listener.local_address().to_string(), "in_use", EADDRINUSE},
      {"[::1]:0", "os_error", EAFNOSUPPORT},
  };
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.source) {
      BOOST_TEST(outcome_from(c.source, listener.local_address()) == c.outcome);
      BOOST_TEST(failed_at(DialStage::bind));
      BOOST_TEST(caller.why.os_errno == c.code);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(dial_stages, OptionsFixture)

// What fails is told once, after start, with its stage, and leaves no fd and no registration.
BOOST_AUTO_TEST_CASE(every_call_may_fail) {
  struct Case {
    Call call;
    int code;
    int only;
    DialStage stage;
    const char* outcome;
    const char* option;
  };
  const Case cases[] = {
      {Call::socket, EMFILE, -1, DialStage::socket, "out_of_fds", ""},
      {Call::socket, ENOBUFS, -1, DialStage::socket, "out_of_memory", ""},
      {Call::setsockopt, ENOPROTOOPT, TCP_NODELAY, DialStage::option, "os_error", "TCP_NODELAY"},
      {Call::setsockopt, EPERM, SO_SNDBUF, DialStage::option, "not_permitted", "SO_SNDBUF"},
      {Call::setsockopt, EINVAL, IP_BIND_ADDRESS_NO_PORT, DialStage::option, "os_error",
       "IP_BIND_ADDRESS_NO_PORT"},
      {Call::bind, EACCES, -1, DialStage::bind, "not_permitted", ""},
      {Call::connect, ENETUNREACH, -1, DialStage::connect, "unreachable", ""},
      {Call::connect, EPERM, -1, DialStage::connect, "not_permitted", ""},
      {Call::epoll_ctl, ENOMEM, EPOLL_CTL_ADD, DialStage::connect, "out_of_memory", ""},
  };
  const Socket listener = listening(address("127.0.0.1:0"));
  DialOptions options;
  options.source = address("127.0.0.1:0");
  options.socket.send_buffer = 65536;
  const std::uint64_t registered = poller.stats().registered.get();
  const std::ptrdiff_t fds = open_fds();
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.outcome << " " << c.option << " errno " << c.code) {
      Faults faults;
      faults.fail(c.call, {.code = c.code, .only = c.only});
      BOOST_TEST(outcome_with(listener.local_address(), options) == c.outcome);
      BOOST_TEST(faults.failed(c.call) == 1);
      BOOST_TEST(caller.why.os_errno == c.code);
      BOOST_TEST(failed_at(c.stage));
      BOOST_TEST(dial->failed_option() == std::string(c.option));
      BOOST_TEST(poller.stats().registered.get() == registered);
      BOOST_TEST(open_fds() == fds);
    }
  }
  BOOST_TEST(outcome_with(listener.local_address(), options) == "connected");
}

BOOST_AUTO_TEST_CASE(a_refusal_fails_at_connect_also_after_another_failure) {
  const Socket silent = unheard(address("127.0.0.1:0"));
  DialOptions options;
  options.socket.keepalive = KeepAlive{base::kSecond, base::kSecond, 1000};
  BOOST_TEST(outcome_with(silent.local_address(), options) == "os_error");
  BOOST_TEST(dial->failed_option() == std::string("TCP_KEEPCNT"));
  BOOST_TEST(outcome_with(silent.local_address(), {}) == "refused");
  BOOST_TEST(failed_at(DialStage::connect));
  BOOST_TEST(dial->failed_option() == std::string());
}

BOOST_AUTO_TEST_CASE(a_full_unix_queue_is_a_refusal_that_may_be_tried_again) {
  const Socket busy = listening(address("unix:" + folder.file("busy.sock")), 0);
  const Socket waiting = test::connecting(busy.local_address());
  BOOST_TEST(outcome_of(busy.local_address()) == "refused");
  BOOST_TEST(caller.why.os_errno == EAGAIN);
  BOOST_TEST(failed_at(DialStage::connect));
  BOOST_TEST(busy.accept().has_value());
  caller.outcomes.clear();
  BOOST_TEST(outcome_of(busy.local_address()) == "connected");
}

BOOST_AUTO_TEST_CASE(an_interrupted_connect_is_waited_for) {
  const Socket listener = listening(address("127.0.0.1:0"));
  for (const bool done_anyway : {false, true}) {
    Faults faults;
    faults.fail(Call::connect, {.code = EINTR, .done_anyway = done_anyway});
    BOOST_TEST(outcome_with(listener.local_address(), {}) == "connected");
    BOOST_TEST((caller.socket.peer_address() == listener.local_address()));
    hang_up();
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
