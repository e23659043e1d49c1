#include "tests/unit/reactor/relay_fixture.h"

namespace tidegate::reactor {
namespace {

using test::settle;

BOOST_FIXTURE_TEST_SUITE(relay_ending, RelayFixture)

BOOST_AUTO_TEST_CASE(the_end_of_one_sides_input_leaves_the_other_direction_open) {
  left.send("request");
  left.finish();
  BOOST_TEST(until_got(right, "request"));
  BOOST_TEST(until_end_of_input(right));
  right.send("answer");
  BOOST_TEST(until_got(left, "answer"));
  settle(poller);
  BOOST_TEST(seen.told == 0);
  right.send("more");
  right.finish();
  BOOST_TEST(until_ended());
  BOOST_TEST(seen.end.finished());
  BOOST_TEST(left.take() == "more");
  BOOST_TEST(left.saw_end());
  BOOST_TEST(!relay->is_open());
}

BOOST_AUTO_TEST_CASE(the_right_side_may_be_the_first_to_end) {
  right.send("bye");
  right.finish();
  BOOST_TEST(until_got(left, "bye"));
  BOOST_TEST(until_end_of_input(left));
  left.send("wait");
  BOOST_TEST(until_got(right, "wait"));
  left.finish();
  BOOST_TEST(until_ended());
  BOOST_TEST(seen.end.finished());
  BOOST_TEST(until_end_of_input(right));
}

BOOST_AUTO_TEST_CASE(both_sides_may_end_at_once) {
  left.send("a");
  right.send("b");
  left.finish();
  right.finish();
  BOOST_TEST(until_ended());
  settle(poller);
  BOOST_TEST(seen.told == 1);
  BOOST_TEST(seen.end.finished());
  BOOST_TEST(until_got(left, "b"));
  BOOST_TEST(until_got(right, "a"));
}

BOOST_AUTO_TEST_CASE(a_slow_reader_gets_all_that_came_before_the_end) {
  Load load{left, right, numbered(3 * 1024 * 1024)};
  clog(load);
  BOOST_TEST(until([&] {
    load.feed();
    if (load.sent == load.all.size()) left.finish();
    load.take_little();
    return load.arrived();
  }));
  BOOST_TEST((load.got == load.all));
  BOOST_TEST(until_end_of_input(right));
  right.finish();
  BOOST_TEST(until_ended());
  BOOST_TEST(seen.end.finished());
}

BOOST_AUTO_TEST_CASE(what_the_kernel_has_taken_when_both_have_ended_is_delivered) {
  Load load{left, right, numbered(8 * 1024 * 1024)};
  clog(load);
  left.finish();
  right.finish();
  BOOST_TEST(until([&] {
    load.take_little();
    return seen.told == 1;
  }));
  BOOST_TEST(until([&] {
    load.take();
    return right.saw_end();
  }));
  BOOST_TEST((load.got == load.all.substr(0, load.sent)));
}

BOOST_AUTO_TEST_CASE(a_reset_is_passed_on_as_a_reset_after_what_came_before_it) {
  left.send("tail");
  left.reset();
  BOOST_TEST(until_ended());
  BOOST_TEST(left_broke() == "reset");
  BOOST_TEST(right_broke() == "ok");
  BOOST_TEST(until_reset(right, "tail"));
  settle(poller);
  BOOST_TEST(seen.told == 1);
}

BOOST_AUTO_TEST_CASE(a_reset_of_the_right_side_reaches_the_left) {
  right.send("tail");
  right.reset();
  BOOST_TEST(until_ended());
  BOOST_TEST(left_broke() == "ok");
  BOOST_TEST(right_broke() == "reset");
  BOOST_TEST(until_reset(left, "tail"));
}

BOOST_AUTO_TEST_CASE(a_reset_after_the_same_sides_end_of_input_is_passed_on) {
  left.send("tail");
  left.finish();
  BOOST_TEST(until_got(right, "tail"));
  BOOST_TEST(until_end_of_input(right));
  left.reset();
  BOOST_TEST(until_ended());
  BOOST_TEST(left_broke() == "reset");
  BOOST_TEST(test::wait_for(right.socket().fd(), POLLERR));
  BOOST_TEST(base::name(right.socket().take_error().code) == "reset");
}

BOOST_AUTO_TEST_CASE(a_reset_that_comes_together_with_the_end_of_input_is_passed_on) {
  left.send("tail");
  left.finish();
  left.reset();
  BOOST_TEST(until_ended());
  BOOST_TEST(left_broke() == "reset");
  BOOST_TEST(right.take() == "tail");
}

BOOST_AUTO_TEST_CASE(a_reset_after_the_other_sides_end_of_input_is_passed_on) {
  left.finish();
  BOOST_TEST(until_end_of_input(right));
  right.send("tail");
  right.reset();
  BOOST_TEST(until_ended());
  BOOST_TEST(right_broke() == "reset");
  BOOST_TEST(until_reset(left, "tail"));
}

BOOST_AUTO_TEST_CASE(resets_of_both_sides_are_one_end) {
  left.reset();
  right.reset();
  BOOST_TEST(until_ended());
  settle(poller);
  BOOST_TEST(seen.told == 1);
  BOOST_TEST(!seen.end.finished());
}

BOOST_AUTO_TEST_CASE(a_reset_of_a_side_that_did_not_read_is_not_taken_for_an_end) {
  Load load{left, right, numbered(8 * 1024 * 1024)};
  clog(load);
  right.send("tail");
  right.reset();
  BOOST_TEST(until_ended());
  BOOST_TEST(right_broke() == "reset");
  BOOST_TEST(until_reset(left, "tail"));
  BOOST_TEST(holds_nothing());
}

BOOST_AUTO_TEST_CASE(a_slow_reader_gets_what_the_relay_had_read_before_the_reset) {
  Load load{left, right, numbered(8 * 1024 * 1024)};
  clog(load);
  left.reset();
  settle(poller);
  BOOST_TEST(seen.told == 0);
  BOOST_TEST(until([&] {
    load.take_little();
    return seen.told == 1;
  }));
  load.take();
  BOOST_TEST(left_broke() == "reset");
  BOOST_TEST((load.got == load.all.substr(0, load.got.size())));
  BOOST_TEST(!right.saw_end());
  BOOST_TEST(base::name(right.error().code) == "reset");
}

BOOST_AUTO_TEST_CASE(a_write_that_meets_a_reset_first_loses_nothing_that_came_before_it) {
  left.send("x");  // its event comes first
  right.send("tail");
  right.reset();
  BOOST_TEST(until_ended());
  BOOST_TEST(right_broke() == "reset");
  BOOST_TEST(until_reset(left, "tail"));
}

BOOST_AUTO_TEST_CASE(clogged_both_ways_a_slow_reader_still_gets_what_came_before_the_reset) {
  Load there{left, right, numbered(8 * 1024 * 1024)};
  Load back{right, left, numbered(8 * 1024 * 1024)};
  clog(there);
  clog(back);
  right.reset();
  settle(poller);
  BOOST_TEST(seen.told == 0);
  BOOST_TEST(until([&] {
    back.take_little();
    return seen.told == 1;
  }));
  back.take();
  BOOST_TEST(right_broke() == "reset");
  BOOST_TEST((back.got == back.all.substr(0, back.got.size())));
  BOOST_TEST(!left.saw_end());
  BOOST_TEST(base::name(left.error().code) == "reset");
}

BOOST_AUTO_TEST_CASE(writing_to_a_side_that_closed_for_good_breaks_the_relay) {
  right.send("whole");
  right.close();
  BOOST_TEST(until_got(left, "whole"));
  BOOST_TEST(until_end_of_input(left));
  left.send("anybody there?");
  BOOST_TEST(until([&] {
    static_cast<void>(left.socket().write(std::string_view("?")));
    return seen.told == 1;
  }));
  BOOST_TEST(right_broke() == "reset");
}

BOOST_AUTO_TEST_CASE(the_owner_may_close_it_silently) {
  relay->close();
  BOOST_TEST(!relay->is_open());
  settle(poller);
  BOOST_TEST(seen.told == 0);
  BOOST_TEST(until_end_of_input(left));
  BOOST_TEST(until_end_of_input(right));
  relay->close();
  relay->abort();
}

BOOST_AUTO_TEST_CASE(the_owner_may_abort_it_silently_and_both_sides_are_reset) {
  relay->abort();
  settle(poller);
  BOOST_TEST(seen.told == 0);
  BOOST_TEST(until_reset(left));
  BOOST_TEST(until_reset(right));
}

BOOST_AUTO_TEST_CASE(destroyed_in_the_middle_it_leaves_no_fd_and_no_block) {
  const auto before = open_fds();
  Load load{left, right, numbered(8 * 1024 * 1024)};
  clog(load);
  BOOST_TEST(pipes.stats().out.get() == 1U);
  BOOST_TEST(open_fds() == before + 2);
  relay.reset();
  BOOST_TEST(open_fds() == before - 2);
  BOOST_TEST(pipes.stats().spoiled.get() == 1U);
  BOOST_TEST(pipes.stats().kept.get() == 0U);
  BOOST_TEST(holds_nothing());
  BOOST_TEST(until_reset(left));
  load.take();
  BOOST_TEST(!right.saw_end());
  BOOST_TEST(base::name(right.error().code) == "reset");
}

BOOST_AUTO_TEST_CASE(closed_by_another_handler_in_the_same_turn_it_hears_of_nothing) {
  struct Closer final : EventHandler {
    explicit Closer(Relay& r) : relay(r) {}
    void on_ready(Ready /*ready*/) override { relay.close(); }
    Relay& relay;
  } closer(*relay);
  const test::SocketPair pair = test::tcp_pair();
  auto place = poller.add(pair.first.fd(), closer, Poller::kWrite, Poller::Mode::edge);
  BOOST_TEST_REQUIRE(place.ok());
  left.send("x");
  right.reset();
  settle(poller);
  BOOST_TEST(!relay->is_open());
  BOOST_TEST(seen.told <= 1);
  place->remove();
}

BOOST_AUTO_TEST_CASE(it_may_be_retired_inside_its_callback) {
  struct Owner final : Retirable {
    explicit Owner(std::unique_ptr<Relay> r) : relay(std::move(r)) {}
    std::unique_ptr<Relay> relay;
  };
  seen.inside = [&] {
    BOOST_TEST(!relay->is_open());
    poller.retire(std::make_unique<Owner>(std::move(relay)));
  };
  left.reset();
  BOOST_TEST(until_ended());
  BOOST_TEST(relay == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(relay_ending_unix, UnixRelayFixture)

BOOST_AUTO_TEST_CASE(what_came_before_a_close_is_delivered_before_the_end) {
  left.send("tail");
  left.close();
  BOOST_TEST(until_got(right, "tail"));
  BOOST_TEST(until_end_of_input(right));
  right.finish();
  BOOST_TEST(until_ended());
  BOOST_TEST(seen.end.finished());
}

BOOST_AUTO_TEST_CASE(a_write_to_a_closed_side_breaks_the_relay) {
  left.close();
  BOOST_TEST(until_end_of_input(right));
  right.send("anybody there?");
  BOOST_TEST(until_ended());
  BOOST_TEST(left_broke() == "reset");
}

BOOST_AUTO_TEST_CASE(a_clogged_side_that_closes_breaks_the_relay) {
  Load load{left, right, numbered(8 * 1024 * 1024)};
  clog(load);
  right.close();
  BOOST_TEST(until_ended());
  BOOST_TEST(right_broke() == "reset");
  BOOST_TEST(holds_nothing());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
