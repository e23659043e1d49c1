// Decides whether bytes are text that may be given to the YAML reader.
#pragma once

#include <string>
#include <string_view>

#include "conf/report.h"

namespace tidegate::conf {

/// `bytes` without a byte order mark and with \n for \r\n; lines and columns stay what they were.
std::string normalize(std::string_view bytes);

/// Complains about control characters, bytes that are no UTF-8 and brackets nested so deep that
/// reading them would cost much memory. True when the text may be parsed.
bool check_text(std::uint32_t source, Report& report);

}  // namespace tidegate::conf
