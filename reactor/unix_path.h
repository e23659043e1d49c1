// The file a listening unix socket is bound to.
//
// Owner:  a ListeningSocket. Destroying it removes the file, if that is still the one it claimed.
// Thread: one at a time. File system calls: they may block for as long as the disk does.
// Fails as: in_use, not_permitted, out_of_fds, os.
// Two processes that take over one dead path at the same moment may both succeed; the later one
// keeps it, and the former removes nothing of it.
#pragma once

#include <sys/types.h>

#include <string>

#include "reactor/base/address.h"
#include "reactor/base/result.h"
#include "reactor/listen_options.h"

namespace tidegate::reactor {

class UnixPath {
 public:
  UnixPath() = default;
  UnixPath(const UnixPath&) = delete;
  UnixPath& operator=(const UnixPath&) = delete;
  ~UnixPath() { remove(); }

  /// Whether `address` names a file: abstract names and IP addresses do not.
  static bool names_file(const base::Address& address);

  /// Removes the socket a process that is gone left at `address`. What is no socket, or one that
  /// somebody listens on, stays: in_use.
  static base::Status clear(const base::Address& address);

  /// Takes charge of the file bind(2) just made, and gives it mode and owner: to be called before
  /// `listen`, as nobody can connect until then. The file is removed when that fails.
  base::Status claim(const base::Address& address, const ListenOptions& options);

  /// Removes the file; whatever else took its place by now is left alone.
  void remove();

 private:
  std::string path_;  // empty: nothing claimed
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace tidegate::reactor
