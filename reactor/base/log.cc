#include "reactor/base/log.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>
#include <iterator>

#include "reactor/base/clock.h"
#include "reactor/base/utc_stamp.h"

namespace tidegate::base {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"error", "warn", "info", "debug"};

// Room for `"` or a number, and for "}\n", after a key.
constexpr std::size_t kReserve = 32;

void append_field(std::string& line, const Log::Field& field) {
  const std::size_t used = line.size() + field.key.size() + kReserve;
  if (used > LogWriter::kMaxLine) return;
  const auto out = fmt::format_to(std::back_inserter(line), FMT_COMPILE(",\"{}\":"), field.key);
  switch (field.kind) {
    case Log::Field::Kind::text:
      line += '"';
      append_escaped(line, field.text, LogWriter::kMaxLine - used);
      line += '"';
      break;
    case Log::Field::Kind::number:
      fmt::format_to(out, FMT_COMPILE("{}"), field.number);
      break;
    case Log::Field::Kind::negative:
      fmt::format_to(out, FMT_COMPILE("{}"), static_cast<std::int64_t>(field.number));
      break;
    case Log::Field::Kind::truth:
      line += field.number != 0 ? "true" : "false";
      break;
  }
}

}  // namespace

std::string_view name(LogLevel level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == text) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

void Log::attach(LogWriter& writer, LogWriter::Destination to, LogLevel level) {
  writer_ = &writer;
  to_ = to;
  level_ = level;
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) const {
  if (!enabled(level)) return;
  // Reused by all logs of a thread: no allocation once it has grown.
  thread_local UtcStamp stamp;
  thread_local std::string line;
  line.clear();
  fmt::format_to(std::back_inserter(line),
                 FMT_COMPILE(R"({{"time":"{}","level":"{}","event":"{}")"),
                 stamp.format(wall_now()), name(level), event);
  for (const Field& field : fields) append_field(line, field);
  line += "}\n";
  writer_->append(to_, line);
}

}  // namespace tidegate::base
