// The sections of the file, by the structure they fill. Each is defined, with its rows, in the
// section_*.cc that is named like it.
#pragma once

#include "conf/keys.h"

namespace tidegate::conf {

extern const Section<Config> kRoot;
extern const Section<Config> kDefaults;
extern const Section<Workers> kWorkers;
extern const Section<Admin> kAdmin;
extern const Section<Demo> kDemo;
extern const Section<Log> kLog;
extern const Section<Drain> kDrain;
extern const Section<Timeouts> kDefaultTimeouts;
extern const Section<Timeouts> kListenerTimeouts;
extern const Section<Timeouts> kClusterTimeouts;

extern const Section<Listener> kListener;
extern const Section<AccessLog> kAccessLog;
extern const Section<HttpLimits> kHttpLimits;
extern const Section<Route> kRoute;
extern const Section<RouteMatch> kRouteMatch;
extern const Section<PathMatch> kPathMatch;
extern const Section<Respond> kRespond;
extern const Section<HeaderChanges> kRequestHeaders;
extern const Section<HeaderChanges> kResponseHeaders;

extern const Section<Cluster> kCluster;
extern const Section<Cluster> kLoadBalancing;
extern const Section<Limits> kClusterLimits;
extern const Section<Limits> kQueue;
extern const Section<Endpoint> kEndpoint;

}  // namespace tidegate::conf
