#include "report/rates_follower.h"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <utility>

#include "report/rate_state.pb.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr const char* kRead = "rates/read";
constexpr auto kWriteEvery = 10s;
constexpr auto kMove = 1s;

Event event_of(const RateChange& change) {
  Event event;
  event.type = EventType::rate_alert;
  event.time = change.time;
  event.response = change.to_string();
  const RateSubject& subject = change.subject;
  switch (subject.scope) {
    case RateScope::source:
      event.source = subject.name;
      break;
    case RateScope::provider:
      event.provider = subject.name;
      break;
    case RateScope::cell:
      event.source = subject.owner;
      event.provider = subject.name;
      break;
    case RateScope::tenant:
      event.tenant = subject.name;
      break;
    case RateScope::campaign:
      event.tenant = subject.owner;
      event.campaign = subject.name;
      break;
  }
  event.meta = {{"scope", std::string(to_string(subject.scope))},
                {"rate", std::string(to_string(change.kind))},
                {"window", to_string(change.window)},
                {"before", std::string(to_string(change.before))},
                {"level", std::string(to_string(change.now))},
                {"threshold", change.threshold.to_string()},
                {"count", std::to_string(change.sum.part)},
                {"of", std::to_string(change.sum.whole)}};
  if (change.went_over_budget) event.meta["action"] = "suspended";
  return event;
}

}  // namespace

RatesFollower::RatesFollower(Parts parts, std::shared_ptr<const RateRules> rules)
    : parts_(std::move(parts)),
      rates_(std::move(rules)),
      written_(std::make_shared<std::atomic<std::uint64_t>>(0)),
      follower_(parts_.spool, parts_.clock, parts_.tasks,
                [this](const std::vector<Spool::Told>& batch) { return take(batch); }) {}

Result<void> RatesFollower::start() {
  const auto kept = parts_.spool.get_state(kRead);
  if (!kept) return kept.error();
  record::RatesReadRecord record;
  if (*kept && record.ParseFromString(**kept)) {
    const auto cells = parts_.spool.scan_state(OutcomeRates::kPrefix);
    if (!cells) return cells.error();
    for (const auto& [key, value] : *cells) rates_.restore(key, value);
    // A clock that was ahead then must not hold the windows still now.
    const WallTime then{std::chrono::microseconds(record.now())};
    rates_.advance(std::min(then, parts_.clock.wall()));
    handed_ = record.cursor();
    written_->store(*handed_);
  } else {
    // Before any event that is told from now on, so that a crash finds it.
    write(parts_.spool.last_told(), {});
  }
  follower_.start(*handed_);
  parts_.tasks.spawn(watch());
  return {};
}

void RatesFollower::finish() {
  follower_.catch_up();
  write(follower_.position(), {});
}

std::vector<Event> RatesFollower::earlier(const Event& event, std::uint64_t sequence) const {
  std::vector<Event> events;
  const auto id = MessageId::parse(event.message_id);
  if (!id) return events;
  const auto told = parts_.spool.told_of(*id);
  if (!told) return events;
  for (const Spool::Told& one : *told) {
    if (one.sequence >= sequence) break;
    auto decoded = Event::decode(one.record);
    if (decoded) events.push_back(std::move(*decoded));
  }
  return events;
}

void RatesFollower::count(const Spool::Told& told) {
  const auto event = Event::decode(told.record);
  if (!event) return;
  rates_.advance(event->time);
  std::vector<Event> before;
  if (came_later(*event)) before = earlier(*event, told.sequence);
  const auto outcome = outcome_of(*event, before, rates_.rules());
  if (!outcome) return;
  rates_.count(*outcome);
  if (!outcome->came_later || outcome->source.empty()) return;
  WarmupTally tally;
  tally.hard = outcome->hard;
  tally.complaints = outcome->is_complaint ? 1 : 0;
  if (tally.hard + tally.complaints > 0) {
    parts_.tell_warmup(outcome->source, outcome->provider, tally);
  }
}

bool RatesFollower::take(const std::vector<Spool::Told>& batch) {
  for (const Spool::Told& told : batch) count(told);
  SpoolChanges changes;
  act(changes);
  if (!changes.events.empty() || is_due()) write(batch.back().sequence, std::move(changes));
  return true;
}

void RatesFollower::act(SpoolChanges& changes) {
  for (const RateChange& change : rates_.take_changes()) {
    const RateBudget* const budget = rates_.rules().budget_of(change.subject);
    if (change.went_over_budget && budget != nullptr) {
      parts_.suspend(change.subject, *budget, change.to_string());
    }
    changes.events.push_back(event_of(change));
    parts_.log(change);
  }
}

void RatesFollower::write(std::uint64_t cursor, SpoolChanges changes) {
  writes_at_ = parts_.clock.now() + kWriteEvery;
  std::vector<std::string> forgotten;
  for (OutcomeRates::Record& record : rates_.take_records()) {
    if (record.value) {
      changes.state.emplace_back(std::move(record.key), std::move(*record.value));
    } else {
      forgotten.push_back(std::move(record.key));
    }
  }
  const bool is_news = cursor != handed_ || !changes.empty() || !forgotten.empty();
  if (!is_news) return;
  handed_ = cursor;
  record::RatesReadRecord read;
  read.set_cursor(cursor);
  if (const auto now = rates_.now()) read.set_now(now->time_since_epoch().count());
  changes.state.emplace_back(kRead, read.SerializeAsString());
  parts_.spool.write(std::move(changes), [written = written_, cursor] {
    written->store(cursor, std::memory_order_relaxed);
  });
  for (std::string& key : forgotten) parts_.spool.remove_state(std::move(key));
}

asio::awaitable<void> RatesFollower::watch() {
  while (true) {
    co_await parts_.clock.sleep_until(parts_.clock.now() + kMove);
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    // Events that are on their way have times of before.
    const std::uint64_t position = follower_.position();
    if (position < parts_.spool.last_told()) continue;
    rates_.advance(parts_.clock.wall());
    SpoolChanges changes;
    act(changes);
    if (!changes.events.empty() || is_due()) write(position, std::move(changes));
  }
}

}  // namespace posthaste
