#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <variant>

#include "cli/verbs/verbs.h"
#include "server/privileges.h"
#include "server/server.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;

// Waits for signals on the main thread: TERM and INT end the server, HUP reloads.
class SignalLoop {
 public:
  SignalLoop(Server& server, std::string path, Log log)
      : server_(server),
        path_(std::move(path)),
        log_(std::move(log)),
        signals_(context_, SIGTERM, SIGINT, SIGHUP) {}

  void run() {
    wait();
    context_.run();
  }

 private:
  void wait() {
    signals_.async_wait([this](boost::system::error_code ec, int signal) {
      if (ec) return;
      if (signal != SIGHUP) return;  // the loop ends with nothing left to wait for
      reload();
      wait();
    });
  }

  void reload() {
    sd_notify(0, "RELOADING=1");
    auto loaded = load_server_config(path_);
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
      for (const ConfigError& error : *errors)
        std::fprintf(stderr, "%s\n", error.to_string().c_str());
      log_.error("the new configuration is refused; the old one stays",
                 {{"errors", errors->size()}});
    } else {
      const auto left = server_.reload(std::get<std::shared_ptr<const ServerConfig>>(loaded));
      if (!left) {
        log_.error("the new configuration is refused; the old one stays",
                   {{"why", left.error().message()}});
      } else {
        for (const std::string& line : *left) log_.warning("not taken over", {{"what", line}});
        log_.info("the configuration is reloaded");
      }
    }
    sd_notify(0, "READY=1");
  }

  Server& server_;
  std::string path_;
  Log log_;
  asio::io_context context_{1};
  asio::signal_set signals_;
};

ExitCode serve(const std::string& given_path) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string path = given_path.empty() ? default_config_path().string() : given_path;
  auto loaded = load_server_config(path);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors)
      std::fprintf(stderr, "%s\n", error.to_string().c_str());
    return fail("serve", path + " cannot be used: mend the lines above", ExitCode::usage);
  }
  const auto config = std::get<std::shared_ptr<const ServerConfig>>(loaded);
  const Result<void> became = become_user(config->server.user);
  if (!became) return fail("serve", became.error().message(), ExitCode::usage);
  SystemClock clock;
  const Log log = Log::to_stderr(clock, config->server.log_level);
  auto server = Server::start(config, log, clock);
  if (!server) return fail("serve", server.error().message(), ExitCode::usage);
  SignalLoop signals(**server, path, log.child("serve"));
  for (const std::string& line : (*server)->addresses()) {
    log.child("serve").info("listening", {{"listener", line}});
  }
  std::fputs("posthaste: ready\n", stderr);
  sd_notify(0, "READY=1");
  signals.run();
  sd_notify(0, "STOPPING=1");
  log.child("serve").info("draining");
  (*server)->stop();
  log.child("serve").info("stopped");
  return ExitCode::done;
}

}  // namespace

void add_serve(Program& program) {
  CLI::App* verb = program.add_verb("serve", "Run the server in the foreground");
  auto path = std::make_shared<std::string>();
  verb->add_option("-c,--config", *path, "Configuration file");
  program.add_action(verb, [path] { return serve(*path); });
}

}  // namespace posthaste
