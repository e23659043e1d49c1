#include "conf/reader.h"

#include "conf/escape.h"
#include "conf/suggest.h"

namespace tidegate::conf {

Reader::Scope::Scope(Reader& reader, std::string_view step)
    : path_(reader.path_), before_(reader.path_.size()) {
  const bool is_label = step.substr(0, 1) == "[";
  if (!path_.empty() && !is_label) path_ += '.';
  path_ += step;
}

void Reader::wrong(const Node& node, std::string wanted, std::string hint) {
  if (node.broken) return;
  if (node.kind == Node::Kind::null) hint = "give it a value, or remove the key";
  report_.add({node.mark, path_, std::move(wanted), describe(node), std::move(hint)});
}

void Reader::complain(const Mark& mark, std::string sentence, std::string hint) {
  report_.add({mark, path_, std::move(sentence), "", std::move(hint)});
}

void Reader::warn(const Mark& mark, std::string sentence, std::string hint) {
  report_.add({mark, path_, std::move(sentence), "", std::move(hint), Problem::Severity::warning});
}

bool Reader::expect_map(const Node& node, const SectionInfo& section) {
  if (node.kind == Node::Kind::map) return true;
  wrong(node, "a section of keys (" + std::string(section.name) + ")");
  return false;
}

bool Reader::expect_list(const Node& node, std::string_view of_what) {
  if (node.kind == Node::Kind::list) return true;
  const bool single = node.is_scalar() || node.kind == Node::Kind::map;
  wrong(node, "a list (" + std::string(of_what) + ")",
        single ? "a single item is a list too: `[…]`, or `- ` before it" : "");
  return false;
}

void Reader::check_known(const Node& node, const std::vector<std::string_view>& known) {
  for (const Entry& entry : node.entries) {
    bool found = false;
    for (const std::string_view name : known) found = found || name == entry.key;
    if (found) continue;
    const auto colon = entry.key.find(':');
    const bool no_space = colon != std::string::npos && entry.value->kind == Node::Kind::null;
    complain(entry.mark, "unknown key " + quote(entry.key),
             no_space ? "a colon needs a space after it: `key: value`" : suggest(entry.key, known));
  }
}

void Reader::missing(const Node& node, const KeyInfo& key) {
  complain(node.mark, "the key " + quote(key.name) + " is missing", std::string(key.meaning));
}

void Reader::check_unique(const Node& item, std::unordered_map<std::string, Mark>& seen) {
  const Entry* name = item.find("name");
  if (name == nullptr || !name->value->is_scalar()) return;
  const Mark& mark = name->value->mark;
  const auto [first, is_new] = seen.emplace(name->value->text, mark);
  if (is_new) return;
  complain(mark, "the name " + quote(name->value->text) + " is given twice; the first is at " +
                     place(first->second));
}

}  // namespace tidegate::conf
