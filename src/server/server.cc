#include "server/server.h"

#include <openssl/rand.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <utility>

#include "accept/auth.h"
#include "accept/reception.h"
#include "accept/reception_budget.h"
#include "base/text_file.h"
#include "deliver/client_tls.h"
#include "deliver/dispatcher.h"
#include "inbound/unsubscriber.h"
#include "platform/dns/unbound_resolver.h"
#include "platform/io/blocking_pool.h"
#include "platform/io/loop_pool.h"
#include "platform/io/run_on.h"
#include "platform/metrics.h"
#include "queue/admission.h"
#include "queue/queue_manager.h"
#include "server/inbound_service.h"
#include "server/key_watch.h"
#include "server/limit_change.h"
#include "server/limit_keeper.h"
#include "server/listener_set.h"
#include "server/observation.h"
#include "server/reception_monitor.h"
#include "server/recipient_gate.h"
#include "server/relay_store.h"
#include "server/reputation_service.h"
#include "server/settings.h"
#include "server/tls_report_mailer.h"
#include "server/transport_security.h"
#include "spool/spool.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr auto kListenerGrace = 10s;
constexpr auto kDeliveryGrace = 30s;
constexpr auto kSpaceCheck = 1s;
// Bodies on their way in, over all sessions.
constexpr std::uint64_t kReceptionBudget = 512ULL << 20;

const MetricName kCommitSeconds{"posthaste_spool_commit_seconds",
                                "Time that one write to the spool takes, with its sync."};

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits);
  return bits;
}

asio::awaitable<void> finish(asio::awaitable<void> task, std::promise<void>& done) {
  co_await std::move(task);
  done.set_value();
}

SpoolOptions spool_options(const ServerConfig& config, const Log& log) {
  SpoolOptions options;
  options.path = config.spool.path.empty() ? config.server.data_dir / "spool" : config.spool.path;
  options.memory = config.spool.memory;
  options.max_size = config.spool.max_size;
  options.min_free = config.spool.min_free;
  options.on_warning = [log](const std::string& warning) {
    log.warning("the database warns", {{"warning", warning}});
  };
  return options;
}

std::vector<std::string> listener_names(const ServerConfig& config) {
  std::vector<std::string> names;
  for (const ListenerConfig& listener : config.listeners) names.push_back(listener.name);
  return names;
}

// Whether the one of this name listens at the same address.
bool has_listener(const ServerConfig& config, const ListenerConfig& listener) {
  return std::any_of(
      config.listeners.begin(), config.listeners.end(), [&](const ListenerConfig& one) {
        return one.name == listener.name && one.address.to_string() == listener.address.to_string();
      });
}

}  // namespace

// In the order of construction; each part uses only those above it.
struct Server::Parts {
  Parts(std::shared_ptr<const ServerConfig> config_in, Settings settings, Log log_in,
        Clock& clock_in, std::unique_ptr<Spool> spool_in)
      : config(std::move(config_in)),
        log(std::move(log_in)),
        clock(clock_in),
        spool(std::move(spool_in)),
        disk(4),
        loops(config->server.threads),
        queue_loop("queue"),
        tasks(queue_loop.executor()),
        governor(clock, settings.shaping),
        notices(
            {settings.identity.hostname, config->bounce.use_8bitmime, config->bounce.notify_sender},
            *spool, clock),
        suppressor({*spool, clock, disk}, config->suppression),
        unsubscriber({*spool, suppressor, clock, disk}),
        recipients(suppressor),
        settler(settings.rules, notices, clock, random_bits),
        tls(clock,
            {config->tls.ca_file.string(), config->tls.resumption, config->tls.broken_memory}),
        report_mailer(reception, settings.identity, config->tls.report_contact),
        key_watch(clock, disk, log),
        authenticator(clock, disk),
        budget(kReceptionBudget),
        monitor(metrics, *spool, listener_names(*config)),
        relays(clock, metrics, relay_store(*spool)) {
    spool->on_commit([seconds = metrics.histogram(kCommitSeconds, fast_seconds_bounds())](
                         const CommitReport& report) {
      seconds.observe(std::chrono::duration<double>(report.took).count());
    });
  }

  std::shared_ptr<const ServerConfig> config;
  Log log;
  Clock& clock;
  Metrics metrics;
  std::unique_ptr<Spool> spool;
  BlockingPool disk;
  LoopPool loops;
  Loop queue_loop;
  TaskGroup tasks;  // of the queue loop
  std::unique_ptr<UnboundResolver> dns;
  Governor governor;
  LimitHistory history;
  NoticeMaker notices;
  Suppressor suppressor;
  Unsubscriber unsubscriber;
  RecipientGate recipients;
  Settler settler;
  std::unique_ptr<QueueManager> manager;
  ClientTls tls;
  TlsReportMailer report_mailer;
  std::unique_ptr<TransportSecurity> transport;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<Admission> admission;
  std::unique_ptr<InboundService> inbound;
  std::unique_ptr<ReputationService> reputation;
  std::unique_ptr<Observation> observation;
  KeyWatch key_watch;
  Authenticator authenticator;
  ReceptionBudget budget;
  ReceptionMonitor monitor;
  RelayJournal relays;
  std::unique_ptr<Reception> reception;
  std::unique_ptr<ListenerSet> listeners;
  bool is_running = true;

  void make_dispatcher(const Settings& settings);
  Result<void> build(const Settings& settings);
  Result<void> listen(const Settings& settings);
  std::shared_ptr<const DestinationFinder> make_finder(const Settings& settings) {
    return std::make_shared<const DestinationFinder>(*dns, clock, settings.destinations,
                                                     random_bits, transport.get());
  }
  void wait_for(asio::awaitable<void> task);
  asio::awaitable<void> watch();
  void stop();
};

void Server::Parts::make_dispatcher(const Settings& settings) {
  const std::string& ehlo = config->delivery.ehlo_name;
  Dispatcher::Parts dispatch{.manager = *manager,
                             .governor = governor,
                             .spool = *spool,
                             .settler = settler,
                             .clock = clock,
                             .loops = loops.executors(),
                             .tasks = tasks,
                             .disk = disk,
                             .tls = tls,
                             .ehlo_name = ehlo.empty() ? settings.identity.hostname : ehlo,
                             .password_of =
                                 [](const RouteConfig& route) {
                                   return read_first_line(route.password_file).value_or("");
                                 },
                             .dane = transport->dane(),
                             .on_tls_session = transport->observer(),
                             .return_paths = settings.return_paths,
                             .suppressor = &suppressor};
  dispatcher = std::make_unique<Dispatcher>(
      std::move(dispatch), std::make_shared<const DeliveryConfig>(config->delivery));
  manager->set_observer(*dispatcher);
}

Result<void> Server::Parts::build(const Settings& settings) {
  if (auto keyed = unsubscriber.set_keys(settings.token_keys); !keyed) return keyed;
  auto resolver = UnboundResolver::create(queue_loop.executor(), clock, config->dns);
  if (!resolver) return resolver.error();
  dns = std::move(*resolver);
  if (auto kept = keep_limits(governor, *spool, queue_loop.executor()); !kept) return kept;
  governor.set_on_change([this](const ShapingChange& change) {
    tell_limit_change(change, {clock, history, *spool, log});
  });
  auto security = TransportSecurity::create({*dns, clock, *spool, metrics, tasks, log.child("tls"),
                                             settings.identity.hostname, report_mailer.as_mail()},
                                            {config->tls, config->tls_policies});
  if (!security) return security.error();
  transport = std::move(*security);
  manager = std::make_unique<QueueManager>(
      QueueManager::Parts{*spool, clock, disk, tasks, governor, settler}, settings.rules,
      make_finder(settings));
  make_dispatcher(settings);
  admission = std::make_unique<Admission>(Admission::Parts{
      *spool, *manager, settler, clock, &suppressor, settings.return_paths, &monitor});
  reception = std::make_unique<Reception>(clock, *admission);
  inbound = std::make_unique<InboundService>(
      InboundService::Parts{*spool, suppressor, *dns, unsubscriber, *admission, disk, metrics,
                            clock, log.child("inbound")});
  if (auto made = inbound->configure(*config, settings.return_paths); !made) return made.error();
  auto watched = ReputationService::create(
      {*spool, *dns, clock, metrics, log, governor, queue_loop.executor()}, *config);
  if (!watched) return watched.error();
  reputation = std::move(*watched);
  observation = std::make_unique<Observation>(Observation::Parts{
      *spool, *manager, governor, queue_loop.executor(), history,
      [this] { dispatcher->ask_again(); }, [this] { return transport->report_now(); }, disk,
      metrics, clock, log, [this] { return reputation->view(); }, suppressor, unsubscriber});
  if (auto started = observation->start(*config, settings.shaping); !started) return started;
  key_watch.set_signer(settings.identity.signer);
  run_and_wait(queue_loop.executor(), [this] {
    manager->start();
    dispatcher->start();
    transport->start();
    tasks.spawn(watch());
    tasks.spawn(key_watch.run());
  });
  return {};
}

Result<void> Server::Parts::listen(const Settings& settings) {
  listeners = std::make_unique<ListenerSet>(
      [this](const ListenerConfig& listener) {
        return listener.effective_role() == ListenerRole::inbound ? inbound->loops()
                                                                  : loops.executors();
      },
      [this](const ListenerConfig& listener) {
        return inbound->services_of(
            listener, {clock, *admission, *reception, authenticator, budget, monitor, &recipients});
      },
      RelayServices{clock, tls, relays, monitor},
      [this](asio::awaitable<void> task) { wait_for(std::move(task)); });
  return listeners->reload(settings.sessions);
}

// Once a second: space on the disk, and figures for the gauges.
asio::awaitable<void> Server::Parts::watch() {
  bool was_accepting = true;
  while (true) {
    co_await clock.sleep_until(clock.now() + kSpaceCheck);
    spool->check_space();
    governor.tick();
    observation->set_figures({manager->totals(), dispatcher->open_connections()});
    observation->look_at(governor);
    const bool is_accepting = spool->is_accepting();
    if (was_accepting && !is_accepting) {
      log.error("mail is refused: free the disk or mend it", {{"why", spool->refusal()}});
    } else if (!was_accepting && is_accepting) {
      log.info("mail is accepted again");
    }
    was_accepting = is_accepting;
  }
}

void Server::Parts::wait_for(asio::awaitable<void> task) {
  std::promise<void> done;
  asio::post(queue_loop.executor(), [&] { tasks.spawn(finish(std::move(task), done)); });
  done.get_future().wait();
}

void Server::Parts::stop() {
  if (!std::exchange(is_running, false)) return;
  if (listeners) listeners->stop(kListenerGrace);
  if (inbound) inbound->stop();
  if (reputation) reputation->stop();
  if (admission) admission->stop();
  if (dispatcher) wait_for(dispatcher->drain(clock.now() + kDeliveryGrace));
  run_and_wait(queue_loop.executor(), [this] {
    if (manager) manager->stop();
    if (transport) transport->stop();
    tasks.cancel();
  });
  // The group empties itself on its loop; what is cancelled ends within a turn or two.
  while (true) {
    bool is_empty = false;
    run_and_wait(queue_loop.executor(), [&] { is_empty = tasks.empty(); });
    if (is_empty) break;
    std::this_thread::yield();
  }
  run_and_wait(queue_loop.executor(), [this] { governor.keep_all(); });
  if (transport) transport->flush();
  if (dns) wait_for(dns->stop());
  if (observation) observation->stop();
  disk.join();
  // Writes what is pending while those whom it tells are still there.
  spool.reset();
  if (inbound) inbound->join();
  loops.join();
  queue_loop.join();
}

Result<std::unique_ptr<Server>> Server::start(std::shared_ptr<const ServerConfig> config, Log log,
                                              Clock& clock) {
  auto settings = make_settings(*config);
  if (!settings) return settings.error();
  auto spool = Spool::open(spool_options(*config, log.child("spool")), clock);
  if (!spool) return spool.error();
  std::unique_ptr<Server> server(new Server(std::make_unique<Parts>(
      std::move(config), *settings, std::move(log), clock, std::move(*spool))));
  Parts& parts = *server->parts_;
  Result<void> built = parts.build(*settings);
  if (built) built = parts.listen(*settings);
  if (built) return server;
  parts.stop();
  return built.error();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() = default;

void Server::stop() {
  parts_->stop();
}

Result<std::vector<std::string>> Server::reload(std::shared_ptr<const ServerConfig> config) {
  auto settings = make_settings(*config);
  if (!settings) return settings.error();
  Parts& parts = *parts_;
  auto taken_over = parts.inbound->configure(*config, settings->return_paths);
  if (!taken_over) return taken_over.error();
  std::vector<std::string> left = std::move(*taken_over);
  if (auto listening = parts.listeners->reload(settings->sessions); !listening) {
    return listening.error();
  }
  for (const ListenerConfig& listener : config->listeners) {
    if (listener.protocol == ListenerProtocol::http && !has_listener(*parts.config, listener)) {
      left.push_back("listener \"" + listener.name + "\" is new or has moved: restart to open it");
    }
  }
  if (config->server.threads != parts.config->server.threads) {
    left.push_back("server threads: restart to change them");
  }
  parts.settler.set_rules(settings->rules);
  parts.report_mailer.set_identity(settings->identity);
  for (std::string& line : parts.transport->reload({config->tls, config->tls_policies})) {
    left.push_back(std::move(line));
  }
  parts.suppressor.set_config(config->suppression);
  parts.admission->set_return_paths(settings->return_paths);
  if (auto keyed = parts.unsubscriber.set_keys(settings->token_keys); !keyed) return keyed.error();
  const auto finder = parts.make_finder(*settings);
  const auto delivery = std::make_shared<const DeliveryConfig>(config->delivery);
  run_and_wait(parts.queue_loop.executor(), [&] {
    parts.governor.set_rules(settings->shaping);
    parts.manager->reload(settings->rules, finder);
    parts.dispatcher->set_config(delivery, settings->return_paths);
    parts.dispatcher->ask_again();
    parts.key_watch.set_signer(settings->identity.signer);
  });
  parts.observation->reload(*config, settings->shaping);
  for (std::string& line : parts.reputation->reload(*config)) left.push_back(std::move(line));
  parts.log.set_level(config->server.log_level);
  parts.config = std::move(config);
  return left;
}

std::vector<std::string> Server::addresses() const {
  std::vector<std::string> lines = parts_->listeners->addresses();
  for (const std::string& line : parts_->observation->addresses()) lines.push_back(line);
  return lines;
}

}  // namespace posthaste
