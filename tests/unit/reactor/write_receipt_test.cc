#include "reactor/write_receipt.h"

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "tests/support/witness.h"
#include "tests/support/xor_transport.h"
#include "tests/unit/reactor/stream_fixture.h"

namespace tidegate::reactor {
namespace {

using test::settle;

struct ReceiptFixture : StreamFixture {
  /// A receipt that writes its name and outcome down.
  std::unique_ptr<WriteReceipt> receipt(const std::string& name) {
    return make_receipt([this, name](base::Status status) {
      told.push_back(name + ":" + std::string(base::name(status.error().code)));
    });
  }
  [[nodiscard]] bool until_told_all(std::size_t count) {
    return test::turn_until(poller, [&] { return told.size() >= count; });
  }
  [[nodiscard]] std::string all_told() const { return test::joined(told); }

  std::vector<std::string> told;
};

BOOST_FIXTURE_TEST_SUITE(write_receipt, ReceiptFixture)

BOOST_AUTO_TEST_CASE(what_the_kernel_took_at_once_is_told_from_the_poller_and_not_inside_write) {
  stream.write("hello", receipt("a"));
  BOOST_TEST(told.empty());
  poller.turn(0);
  BOOST_TEST(all_told() == "a:ok");
}

BOOST_AUTO_TEST_CASE(a_write_of_nothing_is_told_too) {
  stream.write("", receipt("a"));
  settle(poller);
  BOOST_TEST(all_told() == "a:ok");
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_told_when_its_last_byte_is_gone_and_in_order) {
  const std::string before = clog(0);
  stream.write("one", receipt("a"));
  stream.write("", receipt("b"));
  stream.write("three", receipt("c"));
  settle(poller);
  BOOST_TEST(told.empty());
  BOOST_TEST((peer_takes(before.size() + 8) == before + "onethree"));
  BOOST_TEST(until_told_all(3));
  BOOST_TEST(all_told() == "a:ok b:ok c:ok");
}

BOOST_AUTO_TEST_CASE(each_is_told_when_its_own_bytes_are_gone_and_not_with_the_last) {
  // Kept: something, then a lot. The first receipt comes while most of the lot is still kept.
  std::size_t unsent_then = 0;
  const std::string before = clog(0);
  const std::string lot = pattern(2'000'000);
  stream.write("x", make_receipt([&](base::Status) { unsent_then = stream.unsent(); }));
  stream.write(lot, receipt("lot"));
  peer_takes(before.size() + 1);
  BOOST_TEST(test::turn_until(poller, [&] {
    peer.take();
    return unsent_then > 0;
  }));
  BOOST_TEST(told.empty());
  BOOST_TEST(test::turn_until(poller, [&] {
    peer.take();
    return !told.empty();
  }));
  BOOST_TEST(all_told() == "lot:ok");
  BOOST_TEST(stream.unsent() == 0U);
}

BOOST_AUTO_TEST_CASE(one_after_all_was_sent_counts_from_there) {
  // A second round of waiting receipts, after the first was settled.
  for (const char* name : {"a", "b"}) {
    told.clear();
    const std::string before = clog(0);
    stream.write("tail", receipt(name));
    peer_takes(before.size() + 4);
    BOOST_TEST(until_told_all(1));
    BOOST_TEST(all_told() == std::string(name) + ":ok");
  }
}

BOOST_AUTO_TEST_CASE(closing_aborting_or_destroying_the_stream_cancels_those_that_wait) {
  struct Way {
    const char* what;
    std::function<void(Stream&)> act;
  };
  const Way ways[] = {{"close", [](Stream& s) { s.close(); }},
                      {"abort", [](Stream& s) { s.abort(); }}};
  for (const Way& way : ways) {
    BOOST_TEST_CONTEXT(way.what) {
      ReceiptFixture at;
      at.clog(0);
      at.stream.write("a", at.receipt("a"));
      at.stream.write("b", at.receipt("b"));
      way.act(at.stream);
      BOOST_TEST(at.told.empty());
      settle(at.poller);
      BOOST_TEST(at.all_told() == "a:cancelled b:cancelled");
    }
  }
  auto brief = std::make_unique<Stream>(poller, seen);
  test::SocketPair pair = test::tcp_pair();
  BOOST_TEST_REQUIRE(brief->open(std::move(pair.first)).ok());
  brief->write(pattern(8'000'000), receipt("c"));
  brief.reset();
  settle(poller);
  BOOST_TEST(all_told() == "c:cancelled");
}

BOOST_AUTO_TEST_CASE(a_reset_tells_those_that_wait_what_broke_the_stream) {
  clog(0);
  stream.write("a", receipt("a"));
  peer.reset();
  BOOST_TEST(until_told("close"));
  stream.write("b", receipt("b"));
  settle(poller);
  BOOST_TEST(all_told() == "a:reset b:reset");
}

BOOST_AUTO_TEST_CASE(a_write_to_a_closed_or_detached_stream_is_cancelled) {
  const Stream::Detached parts = stream.detach();
  stream.write("a", receipt("a"));
  settle(poller);
  BOOST_TEST(all_told() == "a:cancelled");
}

BOOST_AUTO_TEST_CASE(receipts_that_were_due_are_told_though_the_stream_is_given_away) {
  stream.write("a", receipt("a"));
  const Stream::Detached parts = stream.detach();
  settle(poller);
  BOOST_TEST(all_told() == "a:ok");
}

BOOST_AUTO_TEST_CASE(over_a_transport_they_wait_for_the_handshake_and_for_what_it_takes) {
  stream.set_transport(std::make_unique<test::XorTransport>(test::XorTransport::Role::second));
  stream.write(pattern(3500), receipt("a"));
  stream.write("b", receipt("b"));
  settle(poller);
  BOOST_TEST(told.empty());
  peer.send(test::XorTransport::hello());
  BOOST_TEST(until_told_all(2));
  BOOST_TEST(all_told() == "a:ok b:ok");
}

BOOST_AUTO_TEST_CASE(may_write_again) {
  int rounds = 0;
  std::function<void(base::Status)> next = [&](base::Status) {
    if (++rounds < 5) stream.write("x", make_receipt([&](base::Status s) { next(s); }));
  };
  next({});
  BOOST_TEST(test::turn_until(poller, [&] { return rounds == 5; }));
  BOOST_TEST(peer_takes(4) == "xxxx");
}

BOOST_AUTO_TEST_CASE(is_destroyed_unrun_when_the_poller_stops_first) {
  std::atomic<int> alive{0};
  bool ran = false;
  const auto counted = [&] {
    return make_receipt(
        [&ran, w = std::make_unique<test::Witness>(alive)](base::Status) { ran = true; });
  };
  {
    StreamFixture at;
    at.stream.write("a", counted());
    at.clog(0);
    at.stream.write("b", counted());
    at.poller.stop();
    at.stream.write("c", counted());
  }
  BOOST_TEST(alive == 0);
  settle(poller);
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
