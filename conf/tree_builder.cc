#include "conf/tree_builder.h"

#include <algorithm>
#include <utility>

#include "conf/escape.h"
#include "conf/limits.h"

namespace tidegate::conf {

TreeBuilder::TreeBuilder(Tree& tree, Report& report, const Lookup& lookup)
    : tree_(tree), report_(report), lookup_(lookup) {}

bool TreeBuilder::null(const Mark& mark, Anchor anchor) {
  if (expects_key()) return refuse_key(mark, "a key is missing here", "");
  // The parser places an absent value at whatever comes next, perhaps lines below.
  const std::string_view line = report_.sources().at(mark.source).line(mark.line);
  const std::string_view there = line.substr(std::min<std::size_t>(mark.column - 1, line.size()));
  const bool written = !there.empty() && (there[0] == '~' || there[0] == 'n' || there[0] == 'N');
  const bool absent = !frames_.empty() && frames_.back().has_key && !written;
  return attach(tree_.make(Node::Kind::null, absent ? frames_.back().key_mark : mark), 1, anchor);
}

bool TreeBuilder::scalar(const Mark& mark, Anchor anchor, const Scalar& scalar) {
  last_ = mark;
  if (expects_key()) return take_key(mark, scalar);
  Node& node = tree_.make(Node::Kind::scalar, mark);
  node.broken = scalar.broken;
  if (!expand_into(node, scalar.text)) return false;
  return attach(node, 1, anchor);
}

bool TreeBuilder::alias(const Mark& mark, Anchor anchor) {
  last_ = mark;
  if (expects_key()) return refuse_key(mark, "a key must be plain text, not an alias", "");
  const Anchored& target = anchors_[anchor];
  if (target.node != nullptr) return place(*target.node, target.weight, mark);
  complain(mark, "this alias stands inside its own anchor and would never end");
  return place(tree_.make(Node::Kind::null, mark), 1, mark);
}

bool TreeBuilder::open(Node::Kind kind, const Mark& mark, Anchor anchor) {
  last_ = mark;
  if (expects_key()) {
    complain(mark, "a key must be plain text, not a list or a section",
             "quote a text that begins with `[` or `{`");
    return false;
  }
  if (frames_.size() >= kMaxDepth) {
    report_.add({mark, "", "nested more than " + std::to_string(kMaxDepth) + " deep", "", ""});
    return false;
  }
  if (anchor != 0) anchors_[anchor] = {};
  Frame frame;
  frame.node = &tree_.make(kind, mark);
  frame.anchor = anchor;
  frames_.push_back(std::move(frame));
  return true;
}

bool TreeBuilder::close() {
  Node& node = *frames_.back().node;
  const std::uint64_t weight = frames_.back().weight;
  const Anchor anchor = frames_.back().anchor;
  frames_.pop_back();
  return attach(node, weight, anchor);
}

void TreeBuilder::tag(const Mark& mark, std::string_view name) {
  complain(mark, "YAML tags are not used here, found " + quote(name),
           "remove it; a text that begins with `!` must be quoted");
}

const Node* TreeBuilder::innermost() const {
  return frames_.empty() ? nullptr : frames_.back().node;
}

std::string TreeBuilder::key_path() const {
  std::string path;
  const Node* below = nullptr;
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    const Frame& frame = frames_[i];
    below = i + 1 < frames_.size() ? frames_[i + 1].node : nullptr;
    if (frame.node->kind == Node::Kind::list) {
      const Node empty;
      path += item_label(below != nullptr ? *below : empty, frame.node->items.size());
    } else if (frame.has_key && !frame.key.empty()) {
      if (!path.empty()) path += ".";
      path += escape(frame.key);
    }
  }
  return path;
}

bool TreeBuilder::expects_key() const {
  return !frames_.empty() && frames_.back().node->kind == Node::Kind::map &&
         !frames_.back().has_key;
}

bool TreeBuilder::take_key(const Mark& mark, const Scalar& scalar) {
  const std::string& text = scalar.text;
  if (text == "<<" && !scalar.quoted) {
    return refuse_key(mark, "merge keys (`<<`) are not supported",
                      "write the keys out, or put an anchor on a whole section and use its alias");
  }
  Frame& frame = frames_.back();
  const auto [first, is_new] = frame.seen.emplace(text, mark);
  if (!is_new) {
    return refuse_key(mark,
                      "the key " + quote(text) + " is given twice; the first is at " +
                          report_.sources().place(first->second),
                      "keep one of them");
  }
  frame.has_key = true;
  frame.keep = true;
  frame.key = text;
  frame.key_mark = mark;
  return true;
}

bool TreeBuilder::refuse_key(const Mark& mark, std::string wanted, std::string hint) {
  complain(mark, std::move(wanted), std::move(hint));
  Frame& frame = frames_.back();
  frame.has_key = true;
  frame.keep = false;
  frame.key = "";
  frame.key_mark = mark;
  return true;
}

bool TreeBuilder::attach(Node& node, std::uint64_t weight, Anchor anchor) {
  if (++made_ > kMaxNodes) return refuse_size(node.mark);
  if (anchor != 0) anchors_[anchor] = {&node, weight};
  return place(node, weight, node.mark);
}

bool TreeBuilder::place(const Node& node, std::uint64_t weight, const Mark& used_at) {
  if (frames_.empty()) {
    root_ = &node;
    return true;
  }
  Frame& frame = frames_.back();
  frame.weight += weight;
  if (frame.weight > kMaxNodes) return refuse_size(used_at);
  if (frame.node->kind == Node::Kind::list) {
    frame.node->items.push_back(&node);
    return true;
  }
  if (frame.keep) frame.node->entries.push_back({std::move(frame.key), frame.key_mark, &node});
  frame.has_key = false;
  return true;
}

bool TreeBuilder::expand_into(Node& node, const std::string& text) {
  if (!has_variables(text)) {
    node.text = text;
    return true;
  }
  Expansion expansion = expand(text, lookup_);
  if (!expansion.problem.empty()) {
    complain(node.mark, std::move(expansion.problem), std::move(expansion.hint));
    node.broken = true;
  }
  expanded_bytes_ += expansion.text.size();
  if (expanded_bytes_ > kMaxExpandedBytes) {
    complain(node.mark, "variables make the file larger than 4 MiB");
    return false;
  }
  node.text = std::move(expansion.text);
  return true;
}

bool TreeBuilder::refuse_size(const Mark& mark) {
  complain(mark, "more than " + std::to_string(kMaxNodes) + " values",
           "an alias counts as a copy of what its anchor holds");
  return false;
}

void TreeBuilder::complain(const Mark& mark, std::string wanted, std::string hint) {
  report_.add({mark, key_path(), std::move(wanted), "", std::move(hint)});
}

}  // namespace tidegate::conf
