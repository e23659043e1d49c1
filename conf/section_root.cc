#include "conf/fields.h"
#include "conf/nested_fields.h"
#include "conf/sections.h"

namespace tidegate::conf {
namespace {

constexpr std::array kDefaultsRows{section<&Config::timeouts, kDefaultTimeouts>(
    "timeouts", "every timer, under the name it has in logs and metrics")};

// `defaults` stands before what inherits it: the rows are read in this order.
constexpr std::array kRootRows{
    integer<&Config::version>("version", 1, 1, "of this language"),
    section<&Config::workers, kWorkers>("workers", "the threads that do the work"),
    section_or_off<&Config::admin, kAdmin>("admin", "the endpoint for operators"),
    section_or_off<&Config::demo, kDemo>("demo", "a small origin to try things with"),
    section<&Config::log, kLog>("log", "the process's own log"),
    group<Config, kDefaults>("defaults", "what listeners and clusters inherit"),
    sections<&Config::listeners, kListener>("listeners", "where clients come in, at least one", 1),
    sections<&Config::clusters, kCluster>("clusters", "where traffic goes to"),
    section<&Config::drain, kDrain>("drain", "how the process stops")};

}  // namespace

const Section<Config> kDefaults{
    {"defaults", "The only inheritance there is.", describe_section<Config>},
    kDefaultsRows,
    nullptr,
    [](Reader& reader, const Node&, Config& out) { reader.default_timeouts = out.timeouts; }};

const Section<Config> kRoot{
    {"configuration", "The file, or all files of a directory together.", describe_section<Config>},
    kRootRows};

}  // namespace tidegate::conf
