#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "control/api/api.h"
#include "control/operations.h"
#include "platform/http/http_server.h"
#include "platform/io/loop_pool.h"
#include "platform/log.h"
#include "platform/metrics.h"
#include "queue/queue_manager.h"
#include "report/event_log.h"
#include "report/event_metrics.h"
#include "report/outbox_trim.h"
#include "report/suppression_follower.h"
#include "reputation/reputation_view.h"
#include "server/rate_watch.h"
#include "server/server_config.h"
#include "server/shaping_gauges.h"
#include "server/unknown_reply_watch.h"

namespace posthaste {

// Everything that tells what the server does: event logs, metrics, the HTTP listeners. Runs on a
// loop of its own, so that nothing here can slow mail.
class Observation {
 public:
  struct Parts {
    Spool& spool;
    QueueManager& manager;
    Governor& governor;
    boost::asio::any_io_executor queue_loop;
    LimitHistory& history;
    std::function<void()> ask_again;  // Operations::Parts
    SendTlsReports send_tls_reports;
    BlockingPool& disk;
    Metrics& metrics;
    Clock& clock;
    Log log;
    std::function<ReputationView::Shared()> reputation;  // any thread
    Suppressor& suppressor;
    Unsubscriber& unsubscriber;
  };
  explicit Observation(Parts parts);
  // Requires: stop() was called.
  ~Observation();

  // Opens logs and listeners; they work when it returns.
  Result<void> start(const ServerConfig& config, std::shared_ptr<const ShapingRules> shaping);
  // Takes the alert block over.
  void reload(const ServerConfig& config, std::shared_ptr<const ShapingRules> shaping);
  // Writes what is there, closes all, blocks until that is done.
  void stop();

  // What the queue loop knows, for the gauges; told about once a second. Any thread.
  struct QueueFigures {
    std::map<std::string, QueueManager::Total> totals;
    std::size_t outgoing_connections = 0;
  };
  void set_figures(QueueFigures figures);
  // On the governor's loop.
  void look_at(const Governor& governor) { shaping_.set(governor); }

  // "http 127.0.0.1:8000", a line for each HTTP listener.
  const std::vector<std::string>& addresses() const { return addresses_; }

 private:
  void open_logs(const ServerConfig& config);
  Result<void> listen(const ServerConfig& config);
  void add_gauges();
  std::uint64_t slowest_reader() const;

  Parts parts_;
  Loop loop_;
  TaskGroup tasks_;
  Operations operations_;
  HttpRouter router_;
  Guarded<QueueFigures> figures_;
  Gauge outgoing_;
  ShapingGauges shaping_;
  EventMetrics event_metrics_;
  UnknownReplyWatch unknown_replies_;
  SuppressionFollower suppression_;
  std::unique_ptr<RateWatch> rates_;
  OutboxTrim trim_;
  std::vector<std::unique_ptr<EventLog>> logs_;
  std::vector<std::unique_ptr<HttpServer>> servers_;
  std::vector<Metrics::Registration> gauges_;
  std::vector<std::string> addresses_;
  bool is_running_ = false;
};

}  // namespace posthaste
