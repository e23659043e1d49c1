#include "gateway/session/request_pool.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/gateway/session/rig.h"

using namespace tidegate::gateway;
using session::kGet;
using session::kPlainResponse;
using session::Rig;

BOOST_AUTO_TEST_SUITE(request_pool)

// More at once than the pool of request objects keeps.
BOOST_AUTO_TEST_CASE(many_requests_at_once_each_get_their_own_response) {
  constexpr std::size_t kMany = 2 * session::RequestPool::kKeep;
  Rig rig;
  std::vector<Peer> clients;
  std::vector<Peer> origins;
  for (std::size_t i = 0; i < kMany; ++i) {
    clients.push_back(rig.connect());
    clients.back().send(kGet);
    origins.push_back(rig.accept());
  }
  for (std::size_t i = 0; i < kMany; ++i) {
    rig.head(origins[i]);
    if (i % 2 == 0) origins[i].send(kPlainResponse);
    if (i % 2 == 1) origins[i].send("nonsense\r\n\r\n");
  }
  settle(rig.poller);
  for (std::size_t i = 0; i < kMany; ++i) {
    const std::string head = rig.head(clients[i]);
    BOOST_TEST(head.substr(9, 3) == (i % 2 == 0 ? "200" : "502"));
    clients[i].close();
  }
  rig.check_over(kMany);
}

BOOST_AUTO_TEST_SUITE_END()
