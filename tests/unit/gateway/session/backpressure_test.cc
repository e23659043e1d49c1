// Who is slow holds who is fast, and what is kept meanwhile is bounded.
#include <boost/test/unit_test.hpp>

#include "tests/unit/gateway/session/rig.h"

namespace reactor = tidegate::reactor;
using namespace tidegate::gateway;
using session::kGet;
using session::kPlainResponse;
using session::kPlainSeen;
using session::Rig;

namespace {

constexpr std::size_t kSize = 12'000'000;  // more than the kernel keeps on both sides together
// The high mark and one read on top, in blocks.
constexpr std::size_t kMostBlocks =
    (reactor::Stream::kHighMark + reactor::Poller::kMaxRead) / (16 * 1024) + 4;

struct Flow {
  std::size_t sent = 0;
  std::size_t most_blocks = 0;
};

// Sends until nothing more is taken for a while, or `size` bytes were.
Flow send_until_stuck(Rig& rig, Peer& from, std::size_t size) {
  const std::string piece(64 * 1024, 'x');
  Flow flow;
  for (int quiet = 0; quiet < 10 && flow.sent < size; ++quiet) {
    const std::size_t more =
        from.offer(std::string_view(piece).substr(0, std::min(piece.size(), size - flow.sent)));
    flow.sent += more;
    if (more > 0) quiet = 0;
    rig.poller.turn(0);
    flow.most_blocks = std::max(flow.most_blocks, rig.poller.blocks().in_use());
  }
  return flow;
}

// Sends the rest while the other side reads; how much that got.
std::size_t send_rest(Rig& rig, Peer& from, std::size_t rest, Peer& to, std::size_t expected) {
  const std::string piece(64 * 1024, 'x');
  std::size_t got = 0;
  turn_until(rig.poller, [&] {
    rest -= from.offer(std::string_view(piece).substr(0, std::min(piece.size(), rest)));
    to.pump();
    got += to.received.size();
    to.received.clear();
    return got >= expected || to.ended();
  });
  return got;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(backpressure)

BOOST_AUTO_TEST_CASE(a_slow_client_holds_its_upstream) {
  Rig rig;
  Peer client = rig.connect(8192);
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kSize) + "\r\n\r\n");
  const Flow flow = send_until_stuck(rig, origin, kSize);
  BOOST_TEST(flow.sent < kSize);
  BOOST_TEST(flow.most_blocks <= kMostBlocks);
  rig.head(client);
  const std::size_t got = client.received.size();
  client.received.clear();
  BOOST_TEST(got + send_rest(rig, origin, kSize - flow.sent, client, kSize - got) == kSize);
  BOOST_TEST(rig.poller.blocks().in_use() == 0U);
  std::optional<Peer> same = std::move(origin);
  rig.exchange(client, same);
  client.close();
  rig.check_over(2);
  BOOST_TEST(rig.record("bytes_out") == std::to_string(kSize));
}

BOOST_AUTO_TEST_CASE(a_slow_client_of_a_chunked_response_holds_its_upstream) {
  Rig rig;
  Peer client = rig.connect(8192);
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 200 OK\r\n\r\n");  // until close: chunked for the client
  const Flow flow = send_until_stuck(rig, origin, kSize);
  BOOST_TEST(flow.sent < kSize);
  BOOST_TEST(flow.most_blocks <= kMostBlocks);
  client.reset();
  rig.sees_end(origin);
  rig.check_over(1);
  BOOST_TEST(rig.poller.blocks().in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(a_slow_upstream_holds_its_client) {
  for (const bool chunked : {false, true}) {
    BOOST_TEST_CONTEXT("chunked " << chunked) {
      Rig rig;
      Peer client = rig.connect();
      client.send(std::string("POST / HTTP/1.1\r\nHost: a\r\n") +
                  (chunked ? "Transfer-Encoding: chunked\r\n\r\n" + std::string("b71b00\r\n")
                           : "Content-Length: " + std::to_string(kSize) + "\r\n\r\n"));
      Peer origin = rig.accept();
      const Flow flow = send_until_stuck(rig, client, kSize);
      BOOST_TEST(flow.sent < kSize);
      BOOST_TEST(flow.most_blocks <= kMostBlocks);
      rig.head(origin);
      if (chunked) {
        send_rest(rig, client, kSize - flow.sent, origin, kSize);
        client.send("\r\n0\r\n\r\n");
      } else {
        const std::size_t got = origin.received.size();
        origin.received.clear();
        BOOST_TEST(got + send_rest(rig, client, kSize - flow.sent, origin, kSize - got) == kSize);
      }
      settle(rig.poller);
      origin.send(kPlainResponse);
      rig.sees(client, kPlainSeen);
      client.close();
      rig.check_over(1);
      BOOST_TEST(rig.record("bytes_in") == std::to_string(kSize));
      BOOST_TEST(rig.poller.blocks().in_use() == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_held_client_that_resets_is_let_go) {
  Rig rig;
  Peer client = rig.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kSize) +
              "\r\n\r\n");
  Peer origin = rig.accept();
  send_until_stuck(rig, client, kSize);
  client.reset();
  rig.check_over(1);
  BOOST_TEST(rig.failures(Reason::client_reset) == 1U);
  BOOST_TEST(rig.poller.blocks().in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(an_early_response_reaches_a_client_that_is_held) {
  Rig rig;
  Peer client = rig.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kSize) +
              "\r\n\r\n");
  Peer origin = rig.accept();
  send_until_stuck(rig, client, kSize);
  origin.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  BOOST_TEST(rig.head(client).substr(9, 3) == "413");
  rig.sees_end(client);
  client.close();
  rig.check_over(1);
  BOOST_TEST(rig.poller.blocks().in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_not_read_ahead_without_bound) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  std::string burst;
  for (int i = 0; i < 1000; ++i) burst += kGet;
  for (int quiet = 0; quiet < 10; ++quiet) {
    if (client.offer(burst) > 0) quiet = 0;
    rig.poller.turn(0);
  }
  // What the session took beyond the first request is at most one read.
  rig.head(origin);
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeen);
  BOOST_TEST(rig.counters().bytes_in.get() <= kGet.size() + 64U * 1024U);
}

BOOST_AUTO_TEST_SUITE_END()
