// The diagnostic log: one JSON object per line, {"time":"2026-01-02T03:04:05.678Z","level":"info",
// "event":"listener_open","listener":"web",...}. Event first, then fields.
//
// Owner:  main; everybody else holds a reference. Thread: `attach` before the others start; the
//         rest from any.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "reactor/base/json_escape.h"
#include "reactor/base/log_writer.h"

namespace tidegate::base {

enum class LogLevel : std::uint8_t { error, warn, info, debug };

/// "error", "warn", "info" or "debug".
std::string_view name(LogLevel level);

/// The inverse; nothing for any other text.
std::optional<LogLevel> parse_log_level(std::string_view text);

class Log {
 public:
  // One key with a text, a number or a truth value; the views must live until `write` returns.
  struct Field {
    enum class Kind : std::uint8_t { text, number, negative, truth };

    Field(std::string_view k, std::string_view v) : key(k), text(v) {}
    Field(std::string_view k, const char* v) : key(k), text(v) {}
    Field(std::string_view k, const std::string& v) : key(k), text(v) {}
    Field(std::string_view k, std::integral auto v)
        : key(k),
          kind(v < 0 ? Kind::negative : Kind::number),
          number(static_cast<std::uint64_t>(v)) {}
    Field(std::string_view k, bool v) : key(k), kind(Kind::truth), number(v ? 1 : 0) {}

    std::string_view key;
    Kind kind = Kind::text;
    std::uint64_t number = 0;  // negative: its two's complement
    std::string_view text;
  };

  /// Writes nothing until `attach`.
  Log() = default;

  /// `writer` must outlive this object. Lines above `level` are left out.
  void attach(LogWriter& writer, LogWriter::Destination to, LogLevel level);

  [[nodiscard]] bool enabled(LogLevel level) const { return writer_ != nullptr && level <= level_; }

  /// `event` is a stable snake_case word; values are escaped, keys are ours and are not. Fields
  /// that would make the line longer than LogWriter::kMaxLine are cut or left out.
  void write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) const;

  void error(std::string_view event, std::initializer_list<Field> fields) const {
    write(LogLevel::error, event, fields);
  }
  void warn(std::string_view event, std::initializer_list<Field> fields) const {
    write(LogLevel::warn, event, fields);
  }
  void info(std::string_view event, std::initializer_list<Field> fields) const {
    write(LogLevel::info, event, fields);
  }
  void debug(std::string_view event, std::initializer_list<Field> fields) const {
    write(LogLevel::debug, event, fields);
  }

 private:
  LogWriter* writer_ = nullptr;
  LogWriter::Destination to_ = 0;
  LogLevel level_ = LogLevel::info;
};

}  // namespace tidegate::base
