// How admin pages make JSON: keys in the order they were written, and no exception on the way out.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "admin/http_message.h"

namespace tidegate::admin {

using Json = nlohmann::ordered_json;

/// Two spaces a level and a newline at the end; bytes that are no UTF-8 become U+FFFD, so that
/// nlohmann has nothing to throw about.
inline std::string to_text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

inline Response json_response(const Json& json, std::uint16_t status = 200) {
  return {status, "application/json", to_text(json)};
}

}  // namespace tidegate::admin
