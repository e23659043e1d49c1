#include "gateway/http/fields.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <utility>

#include "gateway/http/chars.h"
#include "gateway/http/message.h"

namespace tidegate::gateway::http {
namespace {

constexpr std::pair<std::string_view, FieldId> kNames[] = {
    {"connection", FieldId::connection},
    {"content-length", FieldId::content_length},
    {"content-type", FieldId::content_type},
    {"date", FieldId::date},
    {"expect", FieldId::expect},
    {"host", FieldId::host},
    {"http2-settings", FieldId::http2_settings},
    {"keep-alive", FieldId::keep_alive},
    {"proxy-authenticate", FieldId::proxy_authenticate},
    {"proxy-authorization", FieldId::proxy_authorization},
    {"proxy-connection", FieldId::proxy_connection},
    {"referer", FieldId::referer},
    {"server", FieldId::server},
    {"te", FieldId::te},
    {"trailer", FieldId::trailer},
    {"transfer-encoding", FieldId::transfer_encoding},
    {"upgrade", FieldId::upgrade},
    {"user-agent", FieldId::user_agent},
    {"via", FieldId::via},
    {"x-forwarded-for", FieldId::x_forwarded_for},
    {"x-forwarded-host", FieldId::x_forwarded_host},
    {"x-forwarded-proto", FieldId::x_forwarded_proto},
    {"x-request-id", FieldId::x_request_id},
};

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return result;
}

BOOST_AUTO_TEST_SUITE(fields)

BOOST_AUTO_TEST_CASE(classifies_every_name_in_any_case) {
  BOOST_TEST(std::size(kNames) == static_cast<std::size_t>(FieldId::x_request_id));
  for (const auto& [name, id] : kNames) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST((classify(name) == id));
      BOOST_TEST((classify(upper(name)) == id));
      BOOST_TEST((classify(upper(name.substr(0, 1)).append(name.substr(1))) == id));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_name_with_any_one_character_changed_is_another) {
  for (const auto& [name, id] : kNames) {
    for (std::size_t at = 0; at < name.size(); ++at) {
      for (int byte = 0x21; byte < 0x7f; ++byte) {
        std::string changed(name);
        changed[at] = static_cast<char>(byte);
        if (!is_token(changed) || equals_ignoring_case(changed, name)) continue;
        BOOST_TEST_CONTEXT(changed) {
          BOOST_TEST((classify(changed) == FieldId::other));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(longer_and_shorter_names_are_others) {
  for (const auto& [name, id] : kNames) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST((classify(std::string(name) + "s") == FieldId::other));
      BOOST_TEST((classify(name.substr(1)) == FieldId::other));
      BOOST_TEST((classify(name.substr(0, name.size() - 1)) == FieldId::other));
    }
  }
  BOOST_TEST((classify("") == FieldId::other));
  BOOST_TEST((classify(std::string(4096, 'a')) == FieldId::other));
}

BOOST_AUTO_TEST_CASE(find_gives_the_first_of_an_id) {
  const auto table = std::make_unique<Fields>();
  table->push_back({"A", "1", FieldId::other});
  table->push_back({"Via", "2", FieldId::via});
  table->push_back({"Via", "3", FieldId::via});

  BOOST_REQUIRE(table->find(FieldId::via) != nullptr);
  BOOST_TEST(table->find(FieldId::via)->value == "2");
  BOOST_TEST(table->find(FieldId::host) == nullptr);
}

BOOST_AUTO_TEST_CASE(methods_are_case_sensitive) {
  BOOST_TEST((classify_method("GET") == Method::get));
  BOOST_TEST((classify_method("HEAD") == Method::head));
  BOOST_TEST((classify_method("POST") == Method::post));
  BOOST_TEST((classify_method("PUT") == Method::put));
  BOOST_TEST((classify_method("DELETE") == Method::del));
  BOOST_TEST((classify_method("CONNECT") == Method::connect));
  BOOST_TEST((classify_method("OPTIONS") == Method::options));
  BOOST_TEST((classify_method("TRACE") == Method::trace));
  BOOST_TEST((classify_method("PATCH") == Method::patch));
  for (const std::string_view other : {"get", "Get", "GETS", "PROPFIND", "M-SEARCH", "PRI", ""}) {
    BOOST_TEST_CONTEXT(other) {
      BOOST_TEST((classify_method(other) == Method::other));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http
