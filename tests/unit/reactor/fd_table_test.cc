#include "reactor/fd_table.h"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "tests/support/aborts.h"

namespace tidegate::reactor {
namespace {

class Nobody final : public EventHandler {
 public:
  void on_ready(Ready /*ready*/) override {}
};

// One number in the array, the last of it, the first of the map, one far out.
const int kFds[] = {0, 7, FdTable::kDense - 1, FdTable::kDense, 1 << 30};

BOOST_AUTO_TEST_SUITE(fd_table)

BOOST_AUTO_TEST_CASE(finds_the_handler_of_each_fd_dense_or_sparse) {
  FdTable table;
  Nobody handlers[std::size(kFds)];
  std::vector<Cookie> cookies;
  for (std::size_t i = 0; i < std::size(kFds); ++i) {
    cookies.push_back(table.insert(kFds[i], handlers[i]));
  }
  BOOST_TEST(table.size() == std::size(kFds));
  for (std::size_t i = 0; i < std::size(kFds); ++i) {
    BOOST_TEST_CONTEXT("fd " << kFds[i]) {
      BOOST_TEST(FdTable::fd_of(cookies[i]) == kFds[i]);
      BOOST_TEST_REQUIRE(table.find(cookies[i]) != nullptr);
      BOOST_TEST(table.find(cookies[i])->handler == &handlers[i]);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_erased_cookie_finds_nothing) {
  for (const int fd : kFds) {
    BOOST_TEST_CONTEXT("fd " << fd) {
      FdTable table;
      Nobody handler;
      const Cookie cookie = table.insert(fd, handler);
      table.erase(cookie);
      BOOST_TEST(table.find(cookie) == nullptr);
      BOOST_TEST(table.size() == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_stale_cookie_does_not_find_the_new_owner) {
  for (const int fd : kFds) {
    BOOST_TEST_CONTEXT("fd " << fd) {
      FdTable table;
      Nobody first;
      Nobody second;
      const Cookie stale = table.insert(fd, first);
      table.erase(stale);
      const Cookie fresh = table.insert(fd, second);
      BOOST_TEST(table.find(stale) == nullptr);
      BOOST_TEST_REQUIRE(table.find(fresh) != nullptr);
      BOOST_TEST(table.find(fresh)->handler == &second);
      table.erase(stale);
      BOOST_TEST(table.find(fresh) != nullptr);
      BOOST_TEST(table.size() == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_new_owner_does_not_inherit_a_pending_requeue) {
  FdTable table;
  Nobody handler;
  const Cookie first = table.insert(5, handler);
  table.find(first)->requeued = true;
  table.erase(first);
  BOOST_TEST(!table.find(table.insert(5, handler))->requeued);
}

BOOST_AUTO_TEST_CASE(entries_survive_the_growth_of_the_array) {
  FdTable table;
  Nobody handler;
  std::vector<Cookie> cookies;
  for (int fd = 0; fd < 5000; ++fd) cookies.push_back(table.insert(fd, handler));
  for (const Cookie cookie : cookies) BOOST_TEST_REQUIRE(table.find(cookie) != nullptr);
  BOOST_TEST(table.size() == 5000U);
}

BOOST_AUTO_TEST_CASE(an_unknown_cookie_finds_nothing) {
  FdTable table;
  BOOST_TEST(table.find(0) == nullptr);
  BOOST_TEST(table.find(Cookie{FdTable::kDense} + 1) == nullptr);
}

BOOST_AUTO_TEST_CASE(an_fd_that_is_in_use_cannot_be_inserted_again) {
  for (const int fd : kFds) {
    BOOST_TEST_CONTEXT("fd " << fd) {
      BOOST_TEST(test::aborts([fd] {
        FdTable table;
        Nobody handler;
        table.insert(fd, handler);
        table.insert(fd, handler);
      }));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
