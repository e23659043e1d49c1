#include "conf/secrets.h"

#include <algorithm>
#include <array>

namespace tidegate::conf {

bool carries_secret(std::string_view header_name) {
  // "auth" takes authorization, proxy-authorization and x-auth-*; better one too many.
  constexpr std::array<std::string_view, 8> kMarks = {
      "auth", "cookie", "token", "secret", "password", "credential", "api-key", "apikey"};
  return std::any_of(kMarks.begin(), kMarks.end(), [header_name](std::string_view mark) {
    return header_name.find(mark) != std::string_view::npos;
  });
}

}  // namespace tidegate::conf
