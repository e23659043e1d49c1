// Reads the bytes of configuration files, with limits.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tidegate::conf {

struct FileText {
  std::string text;
  std::string problem;  // empty when all of it was read
  std::string hint;
};

/// Reads a file or pipe of at most `limit` bytes. A larger file is refused before it is read.
FileText read_text_file(const std::string& path, std::size_t limit);

bool is_directory(const std::string& path);

struct Listing {
  std::vector<std::string> paths;    // *.yaml, sorted by name, hidden ones left out
  std::vector<std::string> ignored;  // *.yml, which somebody may have meant
  std::string problem;
};

Listing list_directory(const std::string& path);

}  // namespace tidegate::conf
