#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "reactor/acceptor.h"
#include "reactor/listening_socket.h"
#include "tests/support/faults.h"
#include "tests/support/loopback.h"
#include "tests/unit/reactor/acceptor_fixture.h"

namespace tidegate::reactor {
namespace {

using test::AcceptorFixture;
using test::address;
using test::Call;
using test::connecting;
using test::errc_of;
using test::Faults;
using test::Guests;
using test::option_of;
using test::settle;

ListenOptions up_to(std::uint16_t last_port) {
  ListenOptions options;
  options.last_port = last_port;
  return options;
}

ListenOptions owned_by(uid_t user, gid_t group) {
  ListenOptions options;
  options.unix_owner = UnixOwner{user, group};
  return options;
}

struct IsRoot {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id /*id*/) const {
    return ::geteuid() == 0;
  }
};

struct IsNobodySpecial {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id /*id*/) const {
    return ::geteuid() != 0;
  }
};

BOOST_FIXTURE_TEST_SUITE(acceptor_port_ranges, AcceptorFixture)

BOOST_AUTO_TEST_CASE(the_first_free_port_is_taken) {
  const base::Address taken = open("127.0.0.1:0");
  Acceptor second(poller, guests);
  const auto last = static_cast<std::uint16_t>(taken.port() + 50);
  BOOST_TEST_REQUIRE(second.open(taken, up_to(last)).ok());
  const std::uint16_t port = second.local_address().port();
  BOOST_TEST(port > taken.port());
  BOOST_TEST(port <= last);
  connecting(second.local_address());
  BOOST_TEST(until_accepted(1));
}

BOOST_AUTO_TEST_CASE(it_is_in_use_only_when_every_port_is_taken) {
  const base::Address taken = open("127.0.0.1:0");
  Acceptor second(poller, guests);
  BOOST_TEST_REQUIRE(second.open(taken, up_to(static_cast<std::uint16_t>(taken.port() + 50))).ok());
  // The second took the first that was free.
  Acceptor third(poller, guests);
  BOOST_TEST(errc_of(third.open(taken, up_to(second.local_address().port()))) == "in_use");
  BOOST_TEST(!third.local_address().valid());
}

BOOST_AUTO_TEST_CASE(a_port_lost_between_bind_and_listen_is_passed_over) {
  const base::Address first = test::listening(address("127.0.0.1:0")).local_address();
  Faults faults;
  faults.fail(Call::listen, {.code = EADDRINUSE});
  BOOST_TEST_REQUIRE(
      acceptor.open(first, up_to(static_cast<std::uint16_t>(first.port() + 50))).ok());
  BOOST_TEST(acceptor.local_address().port() > first.port());
}

BOOST_AUTO_TEST_CASE(another_error_ends_the_search) {
  Faults faults;
  faults.fail(Call::bind, {.code = EACCES});
  BOOST_TEST(errc_of(acceptor.open(address("127.0.0.1:1000"), up_to(1010))) == "not_permitted");
  BOOST_TEST(faults.made(Call::bind) == 1);
}

BOOST_AUTO_TEST_CASE(the_last_port_there_is_ends_the_search) {
  Faults faults;
  faults.fail(Call::bind, {.code = EADDRINUSE, .times = test::Fault::kAlways});
  BOOST_TEST(errc_of(acceptor.open(address("127.0.0.1:65530"), up_to(65535))) == "in_use");
  BOOST_TEST(faults.made(Call::bind) == 6);
}

BOOST_AUTO_TEST_CASE(a_range_that_is_none_is_refused) {
  const std::string path = "unix:" + folder.file("a.sock");
  for (const std::string& text :
       {std::string("127.0.0.1:0"), std::string("127.0.0.1:2001"), path}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(errc_of(acceptor.open(address(text), up_to(2000))) == "bad_address");
    }
  }
  BOOST_TEST(::access(path.c_str() + 5, F_OK) == -1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(acceptor_options, AcceptorFixture)

BOOST_AUTO_TEST_CASE(accepted_sockets_inherit_every_option) {
  ListenOptions options;
  options.socket.keepalive = KeepAlive{100 * base::kSecond, 7 * base::kSecond, 3};
  options.socket.user_timeout = 4500 * base::kMillisecond;
  options.socket.receive_buffer = 8192;
  options.socket.send_buffer = 16384;
  for (const char* text : {"127.0.0.1:0", "[::1]:0"}) {
    BOOST_TEST_CONTEXT(text) {
      guests = {};
      Acceptor one(poller, guests);
      BOOST_TEST_REQUIRE(one.open(address(text), options).ok());
      const Socket client = connecting(one.local_address());
      BOOST_TEST_REQUIRE(until_accepted(1));
      const Socket& guest = guests.sockets[0];
      BOOST_TEST(option_of(guest, IPPROTO_TCP, TCP_NODELAY) == 1);
      BOOST_TEST(option_of(guest, SOL_SOCKET, SO_KEEPALIVE) == 1);
      BOOST_TEST(option_of(guest, IPPROTO_TCP, TCP_KEEPIDLE) == 100);
      BOOST_TEST(option_of(guest, IPPROTO_TCP, TCP_KEEPINTVL) == 7);
      BOOST_TEST(option_of(guest, IPPROTO_TCP, TCP_KEEPCNT) == 3);
      BOOST_TEST(option_of(guest, IPPROTO_TCP, TCP_USER_TIMEOUT) == 4500);
      BOOST_TEST(option_of(guest, SOL_SOCKET, SO_RCVBUF) == 2 * 8192);
      BOOST_TEST(option_of(guest, SOL_SOCKET, SO_SNDBUF) == 2 * 16384);
    }
  }
}

BOOST_AUTO_TEST_CASE(nodelay_may_be_left_out) {
  ListenOptions options;
  options.socket.nodelay = false;
  const Socket client = connecting(open("127.0.0.1:0", options));
  BOOST_TEST(until_accepted(1));
  BOOST_TEST(option_of(guests.sockets[0], IPPROTO_TCP, TCP_NODELAY) == 0);
}

BOOST_AUTO_TEST_CASE(what_the_kernel_refuses_is_named) {
  ListenOptions options;
  options.socket.keepalive = KeepAlive{base::kSecond, base::kSecond, 1000};
  BOOST_TEST(acceptor.open(address("127.0.0.1:0"), options).error().os_errno == EINVAL);
  BOOST_TEST(acceptor.failed_option() == std::string("TCP_KEEPCNT"));
  open("127.0.0.1:0");
  BOOST_TEST(acceptor.failed_option() == std::string());
}

BOOST_AUTO_TEST_CASE(with_defer_accept_silent_clients_are_not_accepted) {
  ListenOptions options;
  options.defer_accept = 5 * base::kSecond;
  const Socket client = connecting(open("127.0.0.1:0", options));
  settle(poller);
  BOOST_TEST(guests.sockets.empty());
  BOOST_TEST_REQUIRE(client.write(std::string_view("x")).ok());
  BOOST_TEST(until_accepted(1));
}

BOOST_AUTO_TEST_CASE(fast_open_is_a_queue_of_the_listener) {
  ListenOptions options;
  options.fast_open = 16;
  ListeningSocket listening;
  BOOST_TEST_REQUIRE(listening.open(address("127.0.0.1:0"), options).ok());
  BOOST_TEST(option_of(listening.socket(), IPPROTO_TCP, TCP_FASTOPEN) == 16);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(acceptor_unix_paths, AcceptorFixture)

BOOST_AUTO_TEST_CASE(the_file_goes_to_its_owner, *boost::unit_test::precondition(IsRoot())) {
  const std::string path = folder.file("owned.sock");
  ListenOptions options = owned_by(12, 34);
  options.unix_mode = 0660;
  open("unix:" + path, options);
  struct stat info {};
  BOOST_TEST_REQUIRE(::stat(path.c_str(), &info) == 0);
  BOOST_TEST(info.st_uid == 12U);
  BOOST_TEST(info.st_gid == 34U);
  BOOST_TEST((info.st_mode & 0777U) == 0660U);
}

BOOST_AUTO_TEST_CASE(half_an_owner_leaves_the_other_half,
                     *boost::unit_test::precondition(IsRoot())) {
  const std::string path = folder.file("half.sock");
  open("unix:" + path, owned_by(static_cast<uid_t>(-1), 34));
  struct stat info {};
  BOOST_TEST_REQUIRE(::stat(path.c_str(), &info) == 0);
  BOOST_TEST(info.st_uid == ::geteuid());
  BOOST_TEST(info.st_gid == 34U);
}

BOOST_AUTO_TEST_CASE(an_owner_that_may_not_be_set_is_an_error_and_leaves_no_file,
                     *boost::unit_test::precondition(IsNobodySpecial())) {
  const std::string path = folder.file("denied.sock");
  BOOST_TEST(errc_of(acceptor.open(address("unix:" + path), owned_by(0, 0))) == "not_permitted");
  BOOST_TEST(::access(path.c_str(), F_OK) == -1);
}

BOOST_AUTO_TEST_CASE(a_live_socket_with_a_full_queue_is_left_alone) {
  const base::Address at = address("unix:" + folder.file("busy.sock"));
  const Socket busy = test::listening(at, 0);
  const Socket waiting = connecting(at);
  base::Error why;
  connecting(at, &why);
  BOOST_TEST(why.os_errno == EAGAIN);
  BOOST_TEST(errc_of(acceptor.open(at, {})) == "in_use");
  BOOST_TEST(busy.accept().has_value());
}

BOOST_AUTO_TEST_CASE(what_took_the_place_of_its_file_is_left_alone) {
  const std::string path = folder.file("taken.sock");
  open("unix:" + path);
  BOOST_TEST_REQUIRE(::unlink(path.c_str()) == 0);
  const Socket other = test::listening(address("unix:" + path));
  acceptor.close(false);
  BOOST_TEST(::access(path.c_str(), F_OK) == 0);
}

BOOST_AUTO_TEST_CASE(failing_to_listen_leaves_no_file) {
  const std::string path = folder.file("failed.sock");
  Faults faults;
  faults.fail(Call::listen, {.code = ENOBUFS});
  BOOST_TEST(errc_of(acceptor.open(address("unix:" + path), {})) == "out_of_memory");
  BOOST_TEST(::access(path.c_str(), F_OK) == -1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(acceptor_adopting, AcceptorFixture)

BOOST_AUTO_TEST_CASE(an_inherited_path_is_not_unlinked) {
  const std::string path = folder.file("inherited.sock");
  BOOST_TEST_REQUIRE(acceptor.adopt(test::listening(address("unix:" + path))).ok());
  connecting(address("unix:" + path));
  BOOST_TEST(until_accepted(1));
  acceptor.close(false);
  BOOST_TEST(::access(path.c_str(), F_OK) == 0);
}

BOOST_AUTO_TEST_CASE(an_inherited_fd_becomes_non_blocking_and_close_on_exec) {
  Socket inherited = test::listening(address("127.0.0.1:0"));
  const int fd = inherited.fd();
  BOOST_TEST_REQUIRE(::fcntl(fd, F_SETFL, 0) == 0);
  BOOST_TEST_REQUIRE(::fcntl(fd, F_SETFD, 0) == 0);
  BOOST_TEST_REQUIRE(acceptor.adopt(std::move(inherited)).ok());
  BOOST_TEST((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  BOOST_TEST((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  const Socket client = connecting(acceptor.local_address());
  BOOST_TEST(until_accepted(1));
  BOOST_TEST(option_of(guests.sockets[0], IPPROTO_TCP, TCP_NODELAY) == 1);
}

BOOST_AUTO_TEST_CASE(what_does_not_listen_is_not_taken) {
  auto bound = Socket::open(AF_INET);
  BOOST_TEST_REQUIRE(bound.ok());
  BOOST_TEST(acceptor.adopt(std::move(*bound)).error().os_errno == EINVAL);
  BOOST_TEST(acceptor.adopt(Socket()).error().os_errno == EINVAL);
  BOOST_TEST(!acceptor.local_address().valid());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
