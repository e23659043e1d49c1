// The way of log lines: from any thread through its own ring to one writer thread.
//
// A logging thread copies into its own ring and goes on; it never waits for a disk. When its ring
// is full the line is dropped and counted. The writer gathers what the rings hold and writes each
// batch with one write(2) per file. Lines of one thread keep their order.
//
// Owner:  main makes one LogWriter before any logging thread starts and destroys it last.
// Thread: `append`, `reopen` and the counts from any; the rest from the owner's.
// Fails as: a file that cannot be opened is an error from `open_destination`; a write that fails
//         later (ENOSPC) drops the rest of its batch and counts its lines. A pipe whose reader
//         takes nothing for LogFile::kPatienceMillis is such a failure, of each batch anew, and the
//         other destinations wait meanwhile: their rings may fill and drop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "reactor/base/clock.h"
#include "reactor/base/result.h"

namespace tidegate::base {

class LogThread;

class LogWriter {
 public:
  // Names a destination: stdout, stderr or a file.
  using Destination = std::uint32_t;

  static constexpr std::size_t kMaxLine = 16 * 1024;  // longer lines are cut

  /// `wall` gives the time by which dated files are named; it is called by the owner until `start`,
  /// then on the writer's thread.
  explicit LogWriter(std::function<Nanos()> wall = wall_now);
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;
  /// Writes what is queued, then stops the thread; a destination that takes nothing costs its
  /// patience for each LogThread::kBatchBytes that wait for it.
  ~LogWriter();

  /// "stdout", "stderr" or a file's path, opened for appending; the same path gives the same
  /// destination. A path may hold the date, as in "app-%Y%m%d.log" (see DatedPath): each batch goes
  /// to the file of its time. To be called before other fds are made: in a process started with its
  /// stdout closed, they take its number. Requires: not started. Fails as: not_permitted,
  /// out_of_fds, os.
  Result<Destination> open_destination(const std::string& path);

  /// Starts the writer thread; lines appended earlier wait for it. Fails as: out_of_memory, os.
  Status start();

  /// Queues one line, its newline included by the caller. Never waits.
  void append(Destination to, std::string_view line);

  /// Opens every file again under its path (after a rename by logrotate); the old file is kept when
  /// that fails, and the failure counted. Returns at once; the writer does it.
  void reopen();

  /// Lines lost: ring full, too many threads, or a write that failed.
  [[nodiscard]] std::uint64_t dropped() const;
  [[nodiscard]] std::uint64_t written() const;

  /// How often a file could not be opened since the start, by `reopen` or because its time had
  /// come.
  [[nodiscard]] std::uint64_t failed_opens() const;

 private:
  std::unique_ptr<LogThread> thread_;
};

}  // namespace tidegate::base
