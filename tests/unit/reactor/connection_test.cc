#include "reactor/connection.h"

#include <sys/mman.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "reactor/connection_list.h"
#include "tests/support/loopback.h"
#include "tests/support/probe_connection.h"
#include "tests/support/turns.h"
#include "tests/support/xor_transport.h"

namespace tidegate::reactor {
namespace {

using test::ProbeConnection;
using test::settle;

// One connection of a list, and its client.
struct ConnectionFixture {
  explicit ConnectionFixture(std::size_t most = std::numeric_limits<std::size_t>::max()) {
    BOOST_TEST_REQUIRE(poller.open().ok());
    list.emplace(poller, make, most);
  }
  ~ConnectionFixture() {
    list.reset();
    poller.turn(0);
    BOOST_TEST(log.alive == 0);
    BOOST_TEST(poller.load() == 0U);
    BOOST_TEST(poller.blocks().in_use() == 0U);
  }

  /// A connection arrives; the answer is its client.
  test::Peer arrive() {
    test::SocketPair pair = test::tcp_pair();
    // A small queue in the kernel is soon full.
    BOOST_TEST_REQUIRE(pair.first.set_option(SOL_SOCKET, SO_SNDBUF, 32 * 1024).ok());
    poller.load() += 1;
    list->on_arrival(std::move(pair.first), base::PeerAddress(test::address("10.0.0.9:99")));
    return test::Peer(std::move(pair.second));
  }

  void connect() {
    client = arrive();
    settle(poller);
  }

  [[nodiscard]] bool until_ended(std::size_t count = 1) {
    return test::turn_until(poller, [&] { return log.ends.size() >= count; });
  }
  [[nodiscard]] std::string end() const {
    return log.ends.empty() ? "none" : std::string(name(log.ends[0]));
  }
  ProbeConnection& connection() { return *log.last; }

  /// Writes more than the kernel takes; returns how much.
  std::size_t clog(std::size_t at_least) {
    std::size_t written = 0;
    for (std::size_t kept = 0; kept <= at_least || kept != connection().stream().unsent();) {
      while (connection().stream().unsent() <= at_least) {
        connection().write(std::string(32 * 1024, 'z'));
        written += 32 * 1024;
      }
      kept = connection().stream().unsent();
      for (int i = 0; i < 5; ++i) poller.turn(base::kMillisecond);
    }
    return written;
  }

  Poller poller;
  test::ProbeLog log;
  ConnectionMaker make = [this](Poller& p) { return std::make_unique<ProbeConnection>(p, log); };
  std::optional<ConnectionList> list;
  test::Peer client;
};

BOOST_AUTO_TEST_SUITE(connection)

struct Ending {
  const char* what;
  const char* reason;
  std::function<void(ConnectionFixture&)> bring_about;
};

const Ending kEndings[] = {
    {"the client finishes first", "finished", [](auto& at) { at.client.finish(); }},
    {"we finish first", "finished",
     [](auto& at) {
       at.connection().finish();
       BOOST_TEST(test::turn_until(at.poller, [&] {
         at.client.take();
         return at.client.saw_end();
       }));
       BOOST_TEST(at.log.ends.empty());
       at.client.finish();
     }},
    {"both finish at once", "finished",
     [](auto& at) {
       at.client.finish();
       at.connection().finish();
     }},
    {"we finish twice", "finished",
     [](auto& at) {
       at.connection().finish();
       at.connection().finish();
       at.client.close();
     }},
    {"we abort", "aborted", [](auto& at) { at.connection().abort(); }},
    {"we abort twice", "aborted",
     [](auto& at) {
       at.connection().abort();
       at.connection().abort();
     }},
    {"we abort while finishing", "aborted",
     [](auto& at) {
       at.connection().finish();
       at.connection().abort();
     }},
    {"nothing comes", "idle",
     [](auto& at) { at.connection().set_idle_limit(2 * base::kMillisecond); }},
    {"the client resets", "reset", [](auto& at) { at.client.reset(); }},
    {"the client resets while we finish", "reset",
     [](auto& at) {
       at.connection().finish();
       settle(at.poller);
       at.client.reset();
     }},
    {"a write meets the reset", "reset",
     [](auto& at) {
       at.client.reset();
       at.connection().write("x");
       at.connection().write("y");
     }},
    {"a write meets the reset and we finish", "reset",
     [](auto& at) {
       at.client.reset();
       at.connection().write("x");
       at.connection().finish();
     }},
    {"the transport breaks", "failed",
     [](auto& at) {
       struct Broken final : Transport {
         Socket::Io read(const Socket&, std::span<char>) override {
           return {0, false, {base::Errc::os, EPROTO}};
         }
         Socket::Io write(const Socket&, std::span<const iovec>) override { return {0, true, {}}; }
         Socket::Io finish(const Socket&) override { return {0, true, {}}; }
         [[nodiscard]] Socket::Pending peek(const Socket&) const override {
           return Socket::Pending::nothing;
         }
       };
       at.connection().stream().set_transport(std::make_unique<Broken>());
     }},
    {"the server goes", "stopped", [](auto& at) { at.list.reset(); }},
    {"the server goes while we finish", "stopped",
     [](auto& at) {
       at.connection().finish();
       at.list.reset();
     }},
    {"the server closes and the client follows", "finished",
     [](auto& at) {
       at.list->shut_down();
       at.client.close();
     }},
    {"the client resets while it does not read", "reset",
     [](auto& at) {
       at.clog(Stream::kHighMark);
       BOOST_TEST(at.connection().stream().held());
       at.client.reset();
     }},
};

BOOST_AUTO_TEST_CASE(there_is_exactly_one_end_for_each_open_and_nothing_after_it) {
  for (const Ending& ending : kEndings) {
    BOOST_TEST_CONTEXT(ending.what) {
      ConnectionFixture at;
      at.connect();
      ending.bring_about(at);
      BOOST_TEST_REQUIRE(at.until_ended());
      settle(at.poller);
      BOOST_TEST(at.end() == ending.reason);
      BOOST_TEST(at.log.count("open") == 1);
      BOOST_TEST(at.log.ends.size() == 1U);
      BOOST_TEST(at.log.calls.back() == std::string("end:") + ending.reason);
      BOOST_TEST(at.log.alive == 0);
      BOOST_TEST(at.poller.load() == 0U);
      if (at.list) {
        const ConnectionList::Stats& stats = at.list->stats();
        BOOST_TEST(stats.opened.get() == 1U);
        BOOST_TEST(stats.live.get() == 0U);
        BOOST_TEST(stats.ended[static_cast<std::size_t>(at.log.ends[0])].get() == 1U);
      }
    }
  }
}

// How each callback comes about; the end is brought about in it.
const std::pair<const char*, std::function<void(ConnectionFixture&)>> kOccasions[] = {
    {"open", [](auto& at) { at.connect(); }},
    {"data",
     [](auto& at) {
       at.connect();
       at.client.send("x");
     }},
    {"eof",
     [](auto& at) {
       at.connect();
       at.client.finish();
     }},
    {"drained",
     [](auto& at) {
       at.connect();
       const std::size_t all = at.clog(0);
       std::size_t got = 0;
       BOOST_TEST(
           test::turn_until(at.poller, [&] { return (got += at.client.take().size()) >= all; }));
     }},
    {"shutdown",
     [](auto& at) {
       at.connect();
       at.list->shut_down();
     }},
    {"end:reset",
     [](auto& at) {
       at.connect();
       at.client.reset();
     }},
};

BOOST_AUTO_TEST_CASE(any_callback_may_abort_or_finish_or_both) {
  for (const char* act : {"abort", "finish", "finish, abort", "abort, finish, write"}) {
    for (const auto& [call, bring_about] : kOccasions) {
      BOOST_TEST_CONTEXT(act << " in " << call) {
        ConnectionFixture at;
        at.log.inside = [&, wanted = call](ProbeConnection& c, const std::string& told) {
          if (told != wanted) return;
          const std::string acts = act;
          if (acts.starts_with("abort")) c.abort();
          if (acts.find("finish") != std::string::npos) c.finish();
          if (acts.ends_with("write")) c.write("too late");
          if (acts.ends_with("abort")) c.abort();
          c.set_idle_limit(base::kSecond);
        };
        bring_about(at);
        at.client.finish();
        BOOST_TEST(at.until_ended());
        settle(at.poller);
        BOOST_TEST(at.log.count("open") == 1);
        BOOST_TEST(at.log.ends.size() == 1U);
        BOOST_TEST(at.log.calls.back().starts_with("end:"));
        BOOST_TEST(at.log.alive == 0);
      }
    }
  }
}

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
  BOOST_TEST(base::name(client.error().code) == "reset");
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

BOOST_AUTO_TEST_CASE(one_above_the_limit_is_reset_and_counted) {
  ConnectionFixture at(2);
  test::Peer one = at.arrive();
  const test::Peer two = at.arrive();
  test::Peer three = at.arrive();
  settle(at.poller);
  BOOST_TEST(at.list->stats().refused.get() == 1U);
  BOOST_TEST(at.list->stats().live.get() == 2U);
  BOOST_TEST(at.poller.load() == 2U);
  three.take();
  BOOST_TEST(base::name(three.error().code) == "reset");
  one.finish();
  BOOST_TEST(at.until_ended());
  settle(at.poller);
  const test::Peer four = at.arrive();
  BOOST_TEST(at.list->stats().live.get() == 2U);
  BOOST_TEST(at.list->stats().refused.get() == 1U);
  BOOST_TEST(at.log.count("open") == 3);
}

BOOST_FIXTURE_TEST_CASE(what_the_kernel_will_not_watch_is_refused_and_told_nothing,
                        ConnectionFixture) {
  poller.load() += 1;
  list->on_arrival(Socket(::memfd_create("plain", MFD_CLOEXEC)), base::PeerAddress());
  BOOST_TEST(list->stats().refused.get() == 1U);
  BOOST_TEST(list->stats().opened.get() == 0U);
  BOOST_TEST(list->stats().live.get() == 0U);
  poller.turn(0);
  BOOST_TEST(log.calls.empty());
  BOOST_TEST(log.alive == 0);
}

BOOST_FIXTURE_TEST_CASE(what_arrives_after_shut_down_is_opened_and_told, ConnectionFixture) {
  list->shut_down();
  client = arrive();
  BOOST_TEST(log.text() == "open shutdown");
  client.finish();
  BOOST_TEST(until_ended());
  BOOST_TEST(end() == "finished");
}

BOOST_FIXTURE_TEST_CASE(a_late_arrival_that_ends_in_on_open_is_told_no_more, ConnectionFixture) {
  list->shut_down();
  log.inside = [](ProbeConnection& c, const std::string& call) {
    if (call == "open") c.abort();
  };
  client = arrive();
  BOOST_TEST(log.text() == "open end:aborted");
}

BOOST_FIXTURE_TEST_CASE(shut_down_is_told_once_and_not_to_those_that_finish_already,
                        ConnectionFixture) {
  log.finishes_by_itself = false;
  connect();
  test::Peer other = arrive();
  connection().finish();
  list->shut_down();
  list->shut_down();
  BOOST_TEST(log.text() == "open open shutdown");
}

BOOST_FIXTURE_TEST_CASE(one_that_is_told_of_shut_down_may_end_others, ConnectionFixture) {
  std::vector<ProbeConnection*> all;
  std::vector<test::Peer> peers;
  for (int i = 0; i < 4; ++i) {
    peers.push_back(arrive());
    all.push_back(log.last);
  }
  log.inside = [&](ProbeConnection& c, const std::string& call) {
    if (call != "shutdown") return;
    // The one before and the one after.
    if (&c == all[1]) {
      all[0]->abort();
      all[2]->abort();
    }
  };
  list->shut_down();
  BOOST_TEST(log.count("shutdown") == 3);
  BOOST_TEST(log.count("end:aborted") == 2);
  BOOST_TEST(list->stats().live.get() == 2U);
}

BOOST_AUTO_TEST_CASE(every_reason_has_a_name_of_its_own) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kEndReasons; ++i) {
    names.emplace_back(name(static_cast<EndReason>(i)));
  }
  std::sort(names.begin(), names.end());
  BOOST_TEST((std::unique(names.begin(), names.end()) == names.end()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
