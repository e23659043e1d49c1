// TG_CHECK stops the process, saying which invariant of ours was false. It is for our own
// mistakes only: what strangers, the kernel or an operator get wrong is a value.
#pragma once

namespace tidegate::base {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace tidegate::base

#define TG_CHECK(expression)                          \
  (__builtin_expect(static_cast<bool>(expression), 1) \
       ? static_cast<void>(0)                         \
       : ::tidegate::base::check_failed(#expression, __FILE__, __LINE__))

// The same, compiled away in release builds: for checks on a hot path.
#ifdef NDEBUG
#define TG_DCHECK(expression) static_cast<void>(0)
#else
#define TG_DCHECK(expression) TG_CHECK(expression)
#endif
