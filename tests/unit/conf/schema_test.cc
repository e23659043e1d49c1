// The schema and the reference say what the parser does, and the checked-in texts are up to date.
#include "conf/schema.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "conf/catalog.h"
#include "conf/dump.h"
#include "conf/report.h"
#include "conf/tree.h"
#include "conf/yaml_reader.h"
#include "tests/unit/conf/support.h"

using namespace tidegate::conf;
using namespace tidegate::conf::test;

namespace {

std::filesystem::path conf_directory() {
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() /
         "conf";
}

std::string contents(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

// A document read by our own reader; JSON is YAML.
class Document {
 public:
  explicit Document(const std::string& text) : report_(sources_) {
    // An editor sees the text of a variable and not its value.
    const Lookup lookup = [](const std::string&) { return "${}"; };
    root_ = read_yaml(tree_, sources_.add("document", text), report_, lookup);
    BOOST_REQUIRE(root_ != nullptr);
  }
  [[nodiscard]] const Node& root() const { return *root_; }

 private:
  Sources sources_;
  Report report_;
  Tree tree_;
  const Node* root_ = nullptr;
};

// The part of JSON Schema that our schema uses.
class Validator {
 public:
  explicit Validator(const Node& schema) : schema_(schema) {}

  [[nodiscard]] bool accepts(const Node& value) const { return accepts(value, schema_); }

 private:
  static const Node* get(const Node& node, std::string_view key) {
    const Entry* entry = node.find(key);
    return entry != nullptr ? entry->value : nullptr;
  }

  static bool is_type(const Node& value, const std::string& type) {
    static const std::regex number("-?(0|[1-9][0-9]*)([.][0-9]+)?");
    const bool numeric = value.is_scalar() && std::regex_match(value.text, number);
    if (type == "object") return value.kind == Node::Kind::map;
    if (type == "array") return value.kind == Node::Kind::list;
    if (type == "integer" || type == "number") return numeric;
    if (type == "boolean") return value.text == "true" || value.text == "false";
    return value.is_scalar();
  }

  [[nodiscard]] bool accepts(const Node& value, const Node& schema) const {
    if (const Node* ref = get(schema, "$ref")) {
      const Node* definition = get(*get(schema_, "$defs"), ref->text.substr(8));
      BOOST_REQUIRE(definition != nullptr);
      return accepts(value, *definition);
    }
    if (const Node* any = get(schema, "anyOf")) {
      bool one = false;
      for (const Node* way : any->items) one = one || accepts(value, *way);
      return one;
    }
    return right_type(value, schema) && right_text(value, schema) && right_items(value, schema) &&
           right_members(value, schema);
  }

  static bool right_type(const Node& value, const Node& schema) {
    const Node* type = get(schema, "type");
    if (type == nullptr) return true;
    if (type->is_scalar()) return is_type(value, type->text);
    bool one = false;
    for (const Node* each : type->items) one = one || is_type(value, each->text);
    return one;
  }

  static bool right_text(const Node& value, const Node& schema) {
    if (const Node* words = get(schema, "enum")) {
      bool one = false;
      for (const Node* word : words->items) one = one || word->text == value.text;
      if (!one) return false;
    }
    if (const Node* least = get(schema, "minimum")) {
      if (std::stoull(value.text) < std::stoull(least->text)) return false;
      if (std::stoull(value.text) > std::stoull(get(schema, "maximum")->text)) return false;
    }
    const Node* pattern = get(schema, "pattern");
    return pattern == nullptr || std::regex_search(value.text, std::regex(pattern->text));
  }

  [[nodiscard]] bool right_items(const Node& value, const Node& schema) const {
    const Node* least = get(schema, "minItems");
    if (least != nullptr && value.items.size() < std::stoull(least->text)) return false;
    const Node* items = get(schema, "items");
    for (const Node* item : value.items) {
      if (items != nullptr && !accepts(*item, *items)) return false;
    }
    return true;
  }

  [[nodiscard]] bool right_members(const Node& value, const Node& schema) const {
    if (const Node* required = get(schema, "required")) {
      for (const Node* key : required->items) {
        if (value.find(key->text) == nullptr) return false;
      }
    }
    const Node* properties = get(schema, "properties");
    const Node* others = get(schema, "additionalProperties");
    for (const Entry& entry : value.entries) {
      const Node* known = properties != nullptr ? get(*properties, entry.key) : nullptr;
      if (known == nullptr && (others == nullptr || others->is_scalar())) return false;
      if (!accepts(*entry.value, known != nullptr ? *known : *others)) return false;
    }
    return true;
  }

  const Node& schema_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(schema)

// Run the test with TIDEGATE_UPDATE=1 in the environment to write the page anew.
BOOST_AUTO_TEST_CASE(the_checked_in_reference_is_what_the_table_says) {
  const auto path = conf_directory() / "REFERENCE.md";
  if (std::getenv("TIDEGATE_UPDATE") != nullptr) {
    std::ofstream(path, std::ios::binary) << reference_page();
  }
  BOOST_TEST((contents(path) == reference_page()),
             "conf/REFERENCE.md is out of date: run this test with TIDEGATE_UPDATE=1");
}

BOOST_AUTO_TEST_CASE(the_reference_has_a_row_for_every_key) {
  const std::string page = reference_page();
  for (const SectionInfo* section : all_sections()) {
    BOOST_TEST(page.find("## " + std::string(section->name) + "\n") != std::string::npos);
    for (const Described& row : section->describe(*section)) {
      BOOST_TEST_CONTEXT(row.key->name) {
        BOOST_TEST(page.find("| `" + std::string(row.key->name) + "` |") != std::string::npos);
        BOOST_TEST(!row.key->meaning.empty());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(no_two_sections_share_a_name) {
  const auto sections = all_sections();
  for (std::size_t i = 0; i < sections.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) BOOST_TEST(sections[i]->name != sections[j]->name);
  }
}

BOOST_AUTO_TEST_CASE(the_schema_accepts_the_examples_the_default_and_dumps) {
  const Document schema(json_schema());
  const Validator validator(schema.root());
  std::vector<std::string> texts{std::string(default_config())};
  for (const auto& entry : std::filesystem::directory_iterator(conf_directory() / "examples")) {
    texts.push_back(contents(entry.path()));
    const Loaded loaded = load_file(entry.path().string());
    BOOST_REQUIRE(loaded.config != nullptr);
    texts.push_back(dump_json(*loaded.config));
  }
  for (const std::string& text : texts) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(validator.accepts(Document(text).root()));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_schema_refuses_what_the_parser_refuses) {
  const Document schema(json_schema());
  const Validator validator(schema.root());
  for (const std::string& text : {
           with_root("timeuots: {}\n"),
           with_root("workers: { count: 257 }\n"),
           with_root("workers: { count: 012 }\n"),
           with_root("drain: { deadline: 5 }\n"),
           with_root("admin: on\n"),
           with_listener("    access_log: { sample: 20 }\n"),
           with_listener("    limits: { head_size: 64KB }\n"),
           with_listener("    protocol: udp\n"),
           with_listener("    unix_mode: \"0888\"\n"),
           with_route("        match: { path: { prefix: a } }\n"),
           with_route("        match: { methods: [get] }\n"),
           with_cluster(""),
           with_cluster("    endpoints: []\n"),
           with_cluster("    endpoints: [{ address: localhost }]\n"),
       }) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!validator.accepts(Document(text).root()));
      BOOST_TEST(load_text(text, "t").config == nullptr);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_schema_takes_variables_for_any_single_value) {
  const Document schema(json_schema());
  const std::string text =
      with_listener("    backlog: \"${N}\"\n    limits: { head_size: \"${S}\" }\n");
  BOOST_TEST(Validator(schema.root()).accepts(Document(text).root()));
}

BOOST_AUTO_TEST_CASE(every_example_loads_without_a_complaint) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(conf_directory() / "examples")) {
    BOOST_TEST_CONTEXT(entry.path()) {
      const Loaded loaded = load_file(entry.path().string());
      for (const Problem& problem : loaded.problems) BOOST_TEST_MESSAGE(problem.to_string());
      BOOST_TEST(loaded.problems.empty());
      BOOST_TEST(loaded.config != nullptr);
      ++count;
    }
  }
  BOOST_TEST(count >= 3U);
}

BOOST_AUTO_TEST_CASE(the_default_is_a_proxy_in_front_of_the_demo_origin) {
  const Loaded loaded = load_text(default_config(), "<default>");
  BOOST_TEST(loaded.problems.empty());
  BOOST_REQUIRE(loaded.config != nullptr);
  const Config& config = *loaded.config;
  BOOST_TEST(config.listeners.at(0).name == "web");
  BOOST_TEST(config.listeners[0].addresses.at(0).to_string() == "127.0.0.1:8080");
  BOOST_TEST((config.listeners[0].protocol == Protocol::http));
  BOOST_TEST(config.clusters.at(0).name == "demo");
  BOOST_TEST(config.clusters[0].endpoints.at(0).address.to_string() == "unix:@tidegate-demo");
  BOOST_TEST(config.demo.address->to_string() == "unix:@tidegate-demo");
  BOOST_TEST(config.admin.address->to_string() == "127.0.0.1:9901");
  BOOST_TEST(config.drain.lame_duck.count() == 0);
  BOOST_TEST(config.drain.deadline.count() == 10'000);
}

BOOST_AUTO_TEST_SUITE_END()
