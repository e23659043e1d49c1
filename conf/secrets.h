// Which configured values a dump must not show.
#pragma once

#include <string_view>

namespace tidegate::conf {

/// What a dump prints in place of such a value. It reads back as this text.
constexpr std::string_view kHidden = "(hidden)";

/// Whether a header of this lower-case name carries credentials: Authorization, Cookie and their
/// kin, and any name with "token", "secret", "password", "credential", "api-key", "apikey" or
/// "auth" in it.
bool carries_secret(std::string_view header_name);

}  // namespace tidegate::conf
