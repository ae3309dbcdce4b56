#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/temporary_folder.h"
#include "platform/dns/zone_text_resolver.h"
#include "platform/io/loop_fixture.h"
#include "platform/store/fault_env.h"
#include "queue/message_event.h"
#include "queue/queue_manager.h"

namespace posthaste {

// Where the mail of these tests goes.
inline constexpr std::string_view kMailWorld = R"(
  example.com.          MX 10 mx.example.com.
  mx.example.com.   300 A 192.0.2.1
  other.test.           MX 10 mx.other.test.
  mx.other.test.        A 192.0.2.2
  sender.test.          MX 10 mx.sender.test.
  mx.sender.test.       A 192.0.2.3
  broken.test.          SERVFAIL
  null.test.            MX 0 .
)";

// Keeps what the manager says of sites that have work.
class RecordingObserver final : public SiteObserver {
 public:
  void on_ready(const Destination& destination) override {
    known[destination.site.value()] = destination;
    ++calls;
  }
  void on_flush(const Destination& destination) override { on_ready(destination); }

  std::map<std::string, Destination> known;
  int calls = 0;
};

// A spool in a folder of its own and the queues over it, on a loop that is run by hand: time moves
// when the test says so.
class QueueTest : public testing::Test {
 protected:
  using End = RecipientVerdict::End;

  QueueTest() {
    queues[0].retry = {std::chrono::minutes(10), 2.0, std::chrono::hours(1), 0.0};
    queues[0].max_age = std::chrono::hours(24);
    open_spool();
  }
  ~QueueTest() override {
    faults.repair_disk();
    stop();
    disk.join();
  }

  // --- the server: what the configuration says is as it is when it starts
  void start() {
    begin();
    run();
  }
  // The same, with nothing read yet.
  void begin() {
    rules = make_rules();
    governor = std::make_unique<Governor>(clock, rules);
    notices =
        std::make_unique<NoticeMaker>(NoticeOptions{"mx.here.test", false, true}, *spool, clock);
    settler =
        std::make_unique<Settler>(rules->queues, *notices, clock, [] { return std::uint64_t{0}; });
    manager = std::make_unique<QueueManager>(
        QueueManager::Parts{*spool, clock, disk, tasks, *governor, *settler}, rules->queues,
        make_finder());
    manager->set_observer(observer);
    manager->start();
  }
  // What is in memory is gone.
  void stop() {
    if (manager) manager->stop();
    tasks.cancel();
    EXPECT_TRUE(loop.run_until([this] { return tasks.empty(); }));
    spool.reset();
    manager.reset();
  }
  void restart() {
    stop();
    open_spool();
    start();
  }
  std::shared_ptr<const ShapingRules> make_rules() const {
    auto made = std::make_shared<ShapingRules>();
    auto compiled = QueueRules::compile(queues);
    made->queues = std::make_shared<const QueueRules>(std::move(*compiled));
    made->sources = Sources(sources, pools);
    return made;
  }
  std::shared_ptr<const DestinationFinder> make_finder() { return finder_of(resolver); }
  std::shared_ptr<const DestinationFinder> finder_of(Resolver& asked) {
    DestinationOptions options;
    options.ip_versions = IpVersions::ipv4;
    options.routes = routes;
    return std::make_shared<const DestinationFinder>(asked, clock, std::move(options),
                                                     [] { return std::uint64_t{0}; });
  }

  // Until nothing is left to do but to wait for time: also what the disk has to do is done.
  void run() {
    std::size_t steps = 1;
    while (steps > 0) {
      steps = loop.settle();
      std::promise<void> reached;
      disk.submit([&reached] { reached.set_value(); });
      reached.get_future().wait();
      (void)spool->sync().has_value();
      steps += loop.settle();
    }
  }
  void advance(Clock::duration by) {
    clock.advance(by);
    run();
  }

  // --- mail
  QueuedMessage message_to(const std::string& address,
                           const std::string& remote_queue = "outbound") {
    QueuedMessage message;
    message.id = MessageId::generate(clock.wall());
    Recipient recipient;
    recipient.address = *MailAddress::parse(address);
    message.queue = {remote_queue, TenantId("acme"), CampaignId(), recipient.address.domain()};
    message.tags.tenant = message.queue.tenant;
    message.envelope.sender = *ReversePath::parse("a@sender.test");
    message.envelope.recipients = {recipient};
    message.accepted = message.due = clock.wall();
    message.body = std::make_shared<const std::string>("Subject: x\r\n\r\nhello\r\n");
    message.size = message.body->size();
    return message;
  }
  // Puts messages on disk; nobody is told.
  void keep(const std::vector<QueuedMessage>& messages) {
    std::size_t kept = 0;
    for (const QueuedMessage& message : messages) tasks.spawn(keep_one(message, kept));
    run();
    EXPECT_EQ(kept, messages.size());
  }
  // Accepts them as Admission does.
  void arrive(const std::vector<QueuedMessage>& messages) {
    keep(messages);
    for (const QueuedMessage& message : messages) manager->handed_over({message});
    run();
  }
  void arrive(const std::string& address) { arrive({message_to(address)}); }

  // Takes what a connection from `source` to the site would get.
  std::vector<QueuedMessage> take(const std::string& site = "mx.example.com",
                                  std::size_t max = 10'000, const std::string& source = "default") {
    const auto known = observer.known.find(site);
    if (known == observer.known.end()) return {};
    Refusals refusals;
    const auto cell = governor->cell(SourceName(source), known->second);
    return manager->take(SiteName(site), *cell, max, refusals).messages;
  }
  QueuedMessage take_one(const std::string& site = "mx.example.com") {
    auto taken = take(site, 1);
    EXPECT_EQ(taken.size(), 1U) << "nothing is ready for " << site;
    return taken.empty() ? QueuedMessage() : std::move(taken.front());
  }
  // The recipients of what is ready, which is then gone.
  std::vector<std::string> take_names(const std::string& site = "mx.example.com") {
    return names_of(take(site));
  }
  static std::vector<std::string> names_of(const std::vector<QueuedMessage>& messages) {
    std::vector<std::string> names;
    for (const QueuedMessage& message : messages) {
      const std::string name = message.envelope.recipients.at(0).address.smtp_form();
      names.push_back(name.substr(0, name.find('@')));
    }
    return names;
  }

  // What became of a message that was taken.
  void settle(const QueuedMessage& message, End end) {
    const EventType type = end == End::delivered  ? EventType::delivery
                           : end == End::deferred ? EventType::transient_failure
                                                  : EventType::bounce;
    RecipientVerdict verdict{
        end, event_of(message, message.envelope.recipients.at(0), type, clock.wall())};
    verdict.event.smtp_code = end == End::delivered ? 250 : end == End::deferred ? 451 : 550;
    commit_settlement(*spool, *manager, settler->settle(message, {verdict}));
    run();
  }
  // A message that has been tried once and waits for ten minutes.
  void arrive_and_defer(const std::string& address) {
    arrive(address);
    const std::string domain = address.substr(address.find('@') + 1);
    settle(take_one("mx." + domain), End::deferred);
  }

  // --- what is to be seen
  std::optional<QueueState> state(const std::string& domain,
                                  const std::string& remote_queue = "outbound") const {
    for (QueueState& one : manager->list()) {
      if (one.name.domain.ascii() == domain && one.name.remote_queue == remote_queue) {
        return std::move(one);
      }
    }
    return std::nullopt;
  }
  std::uint64_t depth(const std::string& domain,
                      const std::string& remote_queue = "outbound") const {
    const auto known = state(domain, remote_queue);
    return known ? known->depth : 0;
  }
  std::size_t ready(const std::string& site = "mx.example.com") const {
    return manager->ready(SiteName(site));
  }
  // All events of one type, in order.
  std::vector<Event> told(EventType type) const {
    std::vector<Event> events;
    const auto records = spool->told(0, 100'000);
    for (const Spool::Told& one : *records) {
      auto event = Event::decode(one.record);
      if (event && event->type == type) events.push_back(std::move(*event));
    }
    return events;
  }

  TemporaryFolder folder;
  FaultEnv faults;
  SystemClock system_clock;  // of the spool, whose thread is not the loop's
  ManualClock clock;
  TestLoop loop;
  TaskGroup tasks{loop.context.get_executor()};
  BlockingPool disk{1};  // one thread: what was handed in before is done before
  ZoneTextResolver resolver{kMailWorld};
  std::vector<RemoteQueueConfig> queues{RemoteQueueConfig{}};
  std::vector<SourceConfig> sources;
  std::vector<PoolConfig> pools;
  std::vector<std::shared_ptr<const RouteConfig>> routes;
  RecordingObserver observer;
  std::unique_ptr<Spool> spool;
  std::shared_ptr<const ShapingRules> rules;
  std::unique_ptr<Governor> governor;
  std::unique_ptr<NoticeMaker> notices;
  std::unique_ptr<Settler> settler;
  std::unique_ptr<QueueManager> manager;

  void open_spool() {
    SpoolOptions options;
    options.path = folder.path() / "spool";
    options.min_free = Bytes(0);
    options.env = faults.env();
    std::filesystem::create_directories(options.path);
    auto opened = Spool::open(options, system_clock);
    ASSERT_TRUE(opened) << opened.error().message();
    spool = std::move(*opened);
  }
  boost::asio::awaitable<void> keep_one(QueuedMessage message, std::size_t& kept) {
    NewMessage fresh;
    fresh.groups = {message};
    fresh.body = message.body;
    fresh.reception = reception_event(message, {}, "");
    const Result<void> result = co_await spool->accept(std::move(fresh));
    if (result) ++kept;
  }
};

}  // namespace posthaste
