#include "conf/fields.h"
#include "conf/sections.h"

namespace tidegate::conf {
namespace {

constexpr Key<Timeouts> kConnect =
    duration<&Timeouts::connect>("connect", "one attempt to open an upstream connection");
constexpr Key<Timeouts> kClientHeader = duration<&Timeouts::client_header>(
    "client_header", "from the first byte of a request to the end of its head");
constexpr Key<Timeouts> kClientBody =
    duration<&Timeouts::client_body>("client_body", "between two reads of a request body");
constexpr Key<Timeouts> kRequest = duration<&Timeouts::request>(
    "request", "from a request passed on to the end of the response head");
constexpr Key<Timeouts> kUpstreamIdle = duration<&Timeouts::upstream_idle>(
    "upstream_idle", "how long a pooled upstream connection is kept that nobody uses");
constexpr Key<Timeouts> kIdle = duration<&Timeouts::idle>(
    "idle", "how long a client may wait between requests; no byte moving in a TCP session");
constexpr Key<Timeouts> kTunnel =
    duration<&Timeouts::tunnel>("tunnel", "no byte moving either way after an Upgrade");

constexpr Key<Timeouts> inherited(Key<Timeouts> key) {
  key.info.fallback = "as in `defaults.timeouts`";
  return key;
}

constexpr std::array kDefaultRows{kConnect,      kClientHeader, kClientBody, kRequest,
                                  kUpstreamIdle, kIdle,         kTunnel};
constexpr std::array kListenerRows{
    inherited(kConnect),      inherited(kClientHeader), inherited(kClientBody), inherited(kRequest),
    inherited(kUpstreamIdle), inherited(kIdle),         inherited(kTunnel)};
constexpr std::array kClusterRows{inherited(kConnect), inherited(kRequest),
                                  inherited(kUpstreamIdle)};

}  // namespace

const Section<Timeouts> kDefaultTimeouts{
    {"default timeouts", "What every listener and cluster inherits.", describe_section<Timeouts>},
    kDefaultRows};

const Section<Timeouts> kListenerTimeouts{
    {"listener timeouts", "What this listener does differently.", describe_section<Timeouts>},
    kListenerRows};

const Section<Timeouts> kClusterTimeouts{
    {"cluster timeouts", "What this cluster does differently: the timers of its own connections.",
     describe_section<Timeouts>},
    kClusterRows};

}  // namespace tidegate::conf
