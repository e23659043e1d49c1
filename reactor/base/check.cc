#include "reactor/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tidegate::base {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "tidegate: invariant broken: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace tidegate::base
