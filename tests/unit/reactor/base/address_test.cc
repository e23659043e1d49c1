#include "reactor/base/address.h"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>

namespace tidegate::base {
namespace {

using namespace std::string_view_literals;

Address parsed(std::string_view text) {
  auto address = Address::parse(text);
  BOOST_TEST_REQUIRE(address.ok());
  return *address;
}

BOOST_AUTO_TEST_SUITE(address_text)

BOOST_AUTO_TEST_CASE(what_is_parsed_prints_in_the_one_form) {
  struct Case {
    std::string text;
    std::string printed;
    std::string host;
    int family;
    std::uint16_t port;
  };
  const Case cases[] = {
      {"10.0.0.1:80", "10.0.0.1:80", "10.0.0.1", AF_INET, 80},
      {"0.0.0.0:0", "0.0.0.0:0", "0.0.0.0", AF_INET, 0},
      {"255.255.255.255:65535", "255.255.255.255:65535", "255.255.255.255", AF_INET, 65535},
      {"[::1]:80", "[::1]:80", "::1", AF_INET6, 80},
      {"[::]:8443", "[::]:8443", "::", AF_INET6, 8443},
      {"[2001:DB8:0:0:0:0:0:1]:1", "[2001:db8::1]:1", "2001:db8::1", AF_INET6, 1},
      {"[::ffff:10.0.0.1]:80", "10.0.0.1:80", "10.0.0.1", AF_INET6, 80},
      {"unix:/run/x.sock", "unix:/run/x.sock", "unix", AF_UNIX, 0},
      {"unix:relative", "unix:relative", "unix", AF_UNIX, 0},
      {"unix:@name", "unix:@name", "unix", AF_UNIX, 0},
      {"unix:/a:b@c", "unix:/a:b@c", "unix", AF_UNIX, 0},
  };
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.text) {
      const Address address = parsed(c.text);
      BOOST_TEST(address.valid());
      BOOST_TEST(address.family() == c.family);
      BOOST_TEST(address.is_ip() == (c.family != AF_UNIX));
      BOOST_TEST(address.is_unix() == (c.family == AF_UNIX));
      BOOST_TEST(address.port() == c.port);
      BOOST_TEST(address.host() == c.host);
      BOOST_TEST(address.to_string() == c.printed);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_address) {
  const std::string_view cases[] = {
      ""sv,
      ":"sv,
      "80"sv,
      ":80"sv,
      "10.0.0.1"sv,
      "10.0.0.1:"sv,
      "10.0.0.1:65536"sv,
      "10.0.0.1:000080"sv,
      "10.0.0.1:-1"sv,
      "10.0.0.1:+1"sv,
      "10.0.0.1: 80"sv,
      "10.0.0.1:80 "sv,
      "10.0.0.1:80x"sv,
      "10.0.0:80"sv,
      "10.0.0.256:80"sv,
      "010.0.0.1:80"sv,
      "localhost:80"sv,
      "::1:80"sv,
      "[::1]"sv,
      "[::1]80"sv,
      "[::1"sv,
      "[]:80"sv,
      "[10.0.0.1]:80"sv,
      "[::1]:"sv,
      "[fe80::1%eth0]:80"sv,
      "unix:"sv,
      "unix:@"sv,
      "10.0.0.1\0x:80"sv,
      "[::1\0x]:80"sv,
      "unix:/run\0/x"sv,
      "unix:@a\0b"sv,
  };
  for (const std::string_view text : cases) {
    BOOST_TEST_CONTEXT("'" << text << "'") {
      BOOST_TEST(name(Address::parse(text).error().code) == "bad_address");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_unix_path_may_fill_the_kernels_field_and_no_more) {
  const std::string longest(sizeof(sockaddr_un::sun_path) - 1, 'a');
  BOOST_TEST(parsed("unix:" + longest).unix_path() == longest);
  BOOST_TEST(!Address::parse("unix:" + longest + "a").ok());
  const std::string abstract = "@" + longest.substr(1);
  BOOST_TEST(parsed("unix:" + abstract).unix_path() == abstract);
}

BOOST_AUTO_TEST_CASE(an_abstract_name_begins_with_nul_and_has_no_end_mark) {
  const Address address = parsed("unix:@ab");
  BOOST_TEST(address.size() == offsetof(sockaddr_un, sun_path) + 3);
  const auto* local = reinterpret_cast<const sockaddr_un*>(address.data());
  BOOST_TEST((std::string(local->sun_path, 3) == std::string("\0ab", 3)));
}

BOOST_AUTO_TEST_CASE(an_address_of_no_family_prints_as_none) {
  BOOST_TEST(!Address().valid());
  BOOST_TEST(Address().to_string() == "none");
  BOOST_TEST(Address().host().empty());
  BOOST_TEST(Address().unix_path().empty());
}

BOOST_AUTO_TEST_CASE(an_unnamed_unix_peer_prints_as_unix) {
  sockaddr_un unnamed{};
  unnamed.sun_family = AF_UNIX;
  const auto address =
      Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&unnamed), sizeof(sa_family_t));
  BOOST_TEST(address.to_string() == "unix:");
  BOOST_TEST(address.unix_path().empty());
}

BOOST_AUTO_TEST_CASE(a_port_can_be_replaced_in_ip_addresses) {
  BOOST_TEST(parsed("10.0.0.1:80").with_port(81).to_string() == "10.0.0.1:81");
  BOOST_TEST(parsed("[::1]:80").with_port(65535).to_string() == "[::1]:65535");
  BOOST_TEST(parsed("unix:/x").with_port(81).to_string() == "unix:/x");
}

BOOST_AUTO_TEST_CASE(addresses_are_equal_when_all_of_them_is) {
  BOOST_TEST((parsed("10.0.0.1:80") == parsed("10.0.0.1:80")));
  BOOST_TEST(!(parsed("10.0.0.1:80") == parsed("10.0.0.1:81")));
  BOOST_TEST(!(parsed("10.0.0.1:80") == parsed("10.0.0.2:80")));
  BOOST_TEST(!(parsed("unix:/a") == parsed("unix:@a")));
  BOOST_TEST((Address() == Address()));
}

BOOST_AUTO_TEST_CASE(what_is_longer_than_any_address_is_cut) {
  char large[512] = {};
  std::memset(large, 'x', sizeof large);
  const auto* generic = reinterpret_cast<const sockaddr*>(large);
  BOOST_TEST(Address::from_sockaddr(generic, sizeof large).size() < sizeof large);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(peer_address)

static_assert(sizeof(PeerAddress) == 20);

BOOST_AUTO_TEST_CASE(keeps_host_and_port_and_shows_mapped_ipv4_as_ipv4) {
  struct Case {
    std::string text;
    std::string host;
    std::string printed;
  };
  const Case cases[] = {
      {"10.0.0.1:80", "10.0.0.1", "10.0.0.1:80"},
      {"[2001:db8::1]:443", "2001:db8::1", "[2001:db8::1]:443"},
      {"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
      {"[::ffff:192.0.2.7]:8080", "192.0.2.7", "192.0.2.7:8080"},
      {"unix:/run/x.sock", "unix", "unix:"},
      {"unix:@x", "unix", "unix:"},
  };
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.text) {
      const Address address = parsed(c.text);
      const PeerAddress peer(address);
      char host[INET6_ADDRSTRLEN];
      BOOST_TEST(std::string(host, peer.write_host(host)) == c.host);
      BOOST_TEST(peer.to_string() == c.printed);
      BOOST_TEST(peer.port() == address.port());
    }
  }
}

BOOST_AUTO_TEST_CASE(is_empty_before_there_is_a_peer) {
  char host[INET6_ADDRSTRLEN];
  BOOST_TEST(PeerAddress().write_host(host) == 0U);
  BOOST_TEST(PeerAddress().port() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::base
