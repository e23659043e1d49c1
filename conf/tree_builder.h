// Turns the events of a YAML parser into a Tree, and refuses what YAML allows and we do not:
// tags, merge keys, duplicate keys, keys that are no text, aliases that never end, deep nesting.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/report.h"
#include "conf/tree.h"
#include "conf/variables.h"

namespace tidegate::conf {

class TreeBuilder {
 public:
  struct Scalar {
    const std::string& text;
    bool quoted = false;
    bool broken = false;  // a complaint about it was made already
  };
  using Anchor = std::size_t;  // 0 is none; counts up from 1

  TreeBuilder(Tree& tree, Report& report, const Lookup& lookup);

  // Each returns false when there is no sense in going on; the problem is then in the report.
  bool null(const Mark& mark, Anchor anchor);
  bool scalar(const Mark& mark, Anchor anchor, const Scalar& scalar);
  bool alias(const Mark& mark, Anchor anchor);
  bool open(Node::Kind kind, const Mark& mark, Anchor anchor);
  bool close();

  /// A tag other than the ones the parser makes up.
  void tag(const Mark& mark, std::string_view name);

  /// Null until the document is complete.
  [[nodiscard]] const Node* root() const { return root_; }
  /// The innermost list or section that is still open; null when there is none.
  [[nodiscard]] const Node* innermost() const;
  /// Where the last event was, for problems the parser cannot place.
  [[nodiscard]] const Mark& last_mark() const { return last_; }
  [[nodiscard]] std::string key_path() const;

 private:
  struct Frame {
    Node* node;
    Anchor anchor;
    std::uint64_t weight = 1;  // nodes in it, aliases counted as copies
    bool has_key = false;      // in a map: the next node is the value of `key`
    bool keep = true;          // false: the value of a refused key is read and dropped
    std::string key;
    Mark key_mark;
    std::unordered_map<std::string, Mark> seen;
  };

  [[nodiscard]] bool expects_key() const;
  bool take_key(const Mark& mark, const Scalar& scalar);
  bool refuse_key(const Mark& mark, std::string wanted, std::string hint);
  bool attach(Node& node, std::uint64_t weight, Anchor anchor);
  bool place(const Node& node, std::uint64_t weight, const Mark& used_at);
  bool expand_into(Node& node, const std::string& text);
  bool refuse_size(const Mark& mark);
  void complain(const Mark& mark, std::string wanted, std::string hint = {});

  Tree& tree_;
  Report& report_;
  const Lookup& lookup_;
  std::vector<Frame> frames_;
  struct Anchored {
    const Node* node = nullptr;  // null while it is still open
    std::uint64_t weight = 0;
  };
  std::unordered_map<Anchor, Anchored> anchors_;
  std::size_t expanded_bytes_ = 0;
  std::uint64_t made_ = 0;
  const Node* root_ = nullptr;
  Mark last_;
};

}  // namespace tidegate::conf
