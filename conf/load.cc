#include "conf/load.h"

#include <utility>

#include "conf/escape.h"
#include "conf/files.h"
#include "conf/limits.h"
#include "conf/merge.h"
#include "conf/reader.h"
#include "conf/resolve.h"
#include "conf/sections.h"
#include "conf/text_check.h"
#include "conf/units.h"
#include "conf/yaml_reader.h"

namespace tidegate::conf {
namespace {

void complain(Report& report, std::uint32_t source, std::string wanted, std::string hint = {}) {
  report.add({{source, 0, 0}, "", std::move(wanted), "", std::move(hint)});
}

// One reading: everything that must live until the problems are written.
class Loading {
 public:
  Loading() : lookup_(from_environment), report_(sources_) {}

  Loaded text(std::string_view text, std::string_view name) {
    const Node* root = nullptr;
    if (text.size() > kMaxFileBytes) {
      complain(report_, sources_.add(name, ""), "larger than " + format_size(kMaxFileBytes));
    } else {
      root = parse(text, name);
    }
    return finish(root);
  }

  Loaded file(const std::string& path) {
    const FileText file = read_text_file(path, kMaxFileBytes);
    if (file.problem.empty()) return text(file.text, path);
    complain(report_, sources_.add(path, ""), file.problem, file.hint);
    return finish(nullptr);
  }

  Loaded directory(const std::string& path) {
    const std::uint32_t self = sources_.add(path, "");
    const Listing listing = list_directory(path);
    for (const std::string& ignored : listing.ignored) {
      report_.add({{sources_.add(ignored, ""), 0, 0},
                   "",
                   "this file is not read: only *.yaml is",
                   "",
                   "",
                   Problem::Severity::warning});
    }
    if (!listing.problem.empty()) {
      complain(report_, self, listing.problem);
    } else if (listing.paths.empty()) {
      complain(report_, self, "no *.yaml in this directory");
    } else if (listing.paths.size() > kMaxFiles) {
      complain(report_, self, "more than " + std::to_string(kMaxFiles) + " files");
    } else {
      return finish(merged(listing.paths, self));
    }
    return finish(nullptr);
  }

 private:
  const Node* parse(std::string_view text, std::string_view name) {
    const std::uint32_t source = sources_.add(name, normalize(text));
    if (!check_text(source, report_)) return nullptr;
    return read_yaml(tree_, source, report_, lookup_);
  }

  // Null unless every file could be parsed: what is in the others would only seem to be missing.
  const Node* merged(const std::vector<std::string>& paths, std::uint32_t directory) {
    std::vector<const Node*> roots;
    std::size_t left = kMaxFileBytes;
    for (const std::string& path : paths) {
      const FileText file = read_text_file(path, left);
      if (!file.problem.empty()) {
        complain(report_, sources_.add(path, ""), file.problem, file.hint);
        continue;
      }
      left -= file.text.size();
      const Node* root = parse(file.text, path);
      if (root != nullptr) roots.push_back(root);
    }
    if (roots.size() != paths.size()) return nullptr;
    return merge(tree_, roots, {directory, 0, 0}, report_);
  }

  Loaded finish(const Node* root) {
    Loaded out;
    if (root != nullptr) {
      auto config = std::make_shared<Config>();
      read(*root, *config);
      if (!report_.failed()) out.config = std::move(config);
    }
    out.problems = report_.finish();
    return out;
  }

  void read(const Node& root, Config& config) {
    Reader reader(report_);
    name_clusters(root, reader);
    read_section(reader, root, kRoot, config);
    resolve(config, usable_cores());
    // A name that is mistyped elsewhere would be complained about twice.
    if (!report_.failed()) warn_of_unused_clusters(reader);
  }

  static void name_clusters(const Node& root, Reader& reader) {
    const Entry* clusters = root.find("clusters");
    if (clusters == nullptr) return;
    for (const Node* item : clusters->value->items) {
      const Entry* name = item->find("name");
      reader.clusters.add(name != nullptr ? name->value->text : "", item->mark);
    }
  }

  static void warn_of_unused_clusters(Reader& reader) {
    for (const ClusterNames::Cluster* cluster : reader.clusters.unused()) {
      const Reader::Scope scope(reader, "clusters[" + escape(cluster->name) + "]");
      reader.warn(cluster->mark, "no listener and no route uses this cluster");
    }
  }

  Lookup lookup_;
  Sources sources_;
  Tree tree_;
  Report report_;
};

}  // namespace

Loaded load_file(const std::string& path) {
  Loading loading;
  return is_directory(path) ? loading.directory(path) : loading.file(path);
}

Loaded load_text(std::string_view text, std::string_view source) {
  return Loading().text(text, source);
}

}  // namespace tidegate::conf
