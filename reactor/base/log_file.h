// Where log lines end up: stdout, stderr or a file, written in batches of whole lines.
//
// Owner:  a LogThread. Thread: the writer's, once it runs.
// Fails as: `open` gives a Status; a write that fails drops the rest of its batch and says how
//         many lines that was. A torn line is ended before the next batch, so it spoils no other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "reactor/base/result.h"

namespace tidegate::base {

class LogFile {
 public:
  static constexpr int kPatienceMillis = 1000;

  /// `path` is "stdout", "stderr" or a file's path. A reader that takes nothing for `patience`
  /// milliseconds loses the batch (non-blocking destinations only).
  explicit LogFile(std::string path, int patience = kPatienceMillis)
      : path_(std::move(path)), patience_(patience) {}
  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&&) = delete;
  ~LogFile();

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Opens for appending, or again after the path was renamed; on failure an open file stays.
  /// Fails as: not_permitted, out_of_fds, os.
  Status open();

  struct Written {
    std::uint64_t lines = 0;
    std::uint64_t lost = 0;
  };

  /// Writes all of `batch`, with one write(2) when the kernel takes it whole.
  Written write(std::string_view batch);

 private:
  [[nodiscard]] bool is_standard() const { return path_ == "stdout" || path_ == "stderr"; }
  // False when the rest cannot be written.
  [[nodiscard]] bool may_go_on(int error) const;

  std::string path_;
  int patience_;
  int fd_ = -1;
  bool torn_ = false;  // the last byte written ended no line
};

}  // namespace tidegate::base
