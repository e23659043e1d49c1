#include "reactor/pipe_pool.h"

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <string>

#include "tests/support/fd_limit.h"
#include "tests/support/loopback.h"
#include "tests/unit/reactor/relay_fixture.h"

namespace tidegate::reactor {
namespace {

std::string received(const Socket& socket) {
  char bytes[1024];
  return {bytes, socket.read(bytes).count};
}

Pipe taken(PipePool& pool) {
  auto pipe = pool.take();
  BOOST_TEST_REQUIRE(pipe.has_value());
  return std::move(*pipe);
}

BOOST_AUTO_TEST_SUITE(pipe_pool)

BOOST_AUTO_TEST_CASE(a_pipe_moves_bytes_from_socket_to_socket) {
  const test::SocketPair from = test::tcp_pair();
  const test::SocketPair to = test::tcp_pair();
  auto pipe = Pipe::open(256 * 1024);
  BOOST_TEST_REQUIRE(pipe.ok());
  BOOST_TEST(pipe->capacity() == 256U * 1024);
  BOOST_TEST(pipe->fill(from.first, 100).again);

  BOOST_TEST(from.second.write(std::string_view("hello")).count == 5U);
  BOOST_TEST(test::wait_for(from.first.fd(), POLLIN));
  BOOST_TEST(pipe->fill(from.first, 3).count == 3U);
  BOOST_TEST(pipe->held() == 3U);
  BOOST_TEST(pipe->drain(to.first).count == 3U);
  BOOST_TEST(pipe->held() == 0U);
  BOOST_TEST(test::wait_for(to.second.fd(), POLLIN));
  BOOST_TEST(received(to.second) == "hel");
}

BOOST_AUTO_TEST_CASE(filling_tells_the_end_of_input) {
  const test::SocketPair from = test::tcp_pair();
  auto pipe = Pipe::open(64 * 1024);
  BOOST_TEST_REQUIRE(pipe.ok());
  from.second.shutdown_write();
  BOOST_TEST(test::wait_for(from.first.fd(), POLLIN));
  const Socket::Io io = pipe->fill(from.first, 100);
  BOOST_TEST((io.ok() && !io.again && io.count == 0));
}

BOOST_AUTO_TEST_CASE(bytes_can_be_read_out_of_a_pipe) {
  const test::SocketPair from = test::unix_pair();
  auto pipe = Pipe::open(64 * 1024);
  BOOST_TEST_REQUIRE(pipe.ok());
  BOOST_TEST(from.second.write(std::string_view("hello")).count == 5U);
  BOOST_TEST(pipe->fill(from.first, 100).count == 5U);
  char bytes[4];
  BOOST_TEST(pipe->read(bytes).count == 4U);
  BOOST_TEST(std::string(bytes, 4) == "hell");
  BOOST_TEST(pipe->held() == 1U);
}

BOOST_AUTO_TEST_CASE(a_pipe_too_small_to_be_worth_it_is_refused) {
  BOOST_TEST(base::name(Pipe::open(4096).error().code) == "limit");
}

BOOST_AUTO_TEST_CASE(an_empty_pipe_is_kept_and_given_again) {
  PipePool pool;
  const auto before = open_fds();
  pool.give_back(taken(pool));
  BOOST_TEST(pool.stats().kept.get() == 1U);
  BOOST_TEST(open_fds() == before + 2);
  pool.give_back(taken(pool));
  BOOST_TEST(pool.stats().opened.get() == 1U);
  BOOST_TEST(pool.stats().out.get() == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_no_more_than_its_limit) {
  PipePool::Limits limits;
  limits.kept = 1;
  PipePool pool(limits);
  const auto before = open_fds();
  Pipe one = taken(pool);
  Pipe two = taken(pool);
  pool.give_back(std::move(one));
  pool.give_back(std::move(two));
  BOOST_TEST(pool.stats().kept.get() == 1U);
  BOOST_TEST(open_fds() == before + 2);
}

BOOST_AUTO_TEST_CASE(lets_out_no_more_than_its_limit) {
  PipePool::Limits limits;
  limits.out = 1;
  PipePool pool(limits);
  pool.give_back(taken(pool));
  Pipe one = taken(pool);
  BOOST_TEST(!pool.take());
  BOOST_TEST(pool.stats().refused.get() == 1U);
  pool.give_back(std::move(one));
  pool.give_back(taken(pool));
}

BOOST_AUTO_TEST_CASE(a_pipe_with_bytes_in_it_is_closed) {
  const test::SocketPair from = test::unix_pair();
  PipePool pool;
  const auto before = open_fds();
  Pipe pipe = taken(pool);
  BOOST_TEST(from.second.write(std::string_view("secret")).count == 6U);
  BOOST_TEST(pipe.fill(from.first, 100).count == 6U);
  pool.give_back(std::move(pipe));
  BOOST_TEST(pool.stats().spoiled.get() == 1U);
  BOOST_TEST(pool.stats().kept.get() == 0U);
  BOOST_TEST(open_fds() == before);
}

BOOST_AUTO_TEST_CASE(without_fds_there_is_no_pipe_and_none_is_lost) {
  PipePool pool;
  {
    const test::NoMoreFds none;
    BOOST_TEST(!pool.take());
  }
  BOOST_TEST(pool.stats().refused.get() == 1U);
  BOOST_TEST(pool.stats().out.get() == 0U);
  pool.give_back(taken(pool));
}

BOOST_AUTO_TEST_CASE(splicing_to_a_peer_that_is_gone_is_an_error_and_no_signal) {
  const int status = run_in_child([] {
    std::signal(SIGPIPE, SIG_DFL);
    PipePool pool;
    test::SocketPair from = test::unix_pair();
    test::SocketPair to = test::unix_pair();
    to.second.close();
    auto pipe = pool.take();
    if (!pipe || from.second.write(std::string_view("x")).count != 1) return false;
    pipe->fill(from.first, 1);
    const bool broken = pipe->drain(to.first).error.os_errno == EPIPE;
    pool.give_back(std::move(*pipe));
    return broken;
  });
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(a_handler_for_sigpipe_stays) {
  const int status = run_in_child([] {
    const auto handler = [](int) {};
    std::signal(SIGPIPE, handler);
    const PipePool pool;
    return std::signal(SIGPIPE, SIG_DFL) == static_cast<void (*)(int)>(handler);
  });
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
