#include "conf/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "conf/units.h"

namespace tidegate::conf {
namespace {

FileText failed(const std::string& what, int os_errno) {
  FileText out;
  const std::error_code code(os_errno, std::generic_category());
  out.problem = what + ": " + code.message();
  return out;
}

FileText too_large(std::size_t limit) {
  FileText out;
  out.problem = "larger than " + format_size(limit);
  out.hint = "this is the limit for a whole configuration";
  return out;
}

FileText read_all(int fd, std::size_t limit) {
  FileText out;
  char block[65536];
  while (out.text.size() <= limit) {
    const ssize_t got = ::read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot be read", errno);
    if (got == 0) return out;
    out.text.append(block, static_cast<std::size_t>(got));
  }
  return too_large(limit);
}

}  // namespace

FileText read_text_file(const std::string& path, std::size_t limit) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed("cannot be opened", errno);
  struct stat facts {};
  const bool known = ::fstat(fd, &facts) == 0;
  const bool oversized =
      known && S_ISREG(facts.st_mode) && static_cast<std::uint64_t>(facts.st_size) > limit;
  FileText out = oversized ? too_large(limit) : read_all(fd, limit);
  ::close(fd);
  return out;
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

Listing list_directory(const std::string& path) {
  Listing out;
  std::error_code code;
  std::filesystem::directory_iterator entry(path, code);
  for (const std::filesystem::directory_iterator end; !code && entry != end;
       entry.increment(code)) {
    const std::string file = entry->path().string();
    if (entry->path().filename().string().front() == '.' || is_directory(file)) continue;
    const std::string extension = entry->path().extension().string();
    if (extension == ".yaml") out.paths.push_back(file);
    if (extension == ".yml") out.ignored.push_back(file);
  }
  if (code) out.problem = "cannot be listed: " + code.message();
  std::sort(out.paths.begin(), out.paths.end());
  std::sort(out.ignored.begin(), out.ignored.end());
  return out;
}

}  // namespace tidegate::conf
