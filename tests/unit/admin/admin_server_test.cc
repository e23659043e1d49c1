#include "admin/admin_server.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/telemetry/counters.h"
#include "gateway/telemetry/metrics.h"
#include "tests/unit/admin/loopback.h"

using namespace tidegate;
using namespace tidegate::admin;
using gateway::Reason;
using gateway::server::DrainPhase;
using gateway::telemetry::WorkerCounters;
using nlohmann::json;

namespace {

std::size_t at(Reason reason) {
  return static_cast<std::size_t>(reason);
}

std::shared_ptr<const conf::Config> make_config() {
  auto config = std::make_shared<conf::Config>();
  config->listeners.resize(2);
  config->listeners[0].name = "web";
  config->listeners[1].name = "cache";
  config->listeners[1].protocol = conf::Protocol::tcp;
  config->clusters.resize(1);
  config->clusters[0].name = "shop";
  config->clusters[0].policy = conf::BalancerPolicy::least_request;
  config->clusters[0].endpoints.resize(2);
  config->clusters[0].endpoints[0].address = *base::Address::parse("10.0.0.1:80");
  config->clusters[0].endpoints[1].address = *base::Address::parse("unix:/run/shop.sock");
  config->clusters[0].endpoints[1].weight = 3;
  return config;
}

struct Fixture {
  Fixture() : config(make_config()), first(*config), second(*config), metrics(sources()) {
    view.config = config;
    view.bound = {{"127.0.0.1:8080", "[::1]:8080"}, {"127.0.0.1:6379"}};
    view.workers = {&first, &second};
    view.metrics = &metrics;
    view.phase = &phase;
    view.version = "1.2.3";
    view.started_wall = base::wall_now();
    TG_CHECK(poller.open().ok());
    TG_CHECK(server.open(any_port()).ok());
  }

  gateway::telemetry::Sources sources() {
    gateway::telemetry::Sources made;
    made.config = config;
    made.workers = {&first, &second};
    return made;
  }

  std::string ask(const std::string& method, const std::string& target) {
    LoopbackClient client(poller, server.local_address());
    client.send(method + " " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
    return client.receive_response(method != "HEAD");
  }
  json ask_json(const std::string& target) { return json::parse(body_of(ask("GET", target))); }

  std::shared_ptr<const conf::Config> config;
  WorkerCounters first;
  WorkerCounters second;
  gateway::telemetry::Metrics metrics;
  std::atomic<DrainPhase> phase{DrainPhase::serving};
  View view;
  reactor::Poller poller;
  AdminServer server{poller, view};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(admin_server, Fixture)

BOOST_AUTO_TEST_CASE(answers_every_page_it_lists_and_leaves_out_the_body_for_head) {
  for (const Page& page : pages()) {
    BOOST_TEST_CONTEXT(page.path) {
      const std::string response = ask("GET", std::string(page.path));
      BOOST_TEST(status_line_of(response) == "HTTP/1.1 200 OK");
      BOOST_TEST(response.find("\r\nCache-Control: no-store\r\n") != std::string::npos);
      BOOST_TEST(!body_of(response).empty());
      const std::string head = ask("HEAD", std::string(page.path));
      BOOST_TEST(status_line_of(head) == "HTTP/1.1 200 OK");
      BOOST_TEST(body_of(head).empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(answers_405_with_allow_to_other_methods_and_404_to_other_paths) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    BOOST_TEST_CONTEXT(method) {
      const std::string response = ask(method, "/metrics");
      BOOST_TEST(status_line_of(response) == "HTTP/1.1 405 Method Not Allowed");
      BOOST_TEST(response.find("\r\nAllow: GET, HEAD\r\n") != std::string::npos);
    }
  }
  for (const char* target : {"/nothing", "/metrics/", "/livezz", "//"}) {
    BOOST_TEST_CONTEXT(target) {
      BOOST_TEST(status_line_of(ask("GET", target)) == "HTTP/1.1 404 Not Found");
    }
  }
}

BOOST_AUTO_TEST_CASE(ignores_queries) {
  BOOST_TEST(body_of(ask("GET", "/livez?verbose")) == "ok\n");
}

BOOST_AUTO_TEST_CASE(is_ready_only_while_serving_and_alive_all_the_time) {
  BOOST_TEST(body_of(ask("GET", "/readyz")) == "ok\n");
  for (const DrainPhase each : {DrainPhase::announced, DrainPhase::closing_idle,
                                DrainPhase::dropping, DrainPhase::stopped}) {
    BOOST_TEST_CONTEXT(name(each)) {
      phase = each;
      const std::string response = ask("GET", "/readyz");
      BOOST_TEST(status_line_of(response) == "HTTP/1.1 503 Service Unavailable");
      BOOST_TEST(body_of(response) == std::string(name(each)) + "\n");
      BOOST_TEST(status_line_of(ask("GET", "/livez")) == "HTTP/1.1 200 OK");
      const json health = ask_json("/healthz");
      BOOST_TEST(health["phase"] == name(each));
      BOOST_TEST(health["ready"] == false);
    }
  }
}

BOOST_AUTO_TEST_CASE(serves_metrics_as_prometheus_wants_them) {
  first.listeners[0]->connections.add(4);
  const std::string response = ask("GET", "/metrics");
  BOOST_TEST(response.find("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n") !=
             std::string::npos);
  BOOST_TEST(response.find("\ntidegate_connections_total{listener=\"web\"} 4\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(shows_listeners_with_their_sums_over_the_workers) {
  first.listeners[0]->connections.add(4);
  second.listeners[0]->connections.add(1);
  second.listeners[0]->responses[2].add(9);
  first.listeners[1]->failures[at(Reason::connect_refused)].add(2);
  const json listeners = ask_json("/listeners")["listeners"];
  BOOST_TEST_REQUIRE(listeners.size() == 2U);
  const json& web = listeners[0];
  BOOST_TEST(web["name"] == "web");
  BOOST_TEST(web["protocol"] == "http");
  BOOST_TEST(web["addresses"] == json({"127.0.0.1:8080", "[::1]:8080"}));
  BOOST_TEST(web["connections"]["total"] == 5);
  BOOST_TEST(web["requests"]["by_class"]["2xx"] == 9);
  const json& cache = listeners[1];
  BOOST_TEST(cache["protocol"] == "tcp");
  BOOST_TEST(!cache.contains("requests"));
  BOOST_TEST(cache["failures"] == json({{"connect_refused", 2}}));
}

BOOST_AUTO_TEST_CASE(shows_clusters_with_every_endpoint) {
  first.clusters[0]->endpoints[1]->connections_active.add(2);
  second.clusters[0]->endpoints[1]->connections_active.add(3);
  second.clusters[0]->endpoints[1]->connect_failures[at(Reason::connect_timeout)].add(1);
  second.clusters[0]->refused[at(Reason::queue_full)].add(6);
  const json clusters = ask_json("/clusters")["clusters"];
  BOOST_TEST_REQUIRE(clusters.size() == 1U);
  const json& shop = clusters[0];
  BOOST_TEST(shop["name"] == "shop");
  BOOST_TEST(shop["policy"] == "least_request");
  BOOST_TEST(shop["limits"]["queue_size"] == 1000);
  BOOST_TEST(shop["queue"]["refused"] == json({{"queue_full", 6}}));
  BOOST_TEST_REQUIRE(shop["endpoints"].size() == 2U);
  const json& second_endpoint = shop["endpoints"][1];
  BOOST_TEST(second_endpoint["address"] == "unix:/run/shop.sock");
  BOOST_TEST(second_endpoint["weight"] == 3);
  BOOST_TEST(second_endpoint["connections"]["active"] == 5);
  BOOST_TEST(second_endpoint["connects"]["failures"] == json({{"connect_timeout", 1}}));
}

BOOST_AUTO_TEST_CASE(shows_the_configuration_as_json) {
  const std::string response = ask("GET", "/config");
  BOOST_TEST(response.find("\r\nContent-Type: application/json\r\n") != std::string::npos);
  BOOST_TEST(json::parse(body_of(response))["clusters"][0]["name"] == "shop");
}

BOOST_AUTO_TEST_CASE(lists_its_pages_on_the_index) {
  const std::string index = body_of(ask("GET", "/"));
  for (const Page& page : pages()) {
    const std::string link = "<a href=\"" + std::string(page.path) + "\">";
    BOOST_TEST_CONTEXT(link) {
      BOOST_TEST(index.find(link) != std::string::npos);
    }
  }
  BOOST_TEST(index.find("Phase: serving") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_bodies) {
  LoopbackClient client(poller, server.local_address());
  client.send("GET /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  BOOST_TEST(status_line_of(client.receive_to_end()) == "HTTP/1.1 413 Content Too Large");
}

BOOST_AUTO_TEST_SUITE_END()
