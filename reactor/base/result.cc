#include "reactor/base/result.h"

#include <cstring>

namespace tidegate::base {

std::string Error::describe() const {
  if (code != Errc::os) return std::string(name(code));
  char text[128];
  return std::string(::strerror_r(os_errno, text, sizeof text)) + " (errno " +
         std::to_string(os_errno) + ")";
}

}  // namespace tidegate::base
