// A head parsed for a test: it owns the bytes and the table the slices point into.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http1/head_parser.h"
#include "tests/unit/gateway/http1/every_split.h"

namespace tidegate::gateway::http1 {

struct ParsedRequest {
  explicit ParsedRequest(std::string_view text, const HeadLimits& limits = {})
      : bytes(exact_copy(text)) {
    problem = parse_request_head({bytes.data(), bytes.size()}, limits, *fields, head);
  }

  std::vector<char> bytes;
  std::unique_ptr<http::Fields> fields = std::make_unique<http::Fields>();
  http::RequestHead head;
  Reason problem = Reason::none;
};

struct ParsedResponse {
  explicit ParsedResponse(std::string_view text, const HeadLimits& limits = {})
      : bytes(exact_copy(text)) {
    problem = parse_response_head({bytes.data(), bytes.size()}, limits, *fields, head);
  }

  std::vector<char> bytes;
  std::unique_ptr<http::Fields> fields = std::make_unique<http::Fields>();
  http::ResponseHead head;
  Reason problem = Reason::none;
};

/// A complete HTTP/1.1 head with one field line besides Host.
inline std::string request_with(std::string_view line) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(line) + "\r\n\r\n";
}

}  // namespace tidegate::gateway::http1
