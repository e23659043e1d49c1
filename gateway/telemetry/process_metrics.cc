#include "gateway/telemetry/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

#include "reactor/base/clock.h"

namespace tidegate::gateway::telemetry {
namespace {

// The word of that index, from 0, in a line of words.
std::optional<double> word_at(const std::string& line, std::size_t index) {
  std::istringstream words(line);
  std::string word;
  for (std::size_t i = 0; i <= index; ++i) {
    if (!(words >> word)) return std::nullopt;
  }
  return std::strtod(word.c_str(), nullptr);
}

std::string read_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::optional<double> resident_bytes() {
  const auto pages = word_at(read_line("/proc/self/statm"), 1);
  if (!pages) return std::nullopt;
  return *pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("btime ", 0) == 0) return word_at(line, 1);
  }
  return std::nullopt;
}

std::optional<double> start_time() {
  // The second field, the name, may hold spaces and ends with the last parenthesis (proc(5)).
  constexpr std::size_t kStartTimeAfterName = 19;
  const std::string line = read_line("/proc/self/stat");
  const std::size_t name_end = line.rfind(')');
  const auto boot = boot_time();
  if (name_end == std::string::npos || !boot) return std::nullopt;
  const auto ticks = word_at(line.substr(name_end + 1), kStartTimeAfterName);
  if (!ticks) return std::nullopt;
  return *boot + *ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::optional<double> open_fds() {
  std::error_code failure;
  const std::filesystem::directory_iterator entries("/proc/self/fd", failure);
  if (failure) return std::nullopt;
  // One of them is the directory being read.
  return static_cast<double>(std::distance(begin(entries), end(entries)) - 1);
}

std::optional<double> max_fds() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

void add(Families& out, const char* name, const char* help, MetricType type,
         std::optional<double> value) {
  if (value) add_value(add_family(out, name, help, type), {}, *value);
}

}  // namespace

void collect_process_metrics(Families& out) {
  add(out, "process_cpu_seconds_total", "User and system time spent.", MetricType::Counter,
      static_cast<double>(base::read_clock(CLOCK_PROCESS_CPUTIME_ID)) / 1e9);
  add(out, "process_resident_memory_bytes", "Memory held in RAM.", MetricType::Gauge,
      resident_bytes());
  add(out, "process_open_fds", "File descriptors open now.", MetricType::Gauge, open_fds());
  add(out, "process_max_fds", "How many file descriptors may be open.", MetricType::Gauge,
      max_fds());
  add(out, "process_start_time_seconds", "When the process started, in seconds since the epoch.",
      MetricType::Gauge, start_time());
}

}  // namespace tidegate::gateway::telemetry
