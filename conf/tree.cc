#include "conf/tree.h"

#include "conf/escape.h"

namespace tidegate::conf {

const Entry* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

Node& Tree::make(Node::Kind kind, const Mark& mark) {
  Node& node = nodes_.emplace_back();
  node.kind = kind;
  node.mark = mark;
  return node;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return node.text.empty() ? "empty text" : quote(node.text);
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a section";
  }
  return {};
}

std::string item_label(const Node& item, std::size_t index) {
  const Entry* name = item.find("name");
  const bool named = name != nullptr && name->value->is_scalar() && !name->value->text.empty();
  return "[" + (named ? escape(name->value->text) : std::to_string(index)) + "]";
}

}  // namespace tidegate::conf
