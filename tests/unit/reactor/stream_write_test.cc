#include <fcntl.h>
#include <sys/mman.h>

#include "tests/unit/reactor/stream_fixture.h"

namespace tidegate::reactor {
namespace {

using test::settle;

BOOST_FIXTURE_TEST_SUITE(stream_writing, StreamFixture)

BOOST_AUTO_TEST_CASE(writes_at_once_when_the_kernel_has_room) {
  stream.write("hello");
  BOOST_TEST(stream.unsent() == 0U);
  BOOST_TEST(peer_takes(5) == "hello");
  BOOST_TEST(stream.take_bytes_written() == 5U);
  BOOST_TEST(stream.take_bytes_written() == 0U);
  BOOST_TEST(!seen.told("drained"));
}

BOOST_AUTO_TEST_CASE(gathers_slices_in_order) {
  std::string parts[] = {"one ", "", "two ", "three"};
  std::vector<iovec> slices;
  for (std::string& part : parts) slices.push_back({part.data(), part.size()});
  stream.write(slices);
  BOOST_TEST(peer_takes(13) == "one two three");
}

BOOST_AUTO_TEST_CASE(gathers_more_slices_than_the_kernel_takes_in_one_call) {
  std::string all = pattern(5000);
  std::vector<iovec> slices;
  for (char& byte : all) slices.push_back({&byte, 1});
  stream.write(slices);
  BOOST_TEST((peer_takes(all.size()) == all));
  BOOST_TEST(stream.is_open());
}

BOOST_AUTO_TEST_CASE(keeps_what_the_kernel_does_not_take_and_sends_it_in_order) {
  std::string all = clog(512 * 1024);
  const std::string last = "the end";
  stream.write(last);
  all += last;
  const std::string got = peer_takes(all.size());
  BOOST_TEST((got == all));
  BOOST_TEST(stream.unsent() == 0U);
  BOOST_TEST(stream.take_bytes_written() == all.size());
  BOOST_TEST(poller.blocks().in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(a_partly_taken_gather_write_continues_at_the_right_byte) {
  std::string all = clog(0);
  peer_takes(all.size());
  std::string parts[] = {pattern(500'001), pattern(500'003), pattern(500'007)};
  std::vector<iovec> slices;
  std::string expected;
  for (std::string& part : parts) {
    slices.push_back({part.data(), part.size()});
    expected += part;
  }
  stream.write(slices);
  BOOST_TEST(stream.unsent() > 0U);
  BOOST_TEST((peer_takes(expected.size()) == expected));
}

BOOST_AUTO_TEST_CASE(tells_drained_at_the_low_mark_and_when_all_is_gone) {
  const std::string all = clog(Stream::kHighMark);
  BOOST_TEST(stream.above_high_mark());
  settle(poller);
  BOOST_TEST(!seen.told("drained"));
  std::vector<std::size_t> unsent_when_told;
  seen.inside = [&](const std::string&) { unsent_when_told.push_back(stream.unsent()); };
  peer_takes(all.size());
  BOOST_TEST(test::turn_until(poller, [&] { return stream.unsent() == 0; }));
  BOOST_TEST_REQUIRE(!unsent_when_told.empty());
  BOOST_TEST(unsent_when_told.size() <= 2U);
  BOOST_TEST(unsent_when_told.front() <= Stream::kLowMark);
  BOOST_TEST(unsent_when_told.back() == 0U);
  BOOST_TEST(!stream.above_high_mark());
}

BOOST_AUTO_TEST_CASE(tells_drained_below_the_high_mark_only_when_all_is_gone) {
  const std::string all = clog(0);
  BOOST_TEST_REQUIRE(!stream.above_high_mark());
  std::size_t unsent = 1;
  seen.inside = [&](const std::string&) { unsent = stream.unsent(); };
  peer_takes(all.size());
  BOOST_TEST(until_told("drained"));
  BOOST_TEST(unsent == 0U);
  BOOST_TEST(seen.count("drained") == 1);
}

BOOST_AUTO_TEST_CASE(on_write_drained_may_write_more) {
  const std::string all = clog(0);
  bool more = true;
  seen.inside = [&](const std::string&) {
    if (std::exchange(more, false)) stream.write("encore");
  };
  const std::string got = peer_takes(all.size() + 6);
  BOOST_TEST((got == all + "encore"));
}

BOOST_AUTO_TEST_CASE(fin_follows_what_was_written) {
  const std::string all = clog(100000);
  stream.shutdown_write();
  std::string got;
  BOOST_TEST(test::turn_until(poller, [&] {
    got += peer.take();
    return peer.saw_end();
  }));
  BOOST_TEST((got == all));
}

BOOST_AUTO_TEST_CASE(after_our_fin_the_peer_is_still_heard) {
  stream.shutdown_write();
  stream.shutdown_write();
  BOOST_TEST(test::turn_until(poller, [&] {
    peer.take();
    return peer.saw_end();
  }));
  peer.send("answer");
  BOOST_TEST(until_consumed("answer"));
  peer.finish();
  BOOST_TEST(until_told("eof"));
  BOOST_TEST(calls() == "data eof");
  BOOST_TEST(stream.is_open());
}

BOOST_AUTO_TEST_CASE(after_the_peers_fin_it_can_still_be_written_to) {
  peer.finish();
  BOOST_TEST(until_told("eof"));
  stream.write("late answer");
  BOOST_TEST(peer_takes(11) == "late answer");
  BOOST_TEST(calls() == "eof");
}

BOOST_AUTO_TEST_CASE(a_write_error_is_told_once_by_on_close_and_never_from_inside_write) {
  peer.send("tail");
  peer.close();
  stream.write("provokes a reset");
  stream.write("meets it");
  stream.write("is dropped");
  BOOST_TEST(stream.broken());
  BOOST_TEST(stream.is_open());
  BOOST_TEST(calls().empty());
  BOOST_TEST(until_told("close"));
  settle(poller);
  BOOST_TEST(calls() == "data eof close");
  BOOST_TEST(base::name(seen.closed_with.code) == "reset");
}

BOOST_AUTO_TEST_CASE(a_write_error_while_bytes_are_kept_drops_them) {
  clog(100000);
  BOOST_TEST(poller.blocks().in_use() > 0U);
  peer.reset();
  BOOST_TEST(until_told("close"));
  BOOST_TEST(stream.unsent() == 0U);
  BOOST_TEST(poller.blocks().in_use() == 0U);
  BOOST_TEST(seen.count("close") == 1);
  BOOST_TEST(!seen.told("drained"));
}

BOOST_AUTO_TEST_CASE(a_write_error_while_held_is_told_as_the_peers_going_and_ends_after_the_hold) {
  stream.hold(ReadHold::exchange);
  peer.reset();
  stream.write("x");
  BOOST_TEST(until_told("peer_reset"));
  settle(poller);
  BOOST_TEST(calls() == "peer_reset");
  stream.lift(ReadHold::exchange);
  BOOST_TEST(until_told("close"));
  BOOST_TEST(calls() == "peer_reset close");
}

BOOST_AUTO_TEST_CASE(a_write_to_a_closed_stream_is_dropped) {
  stream.close();
  // The number goes to somebody else at once.
  test::SocketPair other = test::unix_pair();
  stream.write("for nobody");
  stream.shutdown_write();
  test::Peer far(std::move(other.second));
  BOOST_TEST(far.take().empty());
  BOOST_TEST(!far.saw_end());
  BOOST_TEST(stream.unsent() == 0U);
}

BOOST_AUTO_TEST_CASE(a_write_after_the_end_is_dropped) {
  peer.reset();
  BOOST_TEST(until_told("close"));
  stream.write("too late");
  settle(poller);
  BOOST_TEST(calls() == "close");
  BOOST_TEST(stream.unsent() == 0U);
}

BOOST_AUTO_TEST_CASE(abort_sends_a_reset) {
  stream.write("half of ");
  stream.abort();
  BOOST_TEST(!stream.is_open());
  BOOST_TEST(test::turn_until(poller, [&] {
    peer.take();
    return base::name(peer.error().code) == "reset";
  }));
  BOOST_TEST(!peer.saw_end());
  BOOST_TEST(calls().empty());
}

BOOST_AUTO_TEST_CASE(close_is_silent_and_gives_everything_back) {
  const std::uint64_t before = poller.stats().registered.get();
  clog(100000);
  stream.close();
  stream.close();
  settle(poller);
  BOOST_TEST(calls().empty());
  BOOST_TEST(poller.blocks().in_use() == 0U);
  BOOST_TEST(poller.stats().registered.get() == before - 1);
}

BOOST_AUTO_TEST_CASE(what_the_kernel_refuses_to_watch_is_closed) {
  Socket file(::memfd_create("plain", MFD_CLOEXEC));
  const int number = file.fd();
  Poller unopened;
  Stream refused(unopened, seen);
  BOOST_TEST(!refused.open(std::move(file)).ok());
  BOOST_TEST(!refused.is_open());
  BOOST_TEST(::fcntl(number, F_GETFD) == -1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
