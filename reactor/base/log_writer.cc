#include "reactor/base/log_writer.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "reactor/base/log_thread.h"

namespace tidegate::base {
namespace {

static_assert(LogWriter::kMaxLine <= LogRing::kBytes / 4);

// The rings of one thread: one for each writer it ever logged to, almost always one.
class ThreadRings {
 public:
  ThreadRings() = default;
  ThreadRings(const ThreadRings&) = delete;
  ThreadRings& operator=(const ThreadRings&) = delete;
  ~ThreadRings() {
    for (const auto& ring : rings_) ring->abandon();
  }

  // Null when there is none. A ring of an earlier writer at the same address is closed and so
  // never mistaken for this one's.
  LogRing* find(const LogThread* writer) const {
    for (const auto& ring : rings_) {
      if (ring->serves(writer)) return ring.get();
    }
    return nullptr;
  }

  LogRing* make(LogThread& writer) {
    std::erase_if(rings_, [](const auto& ring) { return ring->closed(); });
    auto ring = writer.join();
    return ring == nullptr ? nullptr : rings_.emplace_back(std::move(ring)).get();
  }

 private:
  std::vector<std::shared_ptr<LogRing>> rings_;
};

thread_local ThreadRings this_threads_rings;

}  // namespace

LogWriter::LogWriter(std::function<Nanos()> wall)
    : thread_(std::make_unique<LogThread>(std::move(wall))) {}
LogWriter::~LogWriter() = default;

Result<LogWriter::Destination> LogWriter::open_destination(const std::string& path) {
  return thread_->open_destination(path);
}

Status LogWriter::start() {
  return thread_->start();
}

void LogWriter::append(Destination to, std::string_view line) {
  if (line.size() > kMaxLine) {
    append(to, std::string(line.substr(0, kMaxLine - 1)) + '\n');
    return;
  }
  LogRing* ring = this_threads_rings.find(thread_.get());
  if (ring == nullptr) ring = this_threads_rings.make(*thread_);
  const LogRing::Push pushed = ring == nullptr ? LogRing::Push::full : ring->push(to, line);
  if (pushed == LogRing::Push::full) {
    thread_->count_drop();
  } else {
    thread_->wake_for(pushed);
  }
}

void LogWriter::reopen() {
  thread_->reopen();
}

std::uint64_t LogWriter::dropped() const {
  return thread_->dropped();
}

std::uint64_t LogWriter::written() const {
  return thread_->written();
}

std::uint64_t LogWriter::failed_opens() const {
  return thread_->failed_opens();
}

}  // namespace tidegate::base
