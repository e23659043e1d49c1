#include "reactor/base/errc.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <set>
#include <string>

#include "reactor/base/result.h"

namespace tidegate::base {
namespace {

BOOST_AUTO_TEST_SUITE(errc)

BOOST_AUTO_TEST_CASE(an_errno_is_sorted_into_the_code_that_names_it) {
  struct Case {
    int number;
    const char* name;
  };
  const Case cases[] = {
      {0, "ok"},
      {ECONNREFUSED, "refused"},
      {EHOSTUNREACH, "unreachable"},
      {ENETUNREACH, "unreachable"},
      {EHOSTDOWN, "unreachable"},
      {ENETDOWN, "unreachable"},
      {EADDRNOTAVAIL, "unreachable"},
      {ECONNRESET, "reset"},
      {ECONNABORTED, "reset"},
      {EPIPE, "reset"},
      {ETIMEDOUT, "timed_out"},
      {ECANCELED, "cancelled"},
      {EMFILE, "out_of_fds"},
      {ENFILE, "out_of_fds"},
      {ENOMEM, "out_of_memory"},
      {ENOBUFS, "out_of_memory"},
      {EADDRINUSE, "in_use"},
      {EACCES, "not_permitted"},
      {EPERM, "not_permitted"},
      {ENOENT, "os_error"},
      {EINVAL, "os_error"},
  };
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT("errno " << c.number) {
      BOOST_TEST(name(errc_from_errno(c.number)) == c.name);
      const Error error = Error::from_errno(c.number);
      BOOST_TEST(name(error.code) == c.name);
      BOOST_TEST(error.os_errno == c.number);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_code_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(Errc::limit); ++code) {
    const std::string_view text = name(static_cast<Errc>(code));
    BOOST_TEST(text != "unknown");
    BOOST_TEST(names.insert(text).second);
  }
  BOOST_TEST(name(static_cast<Errc>(static_cast<int>(Errc::limit) + 1)) == "unknown");
}

BOOST_AUTO_TEST_CASE(an_error_describes_itself_and_leaves_the_rest_to_the_kernels_words) {
  BOOST_TEST(Error::from_errno(ECONNREFUSED).describe() == "refused");
  BOOST_TEST((Error{Errc::limit, 0}.describe()) == "limit");
  BOOST_TEST(Error::from_errno(EINVAL).describe() == "Invalid argument (errno 22)");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(result)

BOOST_AUTO_TEST_CASE(a_status_is_good_unless_given_an_error) {
  BOOST_TEST(Status().ok());
  const Status bad = Error{Errc::reset, 0};
  BOOST_TEST(!bad.ok());
  BOOST_TEST(name(bad.error().code) == "reset");
}

BOOST_AUTO_TEST_CASE(a_result_has_a_value_or_an_error) {
  Result<std::string> good = std::string("text");
  BOOST_TEST_REQUIRE(good.ok());
  BOOST_TEST(good->size() == 4U);
  BOOST_TEST(name(good.error().code) == "ok");
  const std::string moved = std::move(*good);
  BOOST_TEST(moved == "text");

  const Result<std::string> bad = Error{Errc::limit, 0};
  BOOST_TEST(!bad.ok());
  BOOST_TEST(name(bad.error().code) == "limit");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::base
