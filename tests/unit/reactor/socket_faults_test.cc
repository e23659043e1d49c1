#include <sys/epoll.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>

#include "reactor/poller.h"
#include "reactor/socket.h"
#include "reactor/stream.h"
#include "tests/support/faults.h"
#include "tests/support/loopback.h"
#include "tests/support/recording_observer.h"
#include "tests/support/temp_folder.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

using test::address;
using test::Call;
using test::Fault;
using test::Faults;

BOOST_AUTO_TEST_SUITE(sockets_under_faults)

BOOST_AUTO_TEST_CASE(a_signal_does_not_end_a_read_or_a_write) {
  const test::SocketPair pair = test::tcp_pair();
  Faults faults;
  for (const Call call : {Call::recv, Call::send, Call::sendmsg}) {
    faults.fail(call, {.code = EINTR, .times = 2});
  }
  BOOST_TEST(pair.first.write(std::string_view("ab")).count == 2U);
  const std::array<iovec, 2> slices{{{const_cast<char*>("cd"), 2}, {const_cast<char*>("ef"), 2}}};
  BOOST_TEST(pair.first.write(slices).count == 4U);
  BOOST_TEST_REQUIRE(test::wait_for(pair.second.fd(), POLLIN));
  char bytes[8];
  BOOST_TEST(pair.second.read(bytes).count == 6U);
  BOOST_TEST(faults.failed(Call::recv) + faults.failed(Call::send) + faults.failed(Call::sendmsg) ==
             6);
}

BOOST_AUTO_TEST_CASE(a_signal_does_not_end_the_making_of_a_socket) {
  Faults faults;
  for (const Call call : {Call::socket, Call::bind, Call::listen, Call::accept4}) {
    faults.fail(call, {.code = EINTR});
  }
  const Socket listener = test::listening(address("127.0.0.1:0"));
  const Socket client = test::connecting(listener.local_address());
  const auto accepted = listener.accept();
  BOOST_TEST((accepted && accepted->ok()));
  BOOST_TEST(faults.failed(Call::socket) + faults.failed(Call::bind) + faults.failed(Call::listen) +
                 faults.failed(Call::accept4) ==
             4);
}

// A signal may come before the kernel did anything, or when the connection is on its way.
BOOST_AUTO_TEST_CASE(an_interrupted_connect_is_no_failure_and_no_success_by_mistake) {
  const test::TempFolder folder;
  for (const std::string& text : {std::string("127.0.0.1:0"), "unix:" + folder.file("a.sock")}) {
    const Socket listener = test::listening(address(text));
    for (const bool done_anyway : {false, true}) {
      BOOST_TEST_CONTEXT(text << " done " << done_anyway) {
        Faults faults;
        faults.fail(Call::connect, {.code = EINTR, .done_anyway = done_anyway});
        const Socket client = test::connecting(listener.local_address());
        BOOST_TEST((client.peer_address() == listener.local_address()));
        BOOST_TEST_REQUIRE(test::wait_for(listener.fd(), POLLIN));
        const auto accepted = listener.accept();
        BOOST_TEST((accepted && accepted->ok()));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(who_is_gone_already_is_told_from_none_waiting) {
  const Socket listener = test::listening(address("127.0.0.1:0"));
  Faults faults;
  for (const int code : {ECONNABORTED, EPROTO, EHOSTUNREACH, ENETDOWN}) {
    BOOST_TEST_CONTEXT("errno " << code) {
      faults.fail(Call::accept4, {.code = code});
      const auto gone = listener.accept();
      BOOST_TEST_REQUIRE((gone.has_value() && !gone->ok()));
      BOOST_TEST(base::name(gone->error().code) == "reset");
      BOOST_TEST(gone->error().os_errno == code);
      BOOST_TEST(!listener.accept().has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(short_calls_lose_nothing) {
  const test::SocketPair pair = test::tcp_pair();
  Faults faults;
  faults.limit(Call::send, 3);
  faults.limit(Call::sendmsg, 5);
  faults.limit(Call::recv, 2);
  BOOST_TEST(pair.first.write(std::string_view("abcd")).count == 3U);
  const std::array<iovec, 3> slices{
      {{const_cast<char*>("def"), 3}, {const_cast<char*>("ghi"), 3}, {const_cast<char*>("j"), 1}}};
  BOOST_TEST(pair.first.write(slices).count == 5U);
  BOOST_TEST_REQUIRE(test::wait_for(pair.second.fd(), POLLIN));
  std::string got;
  for (int i = 0; i < 4; ++i) {
    char bytes[8];
    got.append(bytes, pair.second.read(bytes).count);
  }
  BOOST_TEST(got == "abcdefgh");
}

BOOST_AUTO_TEST_CASE(a_stream_keeps_its_order_through_short_writes_and_signals) {
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  test::SocketPair pair = test::tcp_pair();
  test::RecordingObserver left_seen;
  test::RecordingObserver right_seen;
  Stream left(poller, left_seen);
  Stream right(poller, right_seen);
  BOOST_TEST_REQUIRE(left.open(std::move(pair.first)).ok());
  BOOST_TEST_REQUIRE(right.open(std::move(pair.second)).ok());
  std::string sent;
  for (int i = 0; i < 500; ++i) sent += std::to_string(i) + ' ';

  Faults faults;
  faults.limit(Call::send, 7);
  faults.limit(Call::sendmsg, 5);
  faults.fail(Call::send, {.code = EINTR, .times = 3, .after = 3});
  faults.fail(Call::recv, {.code = EINTR, .times = 3, .after = 3});
  right.limit_reads(3);
  left.write(sent);
  left.shutdown_write();
  BOOST_TEST(test::turn_until(poller, [&] { return right_seen.told("eof"); }));
  BOOST_TEST(right_seen.consumed == sent);
  BOOST_TEST(faults.made(Call::send) + faults.made(Call::sendmsg) > 200);
}

BOOST_AUTO_TEST_CASE(a_hard_error_in_the_middle_of_a_write_is_told_once) {
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  test::SocketPair pair = test::tcp_pair();
  test::RecordingObserver seen;
  Stream stream(poller, seen);
  BOOST_TEST_REQUIRE(stream.open(std::move(pair.first)).ok());
  Faults faults;
  faults.limit(Call::send, 2);
  faults.fail(Call::send, {.code = ENOBUFS, .times = Fault::kAlways, .after = 1});
  faults.fail(Call::sendmsg, {.code = ENOBUFS, .times = Fault::kAlways});
  stream.write("hello");
  stream.write("again");
  BOOST_TEST(test::turn_until(poller, [&] { return seen.told("close"); }));
  test::settle(poller);
  BOOST_TEST(seen.count("close") == 1);
  BOOST_TEST(base::name(seen.closed_with.code) == "out_of_memory");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(poller_under_faults)

class Counter final : public EventHandler {
 public:
  int calls = 0;
  void on_ready(Ready /*ready*/) override { ++calls; }
};

BOOST_AUTO_TEST_CASE(a_failed_add_leaves_no_trace) {
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  const test::SocketPair pair = test::tcp_pair();
  BOOST_TEST_REQUIRE(pair.second.write(std::string_view("x")).ok());
  const std::uint64_t before = poller.stats().registered.get();
  Counter first;
  Counter second;
  for (const int code : {ENOMEM, ENOSPC}) {
    BOOST_TEST_CONTEXT("errno " << code) {
      Faults faults;
      faults.fail(Call::epoll_ctl, {.code = code, .only = EPOLL_CTL_ADD});
      const auto failed = poller.add(pair.first.fd(), first, Poller::kRead, Poller::Mode::level);
      BOOST_TEST_REQUIRE(!failed.ok());
      BOOST_TEST(failed.error().os_errno == code);
      BOOST_TEST(poller.stats().registered.get() == before);
      test::settle(poller);
    }
  }
  const auto added = poller.add(pair.first.fd(), second, Poller::kRead, Poller::Mode::level);
  BOOST_TEST_REQUIRE(added.ok());
  BOOST_TEST(test::turn_until(poller, [&] { return second.calls > 0; }));
  BOOST_TEST(first.calls == 0);
  BOOST_TEST(poller.stats().registered.get() == before + 1);
}

BOOST_AUTO_TEST_CASE(an_interrupted_wait_is_a_turn_without_events) {
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  Faults faults;
  faults.fail(Call::epoll_wait, {.code = EINTR, .times = 3});
  int ran = 0;
  poller.post([&] { ++ran; });
  for (int i = 0; i < 3; ++i) poller.turn(0);
  BOOST_TEST(ran == 1);
  BOOST_TEST(faults.failed(Call::epoll_wait) == 3);
}

BOOST_AUTO_TEST_CASE(a_poller_that_gets_no_fd_does_not_open) {
  for (const Call call : {Call::epoll_create1, Call::eventfd}) {
    Poller poller;
    Faults faults;
    faults.fail(call, {.code = EMFILE});
    BOOST_TEST(base::name(poller.open().error().code) == "out_of_fds");
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_fault_plan)

BOOST_AUTO_TEST_CASE(counts_matching_calls_and_ends_with_its_scope) {
  const Socket socket = std::move(*Socket::open(AF_INET));
  {
    Faults faults;
    faults.fail(Call::setsockopt, {.code = EPERM, .times = 2, .after = 1, .only = SO_RCVBUF});
    const auto set = [&](int name) { return socket.set_option(SOL_SOCKET, name, 4096).ok(); };
    BOOST_TEST(set(SO_SNDBUF));
    BOOST_TEST(set(SO_RCVBUF));
    BOOST_TEST(set(SO_SNDBUF));
    BOOST_TEST(!set(SO_RCVBUF));
    BOOST_TEST(!set(SO_RCVBUF));
    BOOST_TEST(set(SO_RCVBUF));
    BOOST_TEST(faults.made(Call::setsockopt) == 6);
    BOOST_TEST(faults.failed(Call::setsockopt) == 2);
    faults.fail(Call::setsockopt, {.code = EPERM, .times = Fault::kAlways});
    BOOST_TEST(!set(SO_RCVBUF));
  }
  BOOST_TEST(socket.set_option(SOL_SOCKET, SO_RCVBUF, 4096).ok());
}

BOOST_AUTO_TEST_CASE(does_not_touch_other_threads) {
  Faults faults;
  faults.fail(Call::socket, {.code = EMFILE, .times = Fault::kAlways});
  bool opened = false;
  std::thread([&] { opened = Socket::open(AF_INET).ok(); }).join();
  BOOST_TEST(opened);
  BOOST_TEST(!Socket::open(AF_INET).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
