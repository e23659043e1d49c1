#include "gateway/http/message.h"

namespace tidegate::gateway::http {

Method classify_method(std::string_view token) {
  switch (token.size()) {
    case 3:
      if (token == "GET") return Method::get;
      if (token == "PUT") return Method::put;
      return Method::other;
    case 4:
      if (token == "POST") return Method::post;
      if (token == "HEAD") return Method::head;
      return Method::other;
    case 5:
      if (token == "PATCH") return Method::patch;
      if (token == "TRACE") return Method::trace;
      return Method::other;
    case 6:
      return token == "DELETE" ? Method::del : Method::other;
    case 7:
      if (token == "OPTIONS") return Method::options;
      if (token == "CONNECT") return Method::connect;
      return Method::other;
    default:
      return Method::other;
  }
}

}  // namespace tidegate::gateway::http
