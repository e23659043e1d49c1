// Wires everything: the only file that sees all layers.

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "admin/admin_server.h"
#include "admin/demo_origin.h"
#include "conf/dump.h"
#include "conf/load.h"
#include "conf/schema.h"
#include "gateway/server/options.h"
#include "gateway/server/server.h"
#include "gateway/server/version.h"
#include "reactor/base/log.h"
#include "reactor/poller.h"
#include "reactor/poller_group.h"
#include "reactor/signals.h"

namespace tidegate {
namespace {

using gateway::server::Options;

constexpr int kGood = 0;
constexpr int kProblem = 1;

// What a shell reports for a process that SIGTERM ended.
constexpr int kStoppedAtOnce = 128 + SIGTERM;

conf::Loaded load(const Options& options) {
  if (options.config) return conf::load_file(*options.config);
  return conf::load_text(conf::default_config(), "<default>");
}

// True when there is a configuration to go on with.
bool report(const conf::Loaded& loaded) {
  for (const conf::Problem& problem : loaded.problems) {
    std::fprintf(stderr, "%s\n", problem.to_string().c_str());
  }
  return loaded.config != nullptr;
}

int check(const Options& options) {
  const conf::Loaded loaded = load(options);
  if (!report(loaded)) return kProblem;
  if (options.effective) {
    std::fputs(conf::dump_yaml(*loaded.config).c_str(), stdout);
  } else {
    std::fputs("the configuration is good\n", stdout);
  }
  return kGood;
}

// Every connection is one or two fds: take all the system lets us have.
void raise_fd_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

class Program final : private reactor::SignalObserver, public gateway::server::ServerObserver {
 public:
  explicit Program(std::shared_ptr<const conf::Config> config)
      : config_(std::move(config)), signals_(poller_, *this), side_group_({"admin", 1, false}) {}

  int run() {
    std::string complaint;
    if (!open(complaint)) {
      std::fprintf(stderr, "tidegate: %s\n", complaint.c_str());
      return kProblem;
    }
    if (!log_writer_.start() || !server_->start() || !side_group_.start()) {
      std::fputs("tidegate: cannot start threads\n", stderr);
      return kProblem;
    }
    log_.info("started", {{"version", gateway::server::version()}});
    poller_.run();
    side_group_.stop();
    side_group_.join();
    admin_.reset();
    demo_.reset();
    server_.reset();
    log_.info("stopped", {});
    return kGood;
  }

 private:
  bool open(std::string& complaint) {
    const auto fail = [&complaint](std::string what, base::Error error) {
      complaint = std::move(what) + ": " + error.describe();
      return false;
    };
    if (auto opened = poller_.open(); !opened) return fail("cannot make a poller", opened.error());
    if (auto opened = signals_.open({SIGTERM, SIGINT, SIGHUP, SIGUSR1}); !opened) {
      return fail("cannot watch signals", opened.error());
    }
    auto to = log_writer_.open_destination(config_->log.path);
    if (!to) return fail("cannot open log " + config_->log.path, to.error());
    // The configuration was checked: the level is known.
    log_.attach(log_writer_, *to, *base::parse_log_level(config_->log.level));
    server_ = std::make_unique<gateway::server::Server>(poller_, config_, log_writer_, log_, *this);
    if (!server_->open(complaint)) return false;
    if (auto opened = side_group_.open(); !opened) {
      return fail("cannot make a poller", opened.error());
    }
    return open_demo(complaint) && open_admin(complaint);
  }

  bool open_admin(std::string& complaint) {
    if (!config_->admin.address) return true;
    admin_ = std::make_unique<admin::AdminServer>(side_group_[0], server_->view());
    if (auto opened = admin_->open(*config_->admin.address); !opened) {
      complaint = "admin: cannot listen on " + config_->admin.address->to_string() + ": " +
                  opened.error().describe();
      return false;
    }
    log_.info("listening",
              {{"listener", "admin"}, {"address", admin_->local_address().to_string()}});
    return true;
  }

  bool open_demo(std::string& complaint) {
    if (!config_->demo.address) return true;
    std::string admin_url;
    if (config_->admin.address) admin_url = "http://" + config_->admin.address->to_string();
    demo_ = std::make_unique<admin::DemoOrigin>(side_group_[0], admin_url);
    if (auto opened = demo_->open(*config_->demo.address); !opened) {
      complaint = "demo: cannot listen on " + config_->demo.address->to_string() + ": " +
                  opened.error().describe();
      return false;
    }
    return true;
  }

  void on_signal(int number) override {
    switch (number) {
      case SIGUSR1:
        log_writer_.reopen();
        break;
      case SIGHUP:
        log_.warn("signal_ignored", {{"signal", "HUP"}, {"why", "this version cannot reload"}});
        break;
      default:
        if (stopping_) std::_Exit(kStoppedAtOnce);
        stopping_ = true;
        server_->drain();
    }
  }

  void on_server_stopped() override { poller_.stop(); }

  // Destroyed in reverse: sessions and pollers before the log they write to.
  std::shared_ptr<const conf::Config> config_;
  base::LogWriter log_writer_;
  base::Log log_;
  reactor::Poller poller_;
  reactor::Signals signals_;
  std::unique_ptr<gateway::server::Server> server_;
  reactor::PollerGroup side_group_;  // admin and demo origin
  std::unique_ptr<admin::DemoOrigin> demo_;
  std::unique_ptr<admin::AdminServer> admin_;
  bool stopping_ = false;
};

int run(const Options& options) {
  const conf::Loaded loaded = load(options);
  if (!report(loaded)) return kProblem;
  raise_fd_limit();
  return Program(loaded.config).run();
}

int dispatch(const Options& options) {
  switch (options.command) {
    case Options::Command::run:
      return run(options);
    case Options::Command::check:
      return check(options);
    case Options::Command::schema:
      std::fputs(conf::json_schema().c_str(), stdout);
      return kGood;
    case Options::Command::version:
      std::printf("tidegate %s\n", std::string(gateway::server::version()).c_str());
      return kGood;
  }
  return kProblem;
}

}  // namespace
}  // namespace tidegate

int main(int argc, char** argv) {
  const auto parsed = tidegate::gateway::server::parse_options(argc, argv);
  if (!parsed.options) return parsed.exit_status;
  return tidegate::dispatch(*parsed.options);
}
