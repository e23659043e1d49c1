// The plaintext and JSON tests of the TechEmpower benchmarks, over a HTTP/1.1 that holds what it
// promises: pipelining, requests in pieces, keep-alive, and strict refusals.
//
//   reactor-techempower [ADDRESS [IDLE]]     127.0.0.1:7003; idle clients leave after IDLE
//                                            milliseconds, 10000 when none is given
//   curl -i http://127.0.0.1:7003/plaintext
//   wrk -c 64 http://127.0.0.1:7003/json
//
// What makes it fast is what it does not do. A request is read where the kernel put it; `on_data`
// takes the whole ones, and the stream keeps the beginning of the next. The answers to one read are
// put together in the poller's write buffer and written at once. The date is formatted once a
// second on each poller, and read without a lock.
#include <charconv>
#include <cstring>
#include <ctime>

#include "reactor/examples/program.h"
#include "reactor/examples/request_head.h"
#include "reactor/poller_local.h"

using namespace tidegate::reactor;
namespace base = tidegate::base;
namespace examples = tidegate::examples;
using examples::RequestHead;

namespace {

// "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n", formatted anew when the second is over.
class DateLine {
 public:
  std::string_view at(base::Nanos now) {
    if (now >= good_until_) format(now);
    return {text_, size_};
  }

 private:
  void format(base::Nanos now) {
    const base::Nanos wall = base::wall_now();
    const std::time_t seconds = wall / base::kSecond;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    size_ = std::strftime(text_, sizeof text_, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    good_until_ = now + base::kSecond - wall % base::kSecond;
  }

  base::Nanos good_until_ = 0;
  std::size_t size_ = 0;
  char text_[48];
};

struct Page {
  std::string_view status = "HTTP/1.1 200 OK\r\n";
  std::string_view fields;
  std::string_view body;
};

constexpr Page kPlaintext{.fields = "Content-Type: text/plain\r\nContent-Length: 13\r\n",
                          .body = "Hello, World!"};
constexpr Page kJson{.fields = "Content-Type: application/json\r\nContent-Length: 27\r\n",
                     .body = R"({"message":"Hello, World!"})"};
constexpr Page kNotFound{"HTTP/1.1 404 Not Found\r\n", "Content-Length: 0\r\n", ""};
constexpr Page kNotAllowed{"HTTP/1.1 405 Method Not Allowed\r\n",
                           "Allow: GET, HEAD\r\nContent-Length: 0\r\n", ""};
constexpr Page kBad{"HTTP/1.1 400 Bad Request\r\n", "Content-Length: 0\r\n", ""};
constexpr Page kTooLarge{"HTTP/1.1 431 Request Header Fields Too Large\r\n",
                         "Content-Length: 0\r\n", ""};

const Page& page_for(const RequestHead& head) {
  const std::string_view path = head.target().substr(0, head.target().find('?'));
  if (head.method() != "GET" && head.method() != "HEAD") return kNotAllowed;
  if (path == "/plaintext") return kPlaintext;
  if (path == "/json") return kJson;
  return kNotFound;
}

class Session final : public Connection {
 public:
  Session(Poller& poller, PollerLocal<DateLine>& dates, base::Nanos idle)
      : Connection(poller), dates_(dates), idle_(idle) {}

 private:
  static constexpr std::size_t kMostOfAnAnswer = 512;

  void on_open() override { set_idle_limit(idle_); }

  std::size_t on_data(std::string_view bytes) override {
    RequestHead head;
    std::size_t taken = 0;
    // A client that does not take its answers gets no more of them for now: what is not consumed
    // comes again.
    while (!leaving_ && !stream().held()) {
      const auto outcome = head.read(bytes.substr(taken));
      if (outcome == RequestHead::Outcome::partial) break;
      answer(outcome, head);
      taken += head.size();
    }
    flush();
    if (!leaving_) return taken;
    finish();
    return bytes.size();
  }

  void answer(RequestHead::Outcome outcome, const RequestHead& head) {
    if (outcome == RequestHead::Outcome::too_large) return refuse(kTooLarge);
    if (outcome == RequestHead::Outcome::bad || head.has_body()) return refuse(kBad);
    leaving_ = !head.keeps_alive();
    put(page_for(head), head.method() != "HEAD");
  }

  // Where the next request would begin is not known: the end.
  void refuse(const Page& page) {
    leaving_ = true;
    put(page, true);
  }

  void put(const Page& page, bool with_body) {
    append(page.status);
    append("Server: tidegate-reactor\r\n");
    append(dates_.on(poller()).at(poller().now()));
    append(page.fields);
    append(leaving_ ? "Connection: close\r\n\r\n" : "\r\n");
    if (with_body) append(page.body);
    if (Poller::kWriteScratch - used_ < kMostOfAnAnswer) flush();
  }

  void append(std::string_view text) {
    std::memcpy(poller().write_buffer().data() + used_, text.data(), text.size());
    used_ += text.size();
  }

  void flush() {
    if (used_ == 0) return;
    write({poller().write_buffer().data(), std::exchange(used_, 0)});
  }

  PollerLocal<DateLine>& dates_;
  base::Nanos idle_;
  std::size_t used_ = 0;  // of the write buffer; 0 between callbacks
  bool leaving_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  const char* address = argc > 1 ? argv[1] : "127.0.0.1:7003";
  const std::string_view idle_text = argc > 2 ? argv[2] : "10000";
  base::Nanos idle = 0;
  std::from_chars(idle_text.data(), idle_text.data() + idle_text.size(), idle);

  examples::UntilSignal until_signal;
  if (auto opened = until_signal.open(); !opened) return examples::fail("signals", opened.error());
  PollerGroup group({.name = "web", .count = 2});
  if (auto opened = group.open(); !opened) return examples::fail("pollers", opened.error());

  PollerLocal<DateLine> dates(group);
  Server<Session> server(group, [&](Poller& poller) {
    return std::make_unique<Session>(poller, dates, idle * base::kMillisecond);
  });
  if (auto open = examples::listen(server, address); !open) {
    return examples::fail(address, open.error());
  }
  if (auto started = group.start(); !started) return examples::fail("threads", started.error());

  until_signal.wait();
  server.close();
  group.drain(examples::kPatience);
}
