#include "reactor/remote_stream.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "tests/support/running_poller.h"
#include "tests/unit/reactor/stream_fixture.h"

namespace tidegate::reactor {
namespace {

using test::settle;

struct RemoteFixture : StreamFixture {
  /// Notes down how a write ended.
  auto note() {
    return [this](base::Status status) { told.emplace_back(base::name(status.error().code)); };
  }
  std::vector<std::string> told;
};

BOOST_FIXTURE_TEST_SUITE(remote_stream, RemoteFixture)

BOOST_AUTO_TEST_CASE(writes_on_the_streams_poller_in_order) {
  const RemoteStream remote(stream);
  remote.write("one ");
  remote.write("two ", note());
  remote.write("three");
  BOOST_TEST(peer.take().empty());
  BOOST_TEST(peer_takes(13) == "one two three");
  BOOST_TEST(test::joined(told) == "ok");
}

BOOST_AUTO_TEST_CASE(an_unmade_one_names_nothing) {
  BOOST_TEST(!RemoteStream().named());
  BOOST_TEST(RemoteStream(stream).named());
}

BOOST_AUTO_TEST_CASE(a_closed_stream_takes_nothing_and_neither_does_who_has_its_fd_now) {
  const RemoteStream remote(stream);
  const int number = stream.socket().fd();
  remote.write("for nobody", note());
  stream.close();
  // The same number, on the same poller, for another connection.
  test::SocketPair pair = test::tcp_pair();
  Stream heir(poller, seen);
  const int taken = pair.first.fd();
  BOOST_TEST_REQUIRE(::dup2(taken, number) == number);
  BOOST_TEST_REQUIRE(heir.open(Socket(number)).ok());
  remote.write("neither", note());
  settle(poller);
  test::Peer far(std::move(pair.second));
  BOOST_TEST(far.take().empty());
  BOOST_TEST(test::joined(told) == "cancelled cancelled");
}

BOOST_AUTO_TEST_CASE(a_stream_at_the_same_place_in_memory_is_not_taken_for_it) {
  std::optional<Stream> place;
  test::SocketPair first = test::tcp_pair();
  place.emplace(poller, seen);
  BOOST_TEST_REQUIRE(place->open(std::move(first.first)).ok());
  const RemoteStream remote(*place);
  place.reset();
  test::SocketPair second = test::tcp_pair();
  place.emplace(poller, seen);
  BOOST_TEST_REQUIRE(place->open(std::move(second.first)).ok());
  remote.write("for the first", note());
  settle(poller);
  test::Peer far(std::move(second.second));
  BOOST_TEST(far.take().empty());
  BOOST_TEST(test::joined(told) == "cancelled");
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_gone_is_not_touched) {
  auto brief = std::make_unique<Stream>(poller, seen);
  test::SocketPair pair = test::tcp_pair();
  BOOST_TEST_REQUIRE(brief->open(std::move(pair.first)).ok());
  const RemoteStream remote(*brief);
  remote.write("late", note());
  brief.reset();
  remote.write("later", note());
  settle(poller);
  BOOST_TEST(test::joined(told) == "cancelled cancelled");
}

BOOST_AUTO_TEST_CASE(a_connection_that_changed_owners_is_not_its_stream_any_more) {
  const RemoteStream remote(stream);
  Stream::Detached parts = stream.detach();
  test::RecordingObserver heir_seen;
  Stream heir(poller, heir_seen);
  heir.adopt(std::move(parts.socket), std::move(parts.registration), parts.ready);
  // The old one's place has another connection by now.
  test::SocketPair pair = test::tcp_pair();
  BOOST_TEST_REQUIRE(stream.open(std::move(pair.first)).ok());
  remote.write("for the old one", note());
  settle(poller);
  BOOST_TEST(peer.take().empty());
  test::Peer far(std::move(pair.second));
  BOOST_TEST(far.take().empty());
  BOOST_TEST(test::joined(told) == "cancelled");
}

BOOST_AUTO_TEST_CASE(what_would_keep_too_much_is_refused_and_smaller_goes_on) {
  clog(0);
  const RemoteStream remote(stream);
  // Whatever the kernel makes room for meanwhile: the first never fits, the second always does, and
  // then there is no room for the third.
  remote.write(std::string(RemoteStream::kMaxUnsent + 1, 'x'), note());
  remote.write(std::string(RemoteStream::kMaxUnsent - stream.unsent(), 'x'));
  remote.write(std::string(RemoteStream::kMaxUnsent, 'y'), note());
  settle(poller);
  BOOST_TEST(test::joined(told) == "limit limit");
  BOOST_TEST(stream.unsent() > RemoteStream::kMaxUnsent / 2);
  BOOST_TEST(stream.unsent() <= RemoteStream::kMaxUnsent);
}

BOOST_AUTO_TEST_CASE(what_comes_after_the_stream_said_its_end_is_refused) {
  // The writer on another thread cannot know.
  const RemoteStream remote(stream);
  stream.shutdown_write();
  remote.write("too late", note());
  remote.write("too late");
  settle(poller);
  BOOST_TEST(test::joined(told) == "cancelled");
  peer.take();
  BOOST_TEST(peer.saw_end());
}

BOOST_AUTO_TEST_CASE(a_broken_stream_says_what_broke_it) {
  const RemoteStream remote(stream);
  stream.hold(ReadHold::setup);
  peer.reset();
  stream.write("x");
  stream.write("x");
  BOOST_TEST_REQUIRE(stream.broken());
  remote.write("y", note());
  settle(poller);
  BOOST_TEST(test::joined(told) == "reset");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(remote_stream_threads)

BOOST_AUTO_TEST_CASE(the_writes_of_four_threads_arrive_in_each_ones_order_and_whole) {
  constexpr int kEach = 500;
  test::RunningPoller poller;
  test::RecordingObserver seen;
  test::SocketPair pair = test::tcp_pair();
  test::Peer peer(std::move(pair.second));
  auto stream = std::make_unique<Stream>(*poller, seen);
  BOOST_TEST_REQUIRE(stream->open(std::move(pair.first)).ok());
  const RemoteStream remote(*stream);
  poller.start();

  std::atomic<int> told_ok{0};
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string line = std::to_string(t) + " " + std::to_string(i) + "\n";
        remote.write(line, [&](base::Status status) { told_ok += status.ok() ? 1 : 0; });
      }
    });
  }
  std::string got;
  BOOST_TEST(test::spin_until([&] {
    got += peer.take();
    return std::count(got.begin(), got.end(), '\n') == 4 * kEach;
  }));
  for (std::thread& writer : writers) writer.join();
  BOOST_TEST(test::spin_until([&] { return told_ok.load() == 4 * kEach; }));
  poller.stop();

  std::array<int, 4> next{};
  int disorder = 0;
  for (std::size_t at = 0; at < got.size();) {
    const std::size_t end = got.find('\n', at);
    const auto writer = static_cast<std::size_t>(got[at] - '0');
    if (got.substr(at + 2, end - at - 2) != std::to_string(next.at(writer)++)) ++disorder;
    at = end + 1;
  }
  BOOST_TEST(disorder == 0);
}

BOOST_AUTO_TEST_CASE(a_stream_may_be_destroyed_while_others_write_and_each_learns_its_outcome) {
  constexpr int kEach = 2000;
  test::RunningPoller poller;
  test::RecordingObserver seen;
  test::SocketPair pair = test::tcp_pair();
  test::Peer peer(std::move(pair.second));
  auto stream = std::make_unique<Stream>(*poller, seen);
  BOOST_TEST_REQUIRE(stream->open(std::move(pair.first)).ok());
  const RemoteStream remote(*stream);
  poller.start();

  std::atomic<int> taken{0};
  std::atomic<int> gone{0};
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        remote.write("x", [&](base::Status status) { ++(status.ok() ? taken : gone); });
      }
    });
  }
  BOOST_TEST(test::spin_until([&] { return taken.load() > 0; }));
  poller.on_thread([&] { stream.reset(); });
  for (std::thread& writer : writers) writer.join();
  remote.write("after all", [&](base::Status status) { gone += status.ok() ? 0 : 1; });
  BOOST_TEST(test::spin_until([&] { return taken + gone == 4 * kEach + 1; }));
  poller.stop();
  const std::string got = peer.take();
  BOOST_TEST(got.size() == static_cast<std::size_t>(taken.load()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
