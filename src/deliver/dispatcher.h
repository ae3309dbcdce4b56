#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "deliver/connection.h"
#include "deliver/limit_waits.h"
#include "platform/io/alarm.h"
#include "platform/io/blocking_pool.h"
#include "platform/io/inbox.h"
#include "queue/queue_manager.h"
#include "route/suppressor.h"

namespace posthaste {

// Gives each site as many connections as its mail and its limits want, from the sources of the
// mail's pools by their weights, and each connection its messages. Decides on the queue loop; the
// connections run on all loops.
//
// A connection's link, its half on the queue loop, is in one of these states:
//
//   opening ──reached──▶ busy ──pull, nothing ready──▶ idle ──mail, or time──▶ busy
//      │                  │ ▲                                                    │
//      └──site_failed──▶ closed ◀──────────── ends ◀─────────────────────────────┘
class Dispatcher final : public SiteObserver {
 public:
  struct Parts {
    QueueManager& manager;
    Governor& governor;
    Spool& spool;
    Settler& settler;
    Clock& clock;
    std::vector<boost::asio::any_io_executor> loops;  // where the connections run
    TaskGroup& tasks;                                 // of the queue loop
    BlockingPool& disk;
    ClientTls& tls;
    std::string ehlo_name;
    // Reads the password of a route.
    std::function<std::string(const RouteConfig&)> password_of;
    Connector connect = connect_tcp;
    Resolver* dane = nullptr;  // ConnectionParts
    TlsSessionObserver on_tls_session = nullptr;
    std::shared_ptr<const ReturnPaths> return_paths = {};
    Suppressor* suppressor = nullptr;  // null: nobody is suppressed
  };
  Dispatcher(Parts parts, std::shared_ptr<const DeliveryConfig> config);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher() override;

  // Called on the queue loop.
  void start();
  void on_ready(const Destination& destination) override;
  void on_flush(const Destination& destination) override;
  void set_config(std::shared_ptr<const DeliveryConfig> config,
                  std::shared_ptr<const ReturnPaths> return_paths);
  // Limits or suspensions have changed: every site asks again.
  void ask_again();

  // No new connections; the open ones finish the messages that they have. Returns when all have
  // closed, or at `deadline`, when the rest is cut off. On the queue loop.
  boost::asio::awaitable<void> drain(Clock::time_point deadline);

  std::size_t open_connections() const { return links_.size(); }
  // Sites that mail is ready for, or that it was lately.
  std::size_t remembered_sites() const { return sites_.size(); }

 private:
  class Link;
  struct Outlet;
  struct Site;
  using PullHandler = std::function<void(std::vector<QueuedMessage>)>;
  // What connections say, in the order in which each says it.
  struct Message {
    enum class Kind : std::uint8_t { pull, put_back, failed, reached, closed };
    Kind kind;
    std::uint64_t link;
    std::size_t max = 0;
    PullHandler handler;
    std::vector<QueuedMessage> messages;
    AttemptFailure failure = {};
    std::vector<RuleMatch> matches = {};  // of the failure
    std::vector<std::pair<QueueName, CellOutcome>> outcomes = {};
  };

  // dispatcher.cc: what connections say
  void take_messages(std::vector<Message> messages);
  void on_pull(Link& link, Message& message);
  void on_reached(Link& link);
  void on_failed(Link& link, const Message& message);
  void on_closed(std::uint64_t id);
  void skip_hosts(const std::vector<RuleMatch>& matches);
  void answer(Link& link, std::vector<QueuedMessage> messages);
  boost::asio::awaitable<void> close_idle();
  static boost::asio::awaitable<void> run_link(std::shared_ptr<Link> link, ConnectionPlan plan,
                                               ConnectionParts parts);

  // dispatcher_serving.cc: what is sent, from where, over which connections
  void serve_and_wait(Site& site);
  bool serve(Site& site, Refusals& refusals);
  Outlet* next_to_serve(Site& site, const std::vector<Outlet*>& passed_over, Refusals& refusals);
  bool is_ahead(const Site& site, const Outlet& outlet) const;
  void open_for_those_behind(Site& site, const Outlet& ahead, const QueueName& queue);
  void find_outlets(Site& site);
  void open_connections_for(Site& site, Refusals& refusals);
  bool may_grow(const Site& site, const Outlet& outlet, std::size_t opening) const;
  std::vector<MxHost> usable_hosts(const Destination& destination) const;
  void open(Site& site, Outlet& outlet);
  bool is_used(const Site& site) const;
  void drop_if_unused(const SiteName& name);
  void drop_unused();
  void serve_awake();

  Parts parts_;
  std::shared_ptr<const DeliveryConfig> config_;
  bool is_draining_ = false;
  bool is_taking_messages_ = false;  // waits are looked at when it is done
  std::uint64_t next_link_ = 1;
  std::size_t next_worker_ = 0;
  std::vector<std::unique_ptr<TaskGroup>> workers_;  // the connections of each loop
  std::unordered_map<SiteName, std::unique_ptr<Site>> sites_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Link>> links_;
  std::unordered_map<std::string, Clock::time_point> skipped_hosts_;  // by a rule, until then
  LimitWaits waits_;
  Alarm alarm_;
  Inbox<Message> inbox_;
};

}  // namespace posthaste
