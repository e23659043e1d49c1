#include "conf/catalog.h"

#include <algorithm>

#include "conf/sections.h"

namespace tidegate::conf {
namespace {

void collect(const SectionInfo& section, std::vector<const SectionInfo*>& out) {
  if (std::find(out.begin(), out.end(), &section) != out.end()) return;
  out.push_back(&section);
  for (const Described& row : section.describe(section)) {
    if (row.key->section != nullptr) collect(*row.key->section, out);
  }
}

}  // namespace

std::vector<const SectionInfo*> all_sections() {
  std::vector<const SectionInfo*> out;
  collect(kRoot, out);
  return out;
}

}  // namespace tidegate::conf
