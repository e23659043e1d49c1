#include "reactor/connection.h"

#include <algorithm>

#include "tests/unit/reactor/connection_fixture.h"

namespace tidegate::reactor {
namespace {

using test::ProbeConnection;
using test::settle;

BOOST_AUTO_TEST_SUITE(connection)

BOOST_FIXTURE_TEST_CASE(brings_the_peers_address_and_the_poller, ConnectionFixture) {
  connect();
  BOOST_TEST(connection().peer().to_string() == "10.0.0.9:99");
  BOOST_TEST(&connection().poller() == &poller);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_does_not_take_its_answers_is_not_read, ConnectionFixture) {
  connect();
  log.inside = [&](ProbeConnection& c, const std::string& call) {
    if (call == "data") c.write(std::string(1 << 20, 'a'));
  };
  client.send("1");
  BOOST_TEST(test::turn_until(poller, [&] { return connection().stream().above_high_mark(); }));
  client.send("2");
  for (int i = 0; i < 5; ++i) poller.turn(base::kMillisecond);
  BOOST_TEST(log.received == "1");
  std::size_t got = 0;
  BOOST_TEST(test::turn_until(poller, [&] { return (got += client.take().size()) == 2U << 20; }));
  BOOST_TEST(log.received == "12");
  BOOST_TEST(log.count("drained") >= 1);
}

BOOST_FIXTURE_TEST_CASE(finish_sends_all_that_was_written_to_a_slow_reader, ConnectionFixture) {
  connect();
  const std::size_t all = clog(3'000'000);
  connection().finish();
  BOOST_TEST(log.ends.empty());
  std::size_t got = 0;
  BOOST_TEST(test::turn_until(poller, [&] {
    // A little at a time.
    char bytes[20000];
    const Socket::Io io = client.socket().read(bytes);
    got += io.count;
    return !io.again && io.count == 0;
  }));
  BOOST_TEST(got == all);
  BOOST_TEST(log.ends.empty());
  client.finish();
  BOOST_TEST(until_ended());
  BOOST_TEST(end() == "finished");
}

BOOST_FIXTURE_TEST_CASE(after_finish_input_is_thrown_away_and_writes_are_dropped,
                        ConnectionFixture) {
  connect();
  connection().write("answer");
  connection().finish();
  connection().write("too late");
  connection().write(std::span<const iovec>());
  std::string outcome;
  connection().write("too late", make_receipt([&](base::Status status) {
                       outcome = base::name(status.error().code);
                     }));
  client.send("more questions");
  BOOST_TEST(test::turn_until(poller, [&] { return !outcome.empty(); }));
  BOOST_TEST(outcome == "cancelled");
  client.finish();
  BOOST_TEST(until_ended());
  BOOST_TEST(client.take() == "answer");
  BOOST_TEST(log.received.empty());
  BOOST_TEST(end() == "finished");
}

BOOST_FIXTURE_TEST_CASE(finish_lifts_whatever_hold_the_owner_had_put_on, ConnectionFixture) {
  connect();
  connection().stream().hold(ReadHold::exchange);
  connection().stream().hold(ReadHold::setup);
  connection().finish();
  client.send("never looked at");
  client.finish();
  BOOST_TEST(until_ended());
  BOOST_TEST(end() == "finished");
}

BOOST_FIXTURE_TEST_CASE(an_owner_may_go_on_writing_after_the_clients_fin, ConnectionFixture) {
  log.finishes_by_itself = false;
  connect();
  client.finish();
  BOOST_TEST(test::turn_until(poller, [&] { return log.count("eof") == 1; }));
  connection().write("late answer");
  connection().finish();
  BOOST_TEST(until_ended());
  BOOST_TEST(client.take() == "late answer");
  BOOST_TEST(client.saw_end());
  BOOST_TEST(end() == "finished");
}

BOOST_FIXTURE_TEST_CASE(what_is_received_puts_the_idle_limit_off, ConnectionFixture) {
  connect();
  connection().set_idle_limit(3600 * base::kSecond);
  client.send("x");
  BOOST_TEST(test::turn_until(poller, [&] { return log.count("data") == 1; }));
  connection().set_idle_limit(0);
  test::spin_past(poller.now() + 3 * base::kMillisecond);
  settle(poller);
  BOOST_TEST(log.ends.empty());
  connection().set_idle_limit(base::kMillisecond);
  BOOST_TEST(until_ended());
  BOOST_TEST(base::name(log.errors[0].code) == "timed_out");
  settle(poller);
  client.take();
  BOOST_TEST(client.saw_end());  // FIN: nobody waits for anything
}

BOOST_FIXTURE_TEST_CASE(data_arms_the_idle_limit_anew, ConnectionFixture) {
  connect();
  const base::Nanos limit = 30 * base::kMillisecond;
  connection().set_idle_limit(limit);
  base::Nanos last = poller.now();
  for (int i = 0; i < 3; ++i) {
    client.send("x");
    const std::ptrdiff_t before = log.count("data");
    BOOST_TEST(test::turn_until(poller, [&] { return log.count("data") > before; }));
    if (!log.ends.empty()) break;  // a machine that sleeps longer than the limit
    last = poller.now();
    test::spin_past(last + limit / 2);
  }
  BOOST_TEST(until_ended());
  BOOST_TEST(poller.now() >= last + limit);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_takes_its_answer_slowly_is_not_idle_and_one_that_stops_is,
                        ConnectionFixture) {
  connect();
  const std::size_t all = clog(16'000'000);
  const base::Nanos limit = 2 * base::kMillisecond;
  connection().set_idle_limit(limit);
  const int near = connection().stream().socket().fd();
  std::size_t got = 0;
  for (int i = 0; i < 4; ++i) {
    // In one turn there is room in the kernel and the limit is over.
    const base::Nanos give_up = base::monotonic_now() + test::kPatience;
    for (pollfd room{near, POLLOUT, 0}; ::poll(&room, 1, 0) == 0;) {
      BOOST_TEST_REQUIRE(base::monotonic_now() < give_up);
      char bytes[100'000];
      got += client.socket().read(bytes).count;
    }
    test::spin_past(poller.now() + limit + base::kMillisecond);
    poller.turn(0);
    BOOST_TEST_REQUIRE(log.ends.empty());
  }
  BOOST_TEST(log.ends.empty());
  BOOST_TEST(got < all);
  BOOST_TEST(until_ended());
  BOOST_TEST(end() == "idle");
}

BOOST_FIXTURE_TEST_CASE(the_error_of_a_reset_is_told, ConnectionFixture) {
  connect();
  client.reset();
  BOOST_TEST(until_ended());
  BOOST_TEST(base::name(log.errors[0].code) == "reset");
}

BOOST_FIXTURE_TEST_CASE(an_abort_resets_the_client, ConnectionFixture) {
  connect();
  connection().write("half");
  connection().abort();
  BOOST_TEST(test::turn_until(poller, [&] {
    client.take();
    return base::name(client.error().code) == "reset";
  }));
  BOOST_TEST(!client.saw_end());
}

BOOST_FIXTURE_TEST_CASE(a_remote_reaches_it_and_not_what_came_after_it, ConnectionFixture) {
  connect();
  const RemoteStream remote = connection().remote();
  remote.write("from afar");
  std::string got;
  BOOST_TEST(test::turn_until(poller, [&] { return (got += client.take()) == "from afar"; }));
  connection().abort();
  settle(poller);
  std::string outcome;
  remote.write("x", [&](base::Status status) { outcome = base::name(status.error().code); });
  settle(poller);
  BOOST_TEST(outcome == "cancelled");
}

BOOST_FIXTURE_TEST_CASE(every_callback_is_watched_under_the_connections_own_type,
                        ConnectionFixture) {
  std::string strangers;
  log.inside = [&](ProbeConnection& c, const std::string& call) {
    const std::type_info* running = poller.watch().running();
    // What the test calls by itself is nobody's.
    if (running != nullptr && *running != typeid(c)) strangers += call + " ";
  };
  log.finishes_by_itself = false;
  connect();
  client.send("x");
  settle(poller);
  const std::size_t all = clog(0);
  std::size_t got = 0;
  BOOST_TEST(test::turn_until(poller, [&] { return (got += client.take().size()) >= all; }));
  poller.post([&] { list->shut_down(); });
  settle(poller);
  client.finish();
  settle(poller);
  connection().set_idle_limit(base::kMillisecond);
  BOOST_TEST(until_ended());
  BOOST_TEST(log.text() == "open data drained shutdown eof end:idle");
  BOOST_TEST(strangers == "");
}

BOOST_AUTO_TEST_CASE(every_reason_has_a_name_of_its_own) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kEndReasons; ++i) {
    names.emplace_back(name(static_cast<EndReason>(i)));
  }
  std::sort(names.begin(), names.end());
  BOOST_TEST((std::unique(names.begin(), names.end()) == names.end()));
}

BOOST_FIXTURE_TEST_CASE(a_client_that_takes_what_the_kernel_keeps_is_not_idle, ConnectionFixture) {
  test::SocketPair pair = test::tcp_pair();
  BOOST_TEST_REQUIRE(pair.second.set_option(SOL_SOCKET, SO_RCVBUF, 64 * 1024).ok());
  poller.load() += 1;
  list->on_arrival(std::move(pair.first), base::PeerAddress());
  const std::string answer(1024 * 1024, 'a');
  connection().write(answer);
  BOOST_TEST_REQUIRE(connection().stream().unsent() < answer.size());
  connection().set_idle_limit(40 * base::kMillisecond);
  // A byte now and then, for many times the limit.
  std::size_t got = 0;
  char bytes[32 * 1024];
  base::Nanos next = base::monotonic_now();
  BOOST_TEST(test::turn_until(poller, [&] {
    if (base::monotonic_now() < next) return false;
    next = base::monotonic_now() + 10 * base::kMillisecond;
    const Socket::Io io = pair.second.read(bytes);
    got += io.count;
    return !io.again && io.count == 0;  // the end, or a reset
  }));
  BOOST_TEST(got == answer.size());
  BOOST_TEST(base::name(pair.second.take_error().code) == "ok");
  BOOST_TEST(end() == "idle");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
