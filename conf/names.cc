#include "conf/names.h"

namespace tidegate::conf {

void ClusterNames::add(std::string_view name, const Mark& mark) {
  by_name_.emplace(std::string(name), clusters_.size());
  clusters_.push_back({std::string(name), mark, false});
}

std::optional<std::size_t> ClusterNames::use(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  clusters_[found->second].used = true;
  return found->second;
}

std::vector<std::string_view> ClusterNames::all() const {
  std::vector<std::string_view> out;
  for (const auto& [name, index] : by_name_) out.push_back(name);
  return out;
}

std::vector<const ClusterNames::Cluster*> ClusterNames::unused() const {
  std::vector<const Cluster*> out;
  for (const auto& [name, index] : by_name_) {
    if (!clusters_[index].used) out.push_back(&clusters_[index]);
  }
  return out;
}

std::optional<Mark> TakenAddresses::take(const std::string& address, const Mark& mark) {
  const auto [entry, is_new] = taken_.emplace(address, mark);
  if (is_new) return std::nullopt;
  return entry->second;
}

}  // namespace tidegate::conf
