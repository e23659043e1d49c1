// How long one HTTP/1 head takes, from received bytes to the decision how its body ends. The time
// Google Benchmark reports is nanoseconds a head.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "gateway/http/date.h"
#include "gateway/http/framing.h"
#include "gateway/http1/body_decoder.h"
#include "gateway/http1/encoder.h"
#include "gateway/http1/head_parser.h"

namespace tidegate::gateway::http1 {
namespace {

constexpr std::string_view kBrowser =
    "GET /assets/images/banner-large.png?v=20240611 HTTP/1.1\r\n"
    "Host: www.shop.example\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0\r\n"
    "Accept: image/avif,image/webp,image/png,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Connection: keep-alive\r\n"
    "Referer: http://shop.example/index\r\n"
    "Cookie: session=2b1c7e5a90d84f\r\n"
    "\r\n";

constexpr std::string_view kLoadGenerator =
    "GET /index.html HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "User-Agent: bench/1.0\r\n"
    "Accept: */*\r\n"
    "\r\n";

constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Server: origin/1.25.3\r\n"
    "Date: Tue, 11 Jun 2024 09:30:00 GMT\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Length: 612\r\n"
    "Last-Modified: Tue, 11 Jun 2024 08:00:00 GMT\r\n"
    "ETag: \"66680a80-264\"\r\n"
    "Accept-Ranges: bytes\r\n"
    "\r\n";

// Far beyond the cookie and header sizes of most sites: the cost of a byte, not of a field.
std::string head_with_large_cookie() {
  std::string head(kBrowser.substr(0, kBrowser.size() - 2));
  head.append("X-Profile: ").append(4096, 'p').append("\r\n\r\n");
  return head;
}

void request(benchmark::State& state, std::string_view bytes) {
  http::Fields fields;
  http::RequestHead head;
  const HeadLimits limits;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes);
    HeadScanner scanner;
    const auto found = scanner.scan(bytes, limits);
    const Reason problem =
        parse_request_head(bytes.substr(0, found.head_size), limits, fields, head);
    const http::FramingDecision decision = http::request_framing(head);
    if (problem != Reason::none || decision.problem != Reason::none) {
      state.SkipWithError("refused");
      return;
    }
    benchmark::DoNotOptimize(head);
  }
  state.counters["bytes"] = static_cast<double>(bytes.size());
}

void response(benchmark::State& state, std::string_view bytes) {
  http::Fields fields;
  http::ResponseHead head;
  const HeadLimits limits;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes);
    HeadScanner scanner;
    const auto found = scanner.scan(bytes, limits);
    const Reason problem =
        parse_response_head(bytes.substr(0, found.head_size), limits, fields, head);
    const http::FramingDecision decision = http::response_framing(head, http::Method::get);
    if (problem != Reason::none || decision.problem != Reason::none) {
      state.SkipWithError("refused");
      return;
    }
    benchmark::DoNotOptimize(head);
  }
  state.counters["bytes"] = static_cast<double>(bytes.size());
}

void scan_only(benchmark::State& state, std::string_view bytes) {
  const HeadLimits limits;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes);
    HeadScanner scanner;
    benchmark::DoNotOptimize(scanner.scan(bytes, limits));
  }
}

void large_cookie_request(benchmark::State& state) {
  request(state, head_with_large_cookie());
}

void chunked_body(benchmark::State& state) {
  const auto chunk_size = static_cast<std::size_t>(state.range(0));
  std::string body;
  for (int i = 0; i < 16; ++i) {
    body.append(ChunkHeader(chunk_size).text()).append(chunk_size, 'x').append(kChunkEnd);
  }
  body.append(kLastChunkNoTrailers);
  BodyDecoder decoder;
  for (auto _ : state) {
    decoder.start({http::Framing::Kind::chunked});
    std::string_view rest = body;
    while (!decoder.done()) {
      const BodyDecoder::Step step = decoder.next(rest);
      benchmark::DoNotOptimize(step.data);
      rest.remove_prefix(step.consumed);
    }
  }
}

void date(benchmark::State& state) {
  std::int64_t now = 1718098200;
  for (auto _ : state) benchmark::DoNotOptimize(http::format_date(++now));
}

BENCHMARK_CAPTURE(request, load_generator_3_fields, kLoadGenerator);
BENCHMARK_CAPTURE(request, browser_8_fields, kBrowser);
BENCHMARK(large_cookie_request);
BENCHMARK_CAPTURE(response, origin_7_fields, kResponse);
BENCHMARK_CAPTURE(scan_only, load_generator_3_fields, kLoadGenerator);
BENCHMARK_CAPTURE(scan_only, browser_8_fields, kBrowser);
BENCHMARK(chunked_body)->Arg(64)->Arg(4096);
BENCHMARK(date);

}  // namespace
}  // namespace tidegate::gateway::http1

BENCHMARK_MAIN();
