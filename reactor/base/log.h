// The log: lines from any thread through per-thread rings to one writer thread.
//
// A logging thread formats into its own ring and goes on; it never waits for a disk. When its ring
// is full the line is dropped and counted. The writer gathers what the rings hold and writes each
// batch with one write(2) per destination.
//
// Owner:  main makes one LogWriter before any logging thread starts and destroys it last.
// Thread: `line` and `append` from any; `reopen` from any.
// Fails as: a file that cannot be opened is a Status from `open_destination`; a write that fails later
//           (ENOSPC) drops the batch and counts its lines.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "reactor/base/result.h"

namespace tidegate::base {

enum class LogLevel : std::uint8_t { error, warn, info, debug };

/// "error", "warn", "info", "debug"; the inverse fails as: Errc::bad_address never, limit for unknown text.
std::string_view name(LogLevel level);
Result<LogLevel> parse_log_level(std::string_view text);

/// Appends `text` with quotes, backslashes, control bytes and invalid UTF-8 escaped for a JSON string.
void append_escaped(std::string& out, std::string_view text);

class LogWriter {
 public:
  // Names a destination: stdout, stderr or a file.
  using Destination = std::uint32_t;

  static constexpr std::size_t kRingBytes = 256 * 1024;  // per logging thread, made at its first line
  static constexpr std::size_t kMaxLine = 16 * 1024;     // longer lines are cut

  LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;
  /// Writes what is queued, then stops the thread.
  ~LogWriter();

  /// "stdout", "stderr" or a file's path, opened for appending; the same path gives the same destination.
  /// Call before `start`. Fails as: not_permitted, os.
  Result<Destination> open_destination(const std::string& path);

  void start();

  /// Queues one line, its newline included by the caller. Never blocks.
  void append(Destination to, std::string_view line);

  /// Closes and opens every file again under its path (after a rename by logrotate); the old file is kept
  /// when that fails. Returns at once; the writer does it.
  void reopen();

  /// Lines lost: ring full, too many threads, or a write that failed.
  [[nodiscard]] std::uint64_t dropped() const;
  [[nodiscard]] std::uint64_t written() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The diagnostic log: one JSON object per line: {"time":"2026-01-02T03:04:05.678Z","level":"info",
// "event":"listener_open","listener":"web",...}. Event first, then fields.
class Log {
 public:
  /// Writes nothing until `attach`.
  Log() = default;
  void attach(LogWriter& writer, LogWriter::Destination to, LogLevel level);

  [[nodiscard]] bool enabled(LogLevel level) const;

  struct Field {
    Field(std::string_view k, std::string_view v) : key(k), text(v) {}
    Field(std::string_view k, const char* v) : key(k), text(v) {}
    Field(std::string_view k, const std::string& v) : key(k), text(v) {}
    Field(std::string_view k, std::uint64_t v) : key(k), number(v), is_number(true) {}
    std::string_view key;
    std::string_view text;
    std::uint64_t number = 0;
    bool is_number = false;
  };

  void write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) const;
  void error(std::string_view event, std::initializer_list<Field> fields) const;
  void warn(std::string_view event, std::initializer_list<Field> fields) const;
  void info(std::string_view event, std::initializer_list<Field> fields) const;
  void debug(std::string_view event, std::initializer_list<Field> fields) const;

 private:
  LogWriter* writer_ = nullptr;
  LogWriter::Destination to_ = 0;
  LogLevel level_ = LogLevel::info;
};

}  // namespace tidegate::base
