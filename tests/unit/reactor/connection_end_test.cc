#include <cerrno>
#include <utility>

#include "reactor/transport.h"
#include "tests/unit/reactor/connection_fixture.h"

namespace tidegate::reactor {
namespace {

using test::ProbeConnection;
using test::settle;

BOOST_AUTO_TEST_SUITE(connection_end)

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
