// What a relay does where it cannot splice: no fd for a pipe, or a kernel that refuses.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>

#include "tests/support/fd_limit.h"
#include "tests/unit/reactor/relay_fixture.h"

namespace tidegate::reactor {
namespace {

// From now on splice(2) fails with EINVAL in this process, unless it takes from one of these fds.
bool forbid_splice_except_from(int one, int other) {
  constexpr auto kNumber = static_cast<std::uint32_t>(offsetof(seccomp_data, nr));
  constexpr auto kFirstArgument = static_cast<std::uint32_t>(offsetof(seccomp_data, args));
  std::array<sock_filter, 7> code{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_splice, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kFirstArgument),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(one), 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(other), 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool moves_all(RelayFixture& f) {
  Load load{f.left, f.right, numbered(3 * 1024 * 1024)};
  f.clog(load);
  return f.until_arrived(load) && load.got == load.all;
}

BOOST_AUTO_TEST_SUITE(relay_without_splice)

BOOST_FIXTURE_TEST_CASE(out_of_fds_it_copies, RelayFixture) {
  const test::NoMoreFds none;
  BOOST_TEST(moves_all(*this));
  BOOST_TEST(pipes.stats().refused.get() > 0U);
  BOOST_TEST(pipes.stats().opened.get() == 0U);
}

BOOST_AUTO_TEST_CASE(where_sockets_cannot_be_spliced_from_it_copies) {
  const int status = run_in_child([] {
    RelayFixture f;
    return forbid_splice_except_from(-1, -1) && moves_all(f) && f.pipes.stats().opened.get() == 1 &&
           f.pipes.stats().spoiled.get() == 0 && f.holds_nothing();
  });
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(where_sockets_cannot_be_spliced_to_the_bytes_in_the_pipe_are_not_lost) {
  const int status = run_in_child([] {
    test::SocketPair left = test::tcp_pair();
    test::SocketPair right = test::tcp_pair();
    const int left_fd = left.first.fd();
    const int right_fd = right.first.fd();
    RelayFixture f(std::move(left), std::move(right));
    return forbid_splice_except_from(left_fd, right_fd) && moves_all(f) &&
           f.pipes.stats().opened.get() == 1 && f.pipes.stats().spoiled.get() == 0 &&
           f.holds_nothing();
  });
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
