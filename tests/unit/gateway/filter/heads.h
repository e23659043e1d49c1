// Heads made by hand for the filter's tests, and the text expected of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/chars.h"
#include "gateway/http/message.h"

namespace tidegate::gateway::filter::test {

struct Line {
  std::string_view name;
  std::string_view value;
};
using Lines = std::vector<Line>;

inline http::Fields fields_of(const Lines& lines) {
  http::Fields fields;
  for (const Line& line : lines) {
    fields.push_back({line.name, line.value, http::classify(line.name)});
  }
  return fields;
}

// "GET /" from an HTTP/1.1 client for host "a.example".
inline http::RequestHead request_of(const http::Fields& fields) {
  http::RequestHead head;
  head.method = http::Method::get;
  head.method_text = "GET";
  head.target = "/";
  head.path = "/";
  head.authority = "a.example";
  head.fields = &fields;
  return head;
}

inline http::ResponseHead response_of(const http::Fields& fields, std::uint16_t status = 200,
                                      std::string_view reason = "OK") {
  http::ResponseHead head;
  head.status = status;
  head.reason = reason;
  head.fields = &fields;
  return head;
}

// The values of every line of `head` called `name`, regardless of case, separated by '|'; "-" when
// there is no such line.
inline std::string values_of(std::string_view head, std::string_view name) {
  std::string values;
  bool found = false;
  for (std::size_t start = 0; start < head.size();) {
    const std::size_t end = head.find("\r\n", start);
    const std::string_view line = head.substr(start, end - start);
    const std::size_t colon = line.find(": ");
    if (colon == name.size() && http::equals_ignoring_case(line.substr(0, colon), name)) {
      if (found) values += '|';
      values += line.substr(colon + 2);
      found = true;
    }
    start = end + 2;
  }
  return found ? values : "-";
}

}  // namespace tidegate::gateway::filter::test
