#include "conf/merge.h"

#include <algorithm>

#include "conf/escape.h"
#include "conf/sections.h"

namespace tidegate::conf {
namespace {

bool is_list_of_objects(std::string_view name) {
  return std::any_of(kRoot.keys.begin(), kRoot.keys.end(), [name](const Key<Config>& key) {
    return key.info.name == name && key.info.kind == Kind::sections;
  });
}

class Merger {
 public:
  Merger(Tree& tree, const Mark& mark, Report& report)
      : tree_(tree), report_(report), merged_(tree.make(Node::Kind::map, mark)) {}

  void add(const Entry& entry) {
    const auto first = std::find_if(merged_.entries.begin(), merged_.entries.end(),
                                    [&](const Entry& other) { return other.key == entry.key; });
    if (first == merged_.entries.end()) {
      merged_.entries.push_back(entry);
    } else if (is_list_of_objects(entry.key) && entry.value->kind == Node::Kind::list &&
               first->value->kind == Node::Kind::list) {
      first->value = joined(*first->value, *entry.value);
    } else if (!repeats_version(*first, entry)) {
      report_.add({entry.mark, escape(entry.key),
                   "given in two files; the first is at " + report_.sources().place(first->mark),
                   "", "only lists of objects are joined"});
    }
  }

  [[nodiscard]] const Node* result() const { return &merged_; }

 private:
  const Node* joined(const Node& first, const Node& second) {
    Node& both = tree_.make(Node::Kind::list, first.mark);
    both.items = first.items;
    both.items.insert(both.items.end(), second.items.begin(), second.items.end());
    return &both;
  }

  static bool repeats_version(const Entry& first, const Entry& second) {
    return first.key == "version" && second.value->is_scalar() &&
           first.value->text == second.value->text;
  }

  Tree& tree_;
  Report& report_;
  Node& merged_;
};

}  // namespace

const Node* merge(Tree& tree, const std::vector<const Node*>& roots, const Mark& mark,
                  Report& report) {
  Merger merger(tree, mark, report);
  for (const Node* root : roots) {
    for (const Entry& entry : root->entries) merger.add(entry);
  }
  return merger.result();
}

}  // namespace tidegate::conf
