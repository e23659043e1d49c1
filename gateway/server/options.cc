#include "gateway/server/options.h"

#include <CLI/CLI.hpp>

namespace tidegate::gateway::server {
namespace {

constexpr int kWrongUsage = 2;

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
  Options options;
  CLI::App app("tidegate: a reverse proxy and TCP gateway", "tidegate");
  app.require_subcommand(1);
  app.footer(
      "Exit status: 0 good, 1 the configuration has problems or cannot be put into effect, "
      "2 wrong usage.\nSignals: TERM or INT drain and stop, a second one exits at once; USR1 "
      "reopens log files.");
  std::string config;
  CLI::App* run = app.add_subcommand("run", "Run the gateway");
  run->add_option("-c,--config", config,
                  "Configuration file, or a directory of them; without it an embedded default with "
                  "a demo upstream");
  CLI::App* check = app.add_subcommand("check", "Check a configuration, print every problem");
  check->add_option("-c,--config", config, "Configuration file, or a directory of them");
  check->add_flag("--effective", options.effective,
                  "Print the configuration as it would run: defaults merged, secrets left out");
  CLI::App* schema = app.add_subcommand("schema", "Print the JSON Schema of the configuration");
  CLI::App* version = app.add_subcommand("version", "Print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = app.exit(error) == 0;
    return {std::nullopt, asked_for_help ? 0 : kWrongUsage};
  }
  if (check->parsed()) options.command = Options::Command::check;
  if (schema->parsed()) options.command = Options::Command::schema;
  if (version->parsed()) options.command = Options::Command::version;
  if (run->count("--config") + check->count("--config") > 0) options.config = config;
  return {options, 0};
}

}  // namespace tidegate::gateway::server
