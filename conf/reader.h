// Walks the tree by the table of keys: knows the path of the key it stands at, complains there,
// and goes on, so that one pass finds every problem.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "conf/keys.h"
#include "conf/names.h"
#include "conf/report.h"

namespace tidegate::conf {

class Reader {
 public:
  /// `report` must outlive the reader.
  explicit Reader(Report& report) : report_(report) {}

  /// Adds a step to the key path for as long as it lives.
  class Scope {
   public:
    Scope(Reader& reader, std::string_view step);
    ~Scope() { path_.resize(before_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    std::string& path_;
    std::size_t before_;
  };

  /// "wanted `wanted`, found (what `node` is)"; silent about a node that was complained about.
  void wrong(const Node& node, std::string wanted, std::string hint = {});
  /// A sentence about a place.
  void complain(const Mark& mark, std::string sentence, std::string hint = {});
  void warn(const Mark& mark, std::string sentence, std::string hint = {});
  [[nodiscard]] std::string place(const Mark& mark) const { return report_.sources().place(mark); }

  /// False, after a complaint, when `node` is no map, or no list.
  bool expect_map(const Node& node, const SectionInfo& section);
  bool expect_list(const Node& node, std::string_view of_what);

  /// Complains about every key of `node` that is not in the table.
  void check_known(const Node& node, const std::vector<std::string_view>& known);
  void missing(const Node& node, const KeyInfo& key);
  /// Complains when the `name` of an item was seen before.
  void check_unique(const Node& item, std::unordered_map<std::string, Mark>& seen);

  ClusterNames clusters;
  TakenAddresses addresses;
  Timeouts default_timeouts;  // `defaults.timeouts`, read before what inherits it

 private:
  Report& report_;
  std::string path_;
};

template <typename T>
void read_section(Reader& reader, const Node& node, const Section<T>& section, T& out) {
  if (!reader.expect_map(node, section)) return;
  if (section.begin != nullptr) section.begin(reader, out);
  std::vector<std::string_view> known;
  for (const Key<T>& key : section.keys) known.push_back(key.info.name);
  reader.check_known(node, known);
  for (const Key<T>& key : section.keys) {
    const Entry* entry = node.find(key.info.name);
    if (entry != nullptr) {
      const Reader::Scope scope(reader, key.info.name);
      key.read(reader, *entry->value, key.info, out);
    } else if (key.info.required) {
      reader.missing(node, key.info);
    }
  }
  if (section.finish != nullptr) section.finish(reader, node, out);
}

/// Reads a list of sections; items with a `name` must have different ones.
template <typename T>
void read_sections(Reader& reader, const Node& node, const KeyInfo& info, const Section<T>& section,
                   std::vector<T>& out) {
  if (!reader.expect_list(node, section.name)) return;
  if (node.items.size() < info.min) {
    reader.complain(node.mark, "needs at least one " + std::string(section.name));
  }
  std::unordered_map<std::string, Mark> seen;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = *node.items[i];
    const Reader::Scope scope(reader, item_label(item, i));
    reader.check_unique(item, seen);
    T object;
    read_section(reader, item, section, object);
    out.push_back(std::move(object));
  }
}

}  // namespace tidegate::conf
