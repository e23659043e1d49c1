// Where log lines end up: stdout, stderr or a file, written in batches of whole lines.
//
// A path with a date in it (see DatedPath) is the file of the time at which a batch is written:
// with "app-%Y%m%d.log" a line of the last instant of a day may be the first of the next day's
// file. Folders are not made.
//
// Owner:  a LogThread. Thread: the writer's, once it runs.
// Fails as: `open` gives a Status; a write that fails drops the rest of its batch and says how
//         many lines that was. A torn line is ended before the next batch, which is lost too when
//         not even that can be written, so it spoils no other. A dated file that cannot be opened
//         when its time comes leaves the old one in use.
//
// What is opened by its path never blocks on a reader. A stdout or stderr that is no file may, and
// its flags are not ours to change: it is written in pieces of at most PIPE_BUF, each when poll(2)
// says that there is room, which a pipe or a socket then has. Two are waited for without limit: a
// terminal that nobody reads, which promises less room, and one that writes to the same pipe in
// between.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "reactor/base/clock.h"
#include "reactor/base/dated_path.h"
#include "reactor/base/result.h"

namespace tidegate::base {

class LogFile {
 public:
  static constexpr int kPatienceMillis = 1000;
  static constexpr Nanos kRetry = kSecond;

  /// `path` is "stdout", "stderr" or a file's path, dated or not. A reader that takes nothing for
  /// `patience` milliseconds loses the rest of the batch.
  explicit LogFile(std::string path, int patience = kPatienceMillis)
      : path_(std::move(path)), patience_(patience) {}
  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&&) = delete;
  ~LogFile();

  /// As it was given.
  [[nodiscard]] const std::string& path() const { return path_.pattern(); }
  [[nodiscard]] bool dated() const { return path_.dated(); }

  /// Opens the file of the time `wall` for appending, or opens it again after it was renamed; on
  /// failure an open file stays. A closed stdout or stderr is os with EBADF, unless another fd has
  /// got its number by then. Fails as: not_permitted, out_of_fds, os.
  Status open(Nanos wall = wall_now());

  /// Goes over to the file of the time `wall` if that is another than the one open: to be called
  /// before each batch. After a failure it is tried again kRetry later, at the earliest. Fails as
  /// `open`; between the tries it is ok. Requires: opened.
  Status follow(Nanos wall);

  struct Written {
    std::uint64_t lines = 0;
    std::uint64_t lost = 0;
  };

  /// Writes all of `batch`: to a file with one write(2), when the kernel takes it whole.
  Written write(std::string_view batch);

 private:
  [[nodiscard]] bool is_standard() const { return path() == "stdout" || path() == "stderr"; }
  // Waits for it; false when patience runs out.
  [[nodiscard]] bool has_room() const;
  // False when the rest cannot be written.
  [[nodiscard]] bool may_go_on(int error) const;
  // Returns what could not be written of `text`.
  std::string_view put(std::string_view text);

  DatedPath path_;
  int patience_;
  int fd_ = -1;
  std::string open_name_;  // of the file that is open
  Nanos failed_at_ = -1;   // when `follow` last failed; -1: it did not
  bool paced_ = false;     // may block: written in pieces, when there is room for one
  bool torn_ = false;      // the last byte written ended no line
};

}  // namespace tidegate::base
