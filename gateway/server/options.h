// The command line.
#pragma once

#include <optional>
#include <string>

namespace tidegate::gateway::server {

struct Options {
  enum class Command { run, check, schema, version };
  Command command = Command::run;
  std::optional<std::string> config;  // none: the embedded default
  bool effective = false;             // check: print the merged configuration
};

struct ParsedOptions {
  std::optional<Options> options;  // set: go on
  int exit_status = 0;             // else: leave with it (0 after --help, 2 for wrong usage)
};

/// Reads the command line; prints help to stdout and complaints to stderr.
ParsedOptions parse_options(int argc, char** argv);

}  // namespace tidegate::gateway::server
