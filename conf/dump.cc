#include "conf/dump.h"

#include "conf/sections.h"
#include "conf/value.h"

namespace tidegate::conf {

std::string dump_yaml(const Config& config) {
  return to_yaml(write_section({&config}, kRoot, config));
}

std::string dump_json(const Config& config) {
  return to_json(write_section({&config}, kRoot, config));
}

}  // namespace tidegate::conf
