#include "conf/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <utility>

#include "conf/escape.h"
#include "conf/quotes.h"
#include "conf/tree_builder.h"

namespace tidegate::conf {
namespace {

// Thrown through the parser to end it: the problem is in the report already.
struct Stop {};

struct Phrase {
  std::string_view parser;
  std::string_view wanted;
  std::string_view hint;
};

// The parser's words and ours. What is not here is passed on as the parser says it.
constexpr std::array<Phrase, 13> kPhrases{{
    {"illegal tab when looking for indentation", "a tab in the indentation", "use spaces"},
    {"illegal map value", "a `key: value` cannot stand here",
     "check the indentation; quote a text that contains `: `"},
    {"illegal map key", "a key cannot stand here", "check the indentation"},
    {"illegal block entry", "a list item (`- `) cannot stand here", "put it on a line of its own"},
    {"illegal flow end", "a closing bracket that matches no open one", ""},
    {"end of map not found", "this does not belong to the section above it",
     "check the indentation, and quotes and brackets on this line and before it"},
    {"end of sequence not found", "this does not belong to the list above it",
     "check the indentation, and quotes and brackets on this line and before it"},
    {"unknown token", "a value cannot begin with this character", "quote it"},
    {"the referenced anchor is not defined", "no anchor of that name stands above", ""},
    {"illegal document indicator in scalar", "a quoted text runs into `---` or `...`",
     "close the quote"},
    {"unexpected character in block scalar", "a `|` or `>` must end its line", ""},
    {"bad file", "this cannot be read as YAML", ""},
    {"illegal EOF in scalar", "a quote is opened and never closed", ""},
}};

class Handler : public YAML::EventHandler {
 public:
  Handler(TreeBuilder& builder, std::uint32_t source, Report& report)
      : builder_(builder), report_(report), source_(source) {}

  [[nodiscard]] Mark to_mark(const YAML::Mark& mark) const {
    return {source_, static_cast<std::uint32_t>(mark.line) + 1,
            static_cast<std::uint32_t>(mark.column) + 1};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!seen_document_) {
      seen_document_ = true;
      return;
    }
    const bool separator = text().line(to_mark(mark).line).substr(0, 3) == "---";
    refuse(to_mark(mark),
           separator ? "a second document begins here" : "this does not belong to what is above it",
           separator ? "one file holds one document; use a directory for several files"
                     : "check the indentation; a file is either one section of keys or a list");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    go(builder_.null(to_mark(mark), anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    go(builder_.alias(to_mark(mark), anchor));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    const bool quoted = tag == "!";
    if (quoted) check_closed(to_mark(mark));
    const bool broken = tag == "?" && open_brackets_ == 0 && runs_on(to_mark(mark), value);
    go(builder_.scalar(to_mark(mark), anchor, {value, quoted, broken}));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(Node::Kind::list, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(Node::Kind::map, mark, tag, anchor, style);
  }
  void OnMapEnd() override { close(); }

 private:
  static void go(bool on) {
    if (!on) throw Stop{};
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    check_tag(mark, tag);
    // What is inside of brackets is in brackets too, however the parser calls its style.
    if (style == YAML::EmitterStyle::Flow || open_brackets_ > 0) ++open_brackets_;
    go(builder_.open(kind, to_mark(mark), anchor));
  }

  void close() {
    if (open_brackets_ > 0) --open_brackets_;
    go(builder_.close());
  }

  [[nodiscard]] const Source& text() const { return report_.sources().at(source_); }

  [[noreturn]] void refuse(const Mark& mark, std::string wanted, std::string hint) {
    report_.add({mark, builder_.key_path(), std::move(wanted), "", std::move(hint)});
    throw Stop{};
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") builder_.tag(to_mark(mark), tag);
  }

  // The scanner takes the end of the file for a closing double quote.
  void check_closed(const Mark& mark) {
    const std::string& all = text().text();
    const std::size_t at = skip_properties(all, text().offset_of(mark));
    const bool block = at >= all.size() || (all[at] != '"' && all[at] != '\'');
    if (block || end_of_quoted(all, at)) return;
    refuse(text().mark_of(at, source_), "a quote is opened and never closed", "");
  }

  // A bare text that goes on below is nearly always a line with the wrong indentation.
  bool runs_on(const Mark& mark, const std::string& value) {
    if (value.find_first_of(" \n") == std::string::npos) return false;
    const std::string_view line = text().line(mark.line);
    if (line.substr(mark.column - 1).find(value) != std::string_view::npos) return false;
    report_.add({mark, builder_.key_path(), "a text without quotes must end on its line", "",
                 "the next line is indented deeper and was taken for more of it; "
                 "check the indentation, or quote the text"});
    return true;
  }

  TreeBuilder& builder_;
  Report& report_;
  std::uint32_t source_;
  bool seen_document_ = false;
  std::size_t open_brackets_ = 0;
};

bool tab_indents(std::string_view line) {
  const auto content = line.find_first_not_of(" \t");
  return line.substr(0, content).find('\t') != std::string_view::npos;
}

Complaint translate(std::string_view message) {
  for (const Phrase& phrase : kPhrases) {
    if (message != phrase.parser) continue;
    return {{}, "", std::string(phrase.wanted), "", std::string(phrase.hint)};
  }
  return {{}, "", "this is no YAML: " + escape(message), "", ""};
}

// Says in our words, and at the right place, what the parser gave up on.
Complaint explain(const YAML::Exception& error, const Handler& handler, const TreeBuilder& builder,
                  const Source& source, std::uint32_t index) {
  Complaint complaint = translate(error.msg);
  complaint.mark = error.mark.is_null() ? Mark{index, 0, 0} : handler.to_mark(error.mark);
  complaint.key_path = builder.key_path();
  if (error.msg == YAML::ErrorMsg::EOF_IN_SCALAR || error.msg == YAML::ErrorMsg::DOC_IN_SCALAR) {
    const auto open = unclosed_quote(source.text(), source.offset_of(builder.last_mark()));
    if (open) complaint.mark = source.mark_of(*open, index);
  } else if (error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW ||
             error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW) {
    // The parser names the end of the file here, or nothing.
    const Node* innermost = builder.innermost();
    if (innermost != nullptr) complaint.mark = innermost->mark;
    complaint.wanted = "this bracket is not closed, or something between its items is wrong";
    complaint.hint = "items are separated by `,`; quote a text that contains brackets, as `${…}`";
  } else if (tab_indents(source.line(complaint.mark.line))) {
    const auto tab = source.line(complaint.mark.line).find('\t');
    complaint.mark.column = static_cast<std::uint32_t>(tab) + 1;
    complaint.wanted = "a tab in the indentation";
    complaint.hint = "use spaces";
  }
  return complaint;
}

const Node* checked_root(const Node* root, std::uint32_t source, Report& report) {
  if (root == nullptr || root->kind == Node::Kind::null) {
    report.add({{source, 0, 0},
                "",
                "the file holds no configuration",
                "",
                "the least is `listeners:` with one listener"});
    return nullptr;
  }
  if (root->kind == Node::Kind::map) return root;
  report.add({root->mark, "", "a section of keys, such as `listeners:`", describe(*root), ""});
  return nullptr;
}

}  // namespace

const Node* read_yaml(Tree& tree, std::uint32_t source, Report& report, const Lookup& lookup) {
  const Source& text = report.sources().at(source);
  TreeBuilder builder(tree, report, lookup);
  Handler handler(builder, source, report);
  try {
    std::istringstream in(text.text());
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(handler)) {
    }
  } catch (const Stop&) {
    return nullptr;
  } catch (const YAML::Exception& error) {
    report.add(explain(error, handler, builder, text, source));
    return nullptr;
  }
  return checked_root(builder.root(), source, report);
}

}  // namespace tidegate::conf
