// A YAML document as a tree of our own: typed nodes that know where they stand.
//
// Owner:  the Tree; nodes are handed out as plain pointers that live as long as it.
// Thread: any, once read.
// An alias is a second pointer to the node of its anchor, so walk with a limit in mind: the reader
// keeps the number of nodes, each alias counted as a copy, below kMaxNodes.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "conf/source.h"

namespace tidegate::conf {

struct Node;

struct Entry {
  std::string key;
  Mark mark;  // of the key
  const Node* value = nullptr;
};

struct Node {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  bool broken = false;  // a complaint about the text was made already
  Mark mark;
  std::string text;                // of a scalar, variables expanded
  std::vector<const Node*> items;  // of a list
  std::vector<Entry> entries;      // of a map, in file order, keys unique

  /// Null when this is no map or has no such key.
  [[nodiscard]] const Entry* find(std::string_view key) const;
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
};

class Tree {
 public:
  Node& make(Node::Kind kind, const Mark& mark);

 private:
  std::deque<Node> nodes_;
};

/// What stands there, for a message: `text`, "a list", "a section", "nothing".
std::string describe(const Node& node);

/// How an item of a list is called in a key path: "[shop]" if it has a usable name, else "[0]".
std::string item_label(const Node& item, std::size_t index);

}  // namespace tidegate::conf
