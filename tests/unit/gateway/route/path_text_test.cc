#include "gateway/route/path_text.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

using namespace tidegate::gateway::route;

namespace {

struct Row {
  std::string_view path;
  std::string_view expected;
};

std::string decoded(std::string_view path) {
  std::vector<char> out(path.size() + 1);
  return std::string(decode_unreserved(path, out.data()));
}

std::string resolved(std::string_view path) {
  std::vector<char> out(path.size() + 1);
  return std::string(remove_dot_segments(path, out.data()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(path_text)

BOOST_AUTO_TEST_CASE(decodes_what_means_the_same_encoded_or_not) {
  constexpr Row kRows[] = {
      {"/plain", "/plain"},
      {"/%61%62c", "/abc"},
      {"/%41%5A%30%39", "/AZ09"},
      {"/%2e%2E/x", "/../x"},
      {"/%7euser", "/~user"},
      {"/%2d%2D%5f", "/--_"},
      {"%61", "a"},
      {"/%2561", "/%2561"},
      {"/a%2f%2Fb", "/a%2F%2Fb"},
      {"/%c3%a9", "/%C3%A9"},
      {"/%20", "/%20"},
      {"/%00", "/%00"},
      {"/%5c", "/%5C"},
      {"/%", "/%"},
      {"/%6", "/%6"},
      {"/%6g/%g6", "/%6g/%g6"},
      {"/%%61", "/%a"},
      {"/%ff", "/%FF"},
      {"/%3f%23", "/%3F%23"},
      {"", ""},
  };
  for (const Row& row : kRows) {
    BOOST_TEST_CONTEXT(row.path) {
      BOOST_TEST(decoded(row.path) == row.expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(sees_only_whole_dot_segments) {
  struct Seen {
    std::string_view path;
    bool expected;
  };
  constexpr Seen kRows[] = {
      {"/", false},      {"/a/b", false},   {"/.", true},
      {"/..", true},     {"/./", true},     {"/../", true},
      {"/a/.", true},    {"/a/..", true},   {"/a/./b", true},
      {"/a/../b", true}, {"/.a", false},    {"/..a", false},
      {"/...", false},   {"/.../", false},  {"/a.", false},
      {"/a./b", false},  {"/a../b", false}, {"/.well-known/acme", false},
      {"/.a/..", true},  {"*", false},      {"", false},
      {"/..;/a", false},
  };
  for (const Seen& row : kRows) {
    BOOST_TEST_CONTEXT(row.path) {
      BOOST_TEST(has_dot_segments(row.path) == row.expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(resolves_dot_segments_as_rfc_3986_does) {
  constexpr Row kRows[] = {
      {"/a/b/c/./../../g", "/a/g"},  // the example of RFC 3986 §5.2.4
      {"/", "/"},
      {"/a/b", "/a/b"},
      {"/.", "/"},
      {"/..", "/"},
      {"/./", "/"},
      {"/../", "/"},
      {"/../../a", "/a"},
      {"/a/.", "/a/"},
      {"/a/..", "/"},
      {"/a/b/..", "/a/"},
      {"/a/b/../", "/a/"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/../../b/..", "/"},
      {"/a//b", "/a//b"},
      {"/a//../b", "/a/b"},
      {"//../b", "/b"},
      {"/.../.a/..b", "/.../.a/..b"},
  };
  for (const Row& row : kRows) {
    BOOST_TEST_CONTEXT(row.path) {
      BOOST_TEST(resolved(row.path) == row.expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(works_in_place) {
  std::string path = "/a/%2e/b/%2E%2e/c";
  path.resize(decode_unreserved(path, path.data()).size());
  BOOST_TEST(path == "/a/./b/../c");
  path.resize(remove_dot_segments(path, path.data()).size());
  BOOST_TEST(path == "/a/c");
}

BOOST_AUTO_TEST_SUITE_END()
