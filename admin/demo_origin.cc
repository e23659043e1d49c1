#include "admin/demo_origin.h"

#include <charconv>
#include <optional>

#include "admin/json.h"
#include "gateway/http/chars.h"

namespace tidegate::admin {
namespace {

HttpServerLimits demo_limits() {
  HttpServerLimits limits;
  limits.connections = DemoOrigin::kConnections;
  limits.body_bytes = DemoOrigin::kMostBytes;
  limits.head_bytes = 64 * 1024;      // the gateway's own limit is the one to show
  limits.idle = 120 * base::kSecond;  // longer than the gateway pools connections
  return limits;
}

// The number that follows `prefix` and ends `path`.
std::optional<std::uint32_t> number_after(std::string_view path, std::string_view prefix) {
  if (path.substr(0, prefix.size()) != prefix) return std::nullopt;
  path.remove_prefix(prefix.size());
  std::uint32_t number = 0;
  const auto [end, failure] = std::from_chars(path.data(), path.data() + path.size(), number);
  if (failure != std::errc() || end != path.data() + path.size()) return std::nullopt;
  return number;
}

bool wants_html(const http::RequestHead& head) {
  for (const http::Field& field : *head.fields) {
    if (http::equals_ignoring_case(field.name, "accept")) {
      return field.value.find("text/html") != std::string_view::npos;
    }
  }
  return false;
}

std::string request_text(const Request& request) {
  std::string text(request.head.method_text);
  text += ' ';
  text += request.head.target;
  text += '\n';
  for (const http::Field& field : *request.head.fields) {
    text += field.name;
    text += ": ";
    text += field.value;
    text += '\n';
  }
  return text;
}

Response welcome_text(const Request& request, const std::string& admin_url) {
  Response response;
  response.body =
      "Hello from tidegate's demo origin. The proxy works. This is what arrived here:\n\n";
  response.body += request_text(request);
  response.body += "\nTry /status/503, /bytes/100000, or any other path to see it as JSON.\n";
  if (!admin_url.empty()) {
    response.body += "Look at " + admin_url + "/ for metrics, listeners and clusters.\n";
  }
  return response;
}

Response welcome_html(const Request& request, const std::string& admin_url) {
  std::string body =
      "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>tidegate</title>"
      "</head>\n<body>\n<h1>The proxy works</h1>\n<p>This is tidegate's demo origin, and this is "
      "what arrived here:</p>\n<pre>";
  body += escape_html(request_text(request));
  body +=
      "</pre>\n<p>Try <a href=\"/status/503\">/status/503</a>, "
      "<a href=\"/bytes/100000\">/bytes/100000</a>, or any other path to see it as JSON.</p>\n";
  if (!admin_url.empty()) {
    const std::string url = escape_html(admin_url);
    body += "<p>Look at <a href=\"" + url + "/\">" + url +
            "</a> for metrics, listeners and clusters.</p>\n";
  }
  body += "</body>\n</html>\n";
  return {200, "text/html; charset=utf-8", std::move(body)};
}

Response echo(const Request& request) {
  const http::RequestHead& head = request.head;
  Json fields = Json::array();
  for (const http::Field& field : *head.fields) {
    fields.push_back({{"name", field.name}, {"value", field.value}});
  }
  return json_response(
      {{"method", head.method_text},
       {"target", head.target},
       {"protocol", head.version == http::Version::http11 ? "HTTP/1.1" : "HTTP/1.0"},
       {"fields", std::move(fields)},
       {"body_bytes", request.body.size()}});
}

Response filler(std::uint32_t count) {
  constexpr std::string_view kLine =
      "The tide comes in, the tide goes out; the gate decides. 01234\n";
  Response response;
  response.content_type = "application/octet-stream";
  response.body.reserve(count + kLine.size());
  while (response.body.size() < count) response.body += kLine;
  response.body.resize(count);
  return response;
}

}  // namespace

DemoOrigin::DemoOrigin(reactor::Poller& poller, std::string admin_url)
    : admin_url_(std::move(admin_url)), server_(poller, *this, demo_limits()) {}

Response DemoOrigin::handle(const Request& request) {
  if (request.path == "/") {
    return wants_html(request.head) ? welcome_html(request, admin_url_)
                                    : welcome_text(request, admin_url_);
  }
  const auto status = number_after(request.path, "/status/");
  if (status && *status >= 200 && *status <= 599) {
    return plain_status(static_cast<std::uint16_t>(*status));
  }
  const auto count = number_after(request.path, "/bytes/");
  if (count && *count <= kMostBytes) return filler(*count);
  return echo(request);
}

}  // namespace tidegate::admin
