#include "server/inbound_service.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "accept/recipient_check.h"
#include "inbound/complaint_desk.h"
#include "inbound/mailroom.h"
#include "inbound/postmaster_handler.h"
#include "inbound/report/report_store.h"
#include "inbound/report_handler.h"
#include "inbound/report_intake.h"
#include "inbound/return_path_handler.h"
#include "inbound/unsubscribe_handler.h"
#include "platform/io/loop_pool.h"
#include "server/mail_folder.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

bool has_inbound_listener(const ServerConfig& config) {
  return std::any_of(config.listeners.begin(), config.listeners.end(),
                     [](const ListenerConfig& one) {
                       return one.protocol == ListenerProtocol::smtp &&
                              one.effective_role() == ListenerRole::inbound;
                     });
}

ReportIntake::Options intake_options(const InboundConfig& config) {
  ReportIntake::Options options;
  options.max_waiting = config.max_waiting;
  options.max_waiting_octets = config.max_waiting_size.count();
  options.retention = std::chrono::duration_cast<std::chrono::days>(config.keep_reports);
  return options;
}

std::vector<MailAddress> report_addresses(const InboundConfig& config) {
  std::vector<MailAddress> addresses = config.reports;
  addresses.insert(addresses.end(), config.complaints.begin(), config.complaints.end());
  return addresses;
}

std::vector<Domain> unsubscribe_domains(const ServerConfig& config) {
  std::vector<Domain> domains;
  for (const UnsubscribeConfig& block : config.unsubscribe) {
    if (block.mailto) domains.push_back(*block.mailto);
  }
  return domains;
}

// What is read at the start only.
bool has_same_limits(const InboundConfig& a, const InboundConfig& b) {
  return a.keep_reports == b.keep_reports && a.max_stored == b.max_stored &&
         a.max_waiting == b.max_waiting && a.max_waiting_size == b.max_waiting_size;
}

}  // namespace

// Only addresses of the mailroom get mail at an inbound listener.
class InboundService::Gate final : public RecipientCheck {
 public:
  explicit Gate(const Mailroom& mailroom) : mailroom_(mailroom) {}

  asio::awaitable<std::optional<RecipientRefusal>> refusal(MailAddress address, TenantId) override {
    auto why = mailroom_.refusal(address);
    if (!why) co_return std::nullopt;
    co_return RecipientRefusal{std::move(*why), RejectionReason::unknown_recipient};
  }

 private:
  const Mailroom& mailroom_;
};

// In the order of construction; each part uses only those above it.
struct InboundService::Rooms {
  Rooms(const Parts& parts, const ServerConfig& config, std::unique_ptr<ReportStore> opened)
      : limits(config.inbound),
        hostname(config.server.effective_hostname()),
        checker({parts.resolver, parts.clock, hostname.ascii()}),
        store(std::move(opened)),
        intake({*store, parts.clock, parts.metrics, parts.log}, intake_options(limits)),
        complaints({parts.spool, parts.suppressor, parts.disk, parts.clock, parts.log}),
        return_paths({parts.spool,
                      parts.suppressor,
                      complaints,
                      parts.clock,
                      parts.log,
                      {limits.max_waiting, limits.max_waiting_size.count()}}),
        reports(intake, complaints),
        folder(config.server.data_dir / "postmaster", parts.disk),
        postmaster({parts.outgoing, folder, reports, parts.clock, parts.log, hostname.ascii()}),
        leaving(parts.unsubscriber, parts.log),
        mailroom({parts.metrics,
                  checker,
                  [&spool = parts.spool] { return spool.is_accepting(); },
                  {&return_paths, &leaving, &reports, &postmaster}}),
        gate(mailroom),
        reception(parts.clock, mailroom),
        loops(config.server.threads, "inbound", ThreadPriority::background) {}

  void configure(const ServerConfig& server, const std::shared_ptr<const ReturnPaths>& paths) {
    const InboundConfig& config = server.inbound;
    const std::vector<MailAddress> addresses = report_addresses(config);
    return_paths.set_paths(paths);
    reports.configure(addresses, paths);
    leaving.set_domains(unsubscribe_domains(server));
    PostmasterHandler::Config people{{hostname}, config.postmaster, paths};
    for (const MailAddress& address : addresses) people.domains.push_back(address.domain());
    postmaster.configure(std::move(people));
  }

  const InboundConfig limits;
  const Domain hostname;
  SenderChecker checker;
  std::unique_ptr<ReportStore> store;
  ReportIntake intake;
  ComplaintDesk complaints;
  ReturnPathHandler return_paths;
  ReportHandler reports;
  MailFolder folder;
  PostmasterHandler postmaster;
  UnsubscribeHandler leaving;
  Mailroom mailroom;
  Gate gate;
  Reception reception;
  LoopPool loops;
};

InboundService::InboundService(Parts parts) : parts_(std::move(parts)) {}

InboundService::~InboundService() = default;

Result<std::vector<std::string>> InboundService::configure(
    const ServerConfig& config, std::shared_ptr<const ReturnPaths> paths) {
  std::vector<std::string> left;
  if (!rooms_) {
    if (!has_inbound_listener(config)) return left;
    auto store = ReportStore::open(
        {config.server.data_dir / "reports.db", config.inbound.max_stored.count()});
    if (!store) return store.error();
    rooms_ = std::make_unique<Rooms>(parts_, config, std::move(*store));
  } else if (!has_same_limits(rooms_->limits, config.inbound)) {
    left.emplace_back("inbound keep_reports, max_stored, max_waiting: restart to change them");
  }
  rooms_->configure(config, paths);
  return left;
}

ConnectionServices InboundService::services_of(const ListenerConfig& listener,
                                               ConnectionServices others) {
  if (listener.effective_role() != ListenerRole::inbound) return others;
  return {others.clock,  rooms_->mailroom, rooms_->reception, others.authenticator,
          others.budget, others.observer,  &rooms_->gate};
}

std::vector<asio::any_io_executor> InboundService::loops() {
  return rooms_->loops.executors();
}

void InboundService::stop() {
  if (!rooms_) return;
  rooms_->return_paths.stop();
  rooms_->intake.stop();
}

void InboundService::join() {
  if (rooms_) rooms_->loops.join();
}

}  // namespace posthaste
