// The JSON Schema (draft 2020-12) and the reference page, both made from the table of keys.
#pragma once

#include <string>

namespace tidegate::conf {

/// What `tidegate schema` prints.
std::string json_schema();

/// The Markdown reference of every key, its type, default and meaning: conf/REFERENCE.md.
std::string reference_page();

}  // namespace tidegate::conf
