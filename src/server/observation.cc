#include "server/observation.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "platform/io/run_on.h"

namespace posthaste {

namespace {

// Where events go when no log block says so.
LogConfig default_log(const ServerConfig& config) {
  LogConfig log;
  log.name = "events";
  const bool is_system = config.server.data_dir == ServerBlock().data_dir;
  log.path = is_system ? std::filesystem::path("/var/log/posthaste/events.jsonl")
                       : config.server.data_dir / "log" / "events.jsonl";
  return log;
}

}  // namespace

Observation::Observation(Parts parts)
    : parts_(std::move(parts)),
      loop_("report"),
      tasks_(loop_.executor()),
      operations_({parts_.manager, parts_.governor, parts_.spool, parts_.clock, parts_.disk,
                   parts_.queue_loop, parts_.history, parts_.ask_again}),
      outgoing_(parts_.metrics.gauge(
          {"posthaste_connections_open", "Connections open now.", {"direction"}}, {"out"})),
      shaping_(parts_.metrics),
      event_metrics_(parts_.metrics, parts_.spool, parts_.clock, tasks_),
      unknown_replies_(parts_.spool, parts_.clock, tasks_),
      suppression_(parts_.spool, parts_.clock, tasks_, parts_.suppressor),
      trim_(parts_.spool, parts_.clock, tasks_, [this] { return slowest_reader(); }) {
  add_queues_api(router_, operations_);
  add_queue_orders_api(router_, operations_);
  add_messages_api(router_, operations_);
  add_overview_api(router_, {parts_.manager, parts_.governor, event_metrics_.tally(), parts_.clock,
                             parts_.queue_loop, [this] {
                               return figures_.with([](const QueueFigures& figures) {
                                 return figures.outgoing_connections;
                               });
                             }});
  add_bounces_api(router_, [this] { return unknown_replies_.by_number(); });
  add_warmup_api(router_, operations_);
  add_tls_reports_api(router_, parts_.send_tls_reports);
  add_reputation_api(router_, parts_.reputation);
  add_suppressions_api(router_, parts_.suppressor);
  add_unsubscribe_api(router_, parts_.unsubscriber, parts_.clock);
  add_health_api(router_, operations_, parts_.metrics);
  add_gauges();
}

Observation::~Observation() = default;

void Observation::open_logs(const ServerConfig& config) {
  std::vector<LogConfig> configs = config.logs;
  if (configs.empty()) configs.push_back(default_log(config));
  if (config.bounce.log_bounces) configs.push_back(config.bounce.as_log());
  for (LogConfig& log : configs) {
    EventLog::Parts parts{parts_.spool, parts_.clock, tasks_, parts_.disk, parts_.log.child("log")};
    logs_.push_back(std::make_unique<EventLog>(std::move(parts), std::move(log)));
  }
}

Result<void> Observation::listen(const ServerConfig& config) {
  std::vector<std::string> keys;
  for (const ApiKeyConfig& block : config.api_keys) {
    auto key = block.read();
    if (!key) return key.error();
    keys.push_back(std::move(*key));
  }
  for (const ListenerConfig& listener : config.listeners) {
    if (listener.protocol != ListenerProtocol::http) continue;
    HttpServerOptions options;
    options.address = listener.address.address();
    options.port = listener.address.port();
    options.keys = keys;
    options.max_request = config.http.max_request_size.count();
    options.request_timeout = config.http.request_timeout;
    options.idle_timeout = config.http.idle_timeout;
    auto server = HttpServer::open(tasks_, parts_.clock, std::move(options), router_);
    if (!server) return server.error();
    const Endpoint& bound = (*server)->address();
    addresses_.push_back(listener.name + " http " + bound.address + ":" +
                         std::to_string(bound.port));
    servers_.push_back(std::move(*server));
  }
  return {};
}

Result<void> Observation::start(const ServerConfig& config,
                                std::shared_ptr<const ShapingRules> shaping) {
  open_logs(config);
  rates_ = std::make_unique<RateWatch>(
      RateWatch::Parts{parts_.spool, parts_.clock, tasks_, parts_.governor, parts_.queue_loop,
                       parts_.metrics, parts_.log.child("rates")},
      std::make_shared<const RateRules>(config.alert, std::move(shaping)));
  add_rates_api(router_, [this](const OutcomeRates::Wants& wants) {
    return rates_->follower().rates().rows(wants);
  });
  add_reports_api(router_, {config.server.data_dir / "reports.db", &parts_.disk, &parts_.clock});
  if (auto listening = listen(config); !listening) return listening;
  is_running_ = true;
  Result<void> counting;
  run_and_wait(loop_.executor(), [this, &counting] {
    counting = rates_->follower().start();
    event_metrics_.start();
    unknown_replies_.start();
    suppression_.start();
    for (auto& log : logs_) log->start();
    trim_.start();
    for (auto& server : servers_) server->start();
  });
  return counting;
}

void Observation::reload(const ServerConfig& config, std::shared_ptr<const ShapingRules> shaping) {
  const auto rules = std::make_shared<const RateRules>(config.alert, std::move(shaping));
  run_and_wait(loop_.executor(), [&] { rates_->follower().set_rules(rules); });
}

void Observation::stop() {
  if (is_running_) {
    run_and_wait(loop_.executor(), [this] {
      for (auto& server : servers_) server->stop();
      for (auto& log : logs_) log->finish();
      unknown_replies_.finish();
      suppression_.finish();
      rates_->follower().finish();
    });
  }
  is_running_ = false;
  run_and_wait(loop_.executor(), [this] { tasks_.cancel(); });
  gauges_.clear();
  loop_.join();
}

std::uint64_t Observation::slowest_reader() const {
  std::uint64_t slowest = std::min({event_metrics_.position(), unknown_replies_.position(),
                                    suppression_.position(), rates_->follower().position()});
  for (const auto& log : logs_) slowest = std::min(slowest, log->position());
  return slowest;
}

void Observation::set_figures(QueueFigures figures) {
  outgoing_.set(static_cast<double>(figures.outgoing_connections));
  figures_.with([&](QueueFigures& current) { current = std::move(figures); });
}

void Observation::add_gauges() {
  const auto each_queue = [this](auto value_of) {
    return [this, value_of] {
      return figures_.with([&](const QueueFigures& figures) {
        std::vector<MetricSample> samples;
        for (const auto& [name, total] : figures.totals) {
          samples.push_back({{name}, value_of(total)});
        }
        return samples;
      });
    };
  };
  const auto depth = [](const QueueManager::Total& total) {
    return static_cast<double>(total.depth);
  };
  const auto age = [clock = &parts_.clock](const QueueManager::Total& total) {
    if (!total.oldest) return 0.0;
    return std::max(0.0, std::chrono::duration<double>(clock->wall() - *total.oldest).count());
  };
  Metrics& metrics = parts_.metrics;
  gauges_.push_back(metrics.callback_gauges(
      {"posthaste_queue_depth", "Recipient groups that wait.", {"queue"}}, each_queue(depth)));
  gauges_.push_back(metrics.callback_gauges(
      {"posthaste_queue_oldest_seconds", "Age of the oldest message known.", {"queue"}},
      each_queue(age)));
  gauges_.push_back(metrics.callback_gauge(
      {"posthaste_suppression_bytes", "Octets of the suppression list on disk."},
      [this] { return static_cast<double>(parts_.suppressor.disk_bytes()); }));
  gauges_.push_back(
      metrics.callback_gauge({"posthaste_spool_bytes", "Octets of the spool on disk."},
                             [this] { return static_cast<double>(parts_.spool.disk_bytes()); }));
  gauges_.push_back(
      metrics.callback_gauge({"posthaste_spool_held_bytes", "Octets of bodies held in memory."},
                             [this] { return static_cast<double>(parts_.spool.held_bytes()); }));
}

}  // namespace posthaste
