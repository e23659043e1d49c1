#include "reactor/socket.h"

#include <fcntl.h>
#include <netinet/tcp.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/support/fd_limit.h"
#include "tests/support/loopback.h"

namespace tidegate::reactor {
namespace {

using Pending = Socket::Pending;

BOOST_AUTO_TEST_SUITE(sockets)

BOOST_AUTO_TEST_CASE(every_fd_is_non_blocking_and_close_on_exec) {
  const auto made = Socket::open(AF_INET);
  BOOST_TEST_REQUIRE(made.ok());
  const test::SocketPair accepted = test::tcp_pair();
  for (const Socket* socket : {&*made, &accepted.first, &accepted.second}) {
    BOOST_TEST((::fcntl(socket->fd(), F_GETFL) & O_NONBLOCK) != 0);
    BOOST_TEST((::fcntl(socket->fd(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

BOOST_AUTO_TEST_CASE(owns_its_fd_until_released) {
  test::SocketPair pair = test::unix_pair();
  const int number = pair.first.fd();
  { const Socket moved = std::move(pair.first); }
  BOOST_TEST(::fcntl(number, F_GETFD) == -1);
  BOOST_TEST(!pair.first.is_open());

  const int released = pair.second.release();
  BOOST_TEST(!pair.second.is_open());
  BOOST_TEST(::fcntl(released, F_GETFD) >= 0);
  const Socket again(released);
}

BOOST_AUTO_TEST_CASE(reading_tells_nothing_yet_from_the_end) {
  test::SocketPair pair = test::tcp_pair();
  char bytes[8];
  BOOST_TEST(pair.first.read(bytes).again);
  pair.second.shutdown_write();
  BOOST_TEST_REQUIRE(test::wait_for(pair.first.fd(), POLLIN));
  const Socket::Io end = pair.first.read(bytes);
  BOOST_TEST(end.ok());
  BOOST_TEST(!end.again);
  BOOST_TEST(end.count == 0U);
}

BOOST_AUTO_TEST_CASE(peeking_tells_input_from_the_end_and_takes_nothing) {
  test::SocketPair pairs[] = {test::tcp_pair(), test::unix_pair()};
  for (test::SocketPair& pair : pairs) {
    BOOST_TEST_CONTEXT("family " << pair.first.local_address().family()) {
      BOOST_TEST((pair.first.peek() == Pending::nothing));
      BOOST_TEST_REQUIRE(pair.second.write(std::string_view("ab")).count == 2U);
      BOOST_TEST_REQUIRE(test::wait_for(pair.first.fd(), POLLIN));
      BOOST_TEST((pair.first.peek() == Pending::input));
      pair.second.shutdown_write();
      BOOST_TEST_REQUIRE(test::wait_for(pair.first.fd(), POLLRDHUP));
      BOOST_TEST((pair.first.peek() == Pending::input));
      char bytes[8];
      BOOST_TEST(pair.first.read(bytes).count == 2U);
      BOOST_TEST((pair.first.peek() == Pending::end));
    }
  }
  BOOST_TEST((Socket().peek() == Pending::end));
}

BOOST_AUTO_TEST_CASE(peeking_does_not_swallow_a_reset) {
  test::SocketPair pair = test::tcp_pair();
  pair.second.reset_on_close();
  pair.second.close();
  BOOST_TEST_REQUIRE(test::wait_for(pair.first.fd(), POLLIN));
  BOOST_TEST((pair.first.peek() == Pending::end));
  char bytes[8];
  BOOST_TEST(base::name(pair.first.read(bytes).error.code) == "reset");
}

BOOST_AUTO_TEST_CASE(addresses_of_both_ends_agree) {
  const test::SocketPair pair = test::tcp_pair();
  BOOST_TEST(pair.first.local_address().to_string() == pair.second.peer_address().to_string());
  BOOST_TEST(pair.first.peer_address().to_string() == pair.second.local_address().to_string());
  BOOST_TEST((pair.first.local_address() == pair.second.peer_address()));
  BOOST_TEST(test::unix_pair().first.peer_address().to_string() == "unix:");
  BOOST_TEST(!Socket().local_address().valid());
}

BOOST_AUTO_TEST_CASE(accepting_with_nobody_waiting_is_no_error) {
  const Socket listener = test::listening(test::address("127.0.0.1:0"));
  BOOST_TEST(!listener.accept().has_value());
}

BOOST_AUTO_TEST_CASE(errors_are_values) {
  const Socket listener = test::listening(test::address("127.0.0.1:0"));
  auto second = Socket::open(AF_INET);
  BOOST_TEST_REQUIRE(second.ok());
  BOOST_TEST(base::name(second->bind(listener.local_address()).error().code) == "in_use");
  BOOST_TEST(second->set_option(-1, -1, 0).error().os_errno != 0);
  BOOST_TEST(Socket::open(-1).error().os_errno == EAFNOSUPPORT);
  const test::NoMoreFds limit;
  BOOST_TEST(base::name(Socket::open(AF_INET).error().code) == "out_of_fds");
}

BOOST_AUTO_TEST_CASE(a_pending_error_is_taken_once) {
  test::SocketPair pair = test::tcp_pair();
  pair.second.reset_on_close();
  pair.second.close();
  BOOST_TEST_REQUIRE(test::wait_for(pair.first.fd(), POLLIN));
  BOOST_TEST(base::name(pair.first.take_error().code) == "reset");
  BOOST_TEST(base::name(pair.first.take_error().code) == "ok");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
