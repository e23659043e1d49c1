#include "reactor/acceptor.h"

#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "tests/support/loopback.h"
#include "tests/unit/reactor/acceptor_fixture.h"

namespace tidegate::reactor {
namespace {

using test::AcceptorFixture;
using test::address;
using test::connecting;
using test::errc_of;
using test::Guests;
using test::option_of;
using test::settle;

ListenOptions shared() {
  ListenOptions options;
  options.reuse_port = true;
  return options;
}

ListenOptions ipv6_only() {
  ListenOptions options;
  options.ipv6_only = true;
  return options;
}

BOOST_FIXTURE_TEST_SUITE(acceptor_addresses, AcceptorFixture)

BOOST_AUTO_TEST_CASE(accepts_on_every_kind_of_address_and_tells_the_peers) {
  const std::string path = "unix:" + folder.file("a.sock");
  const std::string abstract = "unix:@tidegate-test-" + std::to_string(::getpid());
  const std::string texts[] = {"127.0.0.1:0", "[::1]:0", path, abstract};
  for (const std::string& text : texts) {
    BOOST_TEST_CONTEXT(text) {
      Guests here;
      Acceptor one(poller, here);
      BOOST_TEST_REQUIRE(one.open(address(text), {}).ok());
      const base::Address at = one.local_address();
      if (at.is_ip()) {
        BOOST_TEST(at.port() != 0);
      } else {
        BOOST_TEST(at.to_string() == text);
      }
      const Socket client = connecting(at);
      BOOST_TEST(test::turn_until(poller, [&] { return here.sockets.size() == 1; }));
      BOOST_TEST(here.peers[0].to_string() == client.local_address().to_string());
      BOOST_TEST_REQUIRE(client.write(std::string_view("hi")).count == 2U);
      BOOST_TEST(test::wait_for(here.sockets[0].fd(), POLLIN));
      BOOST_TEST((here.sockets[0].peek() == Socket::Pending::input));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_ipv6_wildcard_takes_ipv4_too_and_shows_it_as_ipv4) {
  const base::Address at = open("[::]:0");
  const auto clients = {connecting(address("127.0.0.1:0").with_port(at.port())).local_address(),
                        connecting(address("[::1]:0").with_port(at.port())).local_address()};
  BOOST_TEST(until_accepted(2));
  for (std::size_t i = 0; i < 2; ++i) {
    BOOST_TEST(guests.peers[i].to_string() == clients.begin()[i].to_string());
  }
}

BOOST_AUTO_TEST_CASE(an_ipv6_only_wildcard_does_not) {
  const base::Address at = open("[::]:0", ipv6_only());
  base::Error why;
  connecting(address("127.0.0.1:0").with_port(at.port()), &why);
  BOOST_TEST(base::name(why.code) == "refused");
  connecting(address("[::1]:0").with_port(at.port()));
  BOOST_TEST(until_accepted(1));
}

BOOST_AUTO_TEST_CASE(an_address_in_use_is_refused_unless_it_is_shared) {
  const base::Address at = open("127.0.0.1:0");
  Acceptor second(poller, guests);
  BOOST_TEST(errc_of(second.open(at, {})) == "in_use");
  Acceptor first(poller, guests);
  Acceptor another(poller, guests);
  BOOST_TEST(first.open(address("127.0.0.1:0"), shared()).ok());
  BOOST_TEST(another.open(first.local_address(), shared()).ok());
}

BOOST_AUTO_TEST_CASE(accepted_sockets_send_without_delay) {
  const Socket client = connecting(open("127.0.0.1:0"));
  BOOST_TEST(until_accepted(1));
  BOOST_TEST(option_of(guests.sockets[0], IPPROTO_TCP, TCP_NODELAY) == 1);
}

BOOST_AUTO_TEST_CASE(a_dead_unix_path_is_taken_over) {
  const std::string path = folder.file("dead.sock");
  { const Socket former = test::listening(address("unix:" + path)); }
  BOOST_TEST_REQUIRE(::access(path.c_str(), F_OK) == 0);
  connecting(open("unix:" + path));
  BOOST_TEST(until_accepted(1));
}

BOOST_AUTO_TEST_CASE(a_live_unix_path_is_left_alone) {
  const base::Address at = open("unix:" + folder.file("live.sock"));
  {
    Acceptor second(poller, guests);
    BOOST_TEST(errc_of(second.open(at, {})) == "in_use");
  }
  connecting(at);
  BOOST_TEST(until_accepted(1));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_socket_is_left_alone) {
  const std::string path = folder.file("precious");
  std::ofstream(path) << "data";
  BOOST_TEST(errc_of(acceptor.open(address("unix:" + path), {})) == "in_use");
  const std::string link = folder.file("link");
  BOOST_TEST_REQUIRE(::symlink(path.c_str(), link.c_str()) == 0);
  BOOST_TEST(errc_of(acceptor.open(address("unix:" + link), {})) == "in_use");
  std::ifstream in(path);
  BOOST_TEST(std::string(std::istreambuf_iterator<char>(in), {}) == "data");
}

BOOST_AUTO_TEST_CASE(a_unix_path_gets_its_mode_and_goes_away_with_the_acceptor) {
  const std::string path = folder.file("mode.sock");
  ListenOptions options;
  options.unix_mode = 0640;
  open("unix:" + path, options);
  struct stat info {};
  BOOST_TEST_REQUIRE(::stat(path.c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777U) == 0640U);
  acceptor.close(false);
  BOOST_TEST(::access(path.c_str(), F_OK) == -1);
}

BOOST_AUTO_TEST_CASE(a_failed_open_leaves_nothing_behind) {
  const std::string path = folder.file("failed.sock");
  Poller unopened;
  Acceptor failing(unopened, guests);
  BOOST_TEST(!failing.open(address("unix:" + path), {}).ok());
  BOOST_TEST(::access(path.c_str(), F_OK) == -1);
  BOOST_TEST(!failing.local_address().valid());
}

BOOST_AUTO_TEST_CASE(a_path_in_no_folder_is_an_error) {
  BOOST_TEST(acceptor.open(address("unix:" + folder.file("no/such.sock")), {}).error().os_errno ==
             ENOENT);
}

BOOST_AUTO_TEST_CASE(takes_over_a_socket_that_listens_already) {
  Socket inherited = test::listening(address("127.0.0.1:0"));
  const base::Address at = inherited.local_address();
  const Socket early = connecting(at);
  BOOST_TEST_REQUIRE(acceptor.adopt(std::move(inherited)).ok());
  BOOST_TEST(until_accepted(1));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(acceptor_accepting, AcceptorFixture)

BOOST_AUTO_TEST_CASE(accepts_in_bounded_batches) {
  const auto clients = connect(open("127.0.0.1:0"), Acceptor::kBatch + 10);
  BOOST_TEST(until_accepted(clients.size()));
  BOOST_TEST(guests.sockets.size() == clients.size());
  for (const std::size_t batch : guests.batches) BOOST_TEST(batch <= std::size_t{Acceptor::kBatch});
}

BOOST_AUTO_TEST_CASE(closing_takes_what_the_kernel_completed_when_asked) {
  const auto clients = connect(open("127.0.0.1:0"), Acceptor::kBatch + 10);
  acceptor.close(true);
  BOOST_TEST_REQUIRE(guests.sockets.size() == clients.size());
  for (const Socket& client : clients) BOOST_TEST(client.write(std::string_view("x")).ok());
  BOOST_TEST(test::wait_for(guests.sockets.back().fd(), POLLIN));
  BOOST_TEST((guests.sockets.back().peek() == Socket::Pending::input));
}

BOOST_AUTO_TEST_CASE(closing_without_that_leaves_them_to_be_reset) {
  const base::Address at = open("127.0.0.1:0");
  const auto clients = connect(at, 3);
  acceptor.close(false);
  settle(poller);
  BOOST_TEST(guests.sockets.empty());
  base::Error why;
  connecting(at, &why);
  BOOST_TEST(base::name(why.code) == "refused");
}

BOOST_AUTO_TEST_CASE(a_guest_may_close_the_acceptor) {
  const auto clients = connect(open("127.0.0.1:0"), 5);
  guests.inside = [&] { acceptor.close(false); };
  BOOST_TEST(until_accepted(1));
  settle(poller);
  BOOST_TEST(guests.sockets.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_guest_may_close_the_acceptor_while_it_takes_what_waits) {
  const auto clients = connect(open("127.0.0.1:0"), 5);
  guests.inside = [&] { acceptor.close(false); };
  acceptor.close(true);
  BOOST_TEST(guests.sockets.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_guest_may_retire_the_acceptor) {
  class Holder final : public Retirable {
   public:
    Holder(Poller& poller, AcceptObserver& observer) : acceptor(poller, observer) {}
    Acceptor acceptor;
  };
  auto holder = std::make_unique<Holder>(poller, guests);
  BOOST_TEST_REQUIRE(holder->acceptor.open(address("127.0.0.1:0"), {}).ok());
  const base::Address at = holder->acceptor.local_address();
  const auto clients = connect(at, 2);
  guests.inside = [&] {
    if (holder) poller.retire(std::move(holder));
  };
  BOOST_TEST(until_accepted(1));
  settle(poller);
  base::Error why;
  connecting(at, &why);
  BOOST_TEST(base::name(why.code) == "refused");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
