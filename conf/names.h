// What the objects of a configuration know of each other while it is read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/source.h"

namespace tidegate::conf {

/// The clusters there are, known before any object that names one is read.
class ClusterNames {
 public:
  struct Cluster {
    std::string name;
    Mark mark;
    bool used = false;
  };

  /// In file order: the index is the one in Config::clusters. A second one of a name is not found.
  void add(std::string_view name, const Mark& mark);
  /// The index, and remembers that it is in use.
  std::optional<std::size_t> use(std::string_view name);
  [[nodiscard]] std::vector<std::string_view> all() const;
  [[nodiscard]] std::vector<const Cluster*> unused() const;

 private:
  std::vector<Cluster> clusters_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

/// The addresses this process is to listen on.
class TakenAddresses {
 public:
  /// Where the address was taken before; nothing when it was free, and from now on is not.
  std::optional<Mark> take(const std::string& address, const Mark& mark);

 private:
  std::map<std::string, Mark> taken_;
};

}  // namespace tidegate::conf
