#include "report/suppression_follower.h"

#include <charconv>

#include "event/event.h"
#include "route/suppression_rules.h"

namespace posthaste {
namespace {

constexpr const char* kCursor = "cursor/suppression";

std::optional<std::uint64_t> read_cursor(const Spool& spool) {
  const auto value = spool.get_state(kCursor);
  if (!value || !*value) return std::nullopt;
  std::uint64_t sequence = 0;
  const std::string& text = **value;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), sequence);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return sequence;
}

}  // namespace

SuppressionFollower::SuppressionFollower(Spool& spool, Clock& clock, TaskGroup& tasks,
                                         Suppressor& suppressor)
    : spool_(spool),
      suppressor_(suppressor),
      pending_(std::make_shared<Overlay>()),
      written_(std::make_shared<std::atomic<std::uint64_t>>(0)),
      follower_(spool, clock, tasks,
                [this](const std::vector<Spool::Told>& batch) { return take(batch); }) {}

void SuppressionFollower::start() {
  const auto cursor = read_cursor(spool_);
  const std::uint64_t position = cursor.value_or(spool_.last_told());
  // Before any event that is told from now on, so that a crash finds it.
  if (!cursor) spool_.put_state(kCursor, std::to_string(position));
  written_->store(position);
  follower_.start(position);
}

Spool::Found SuppressionFollower::look_up(const std::vector<std::string>& keys) const {
  // Before the disk: an entry leaves here only when the disk has it.
  std::unordered_map<std::string, std::optional<std::string>> fresh;
  pending_->with([&](const auto& pending) {
    if (pending.empty()) return;
    for (const std::string& key : keys) {
      const auto known = pending.find(key);
      if (known != pending.end()) fresh.emplace(key, known->second.value);
    }
  });
  const auto in_memory = spool_.find_listed_in_memory(keys);
  Spool::Found found = in_memory ? *in_memory : spool_.find_listed(keys);
  for (std::size_t i = 0; i < keys.size() && !fresh.empty(); ++i) {
    const auto known = fresh.find(keys[i]);
    if (known != fresh.end()) found[i] = known->second;
  }
  return found;
}

bool SuppressionFollower::take(const std::vector<Spool::Told>& batch) {
  std::vector<std::pair<std::uint64_t, Event>> events;
  for (const Spool::Told& told : batch) {
    auto event = Event::decode(told.record);
    if (event) events.emplace_back(told.sequence, std::move(*event));
  }
  SuppressionRules rules(suppressor_.config(), [this](const auto& keys) { return look_up(keys); });
  rules.expect(events);
  for (const auto& [sequence, event] : events) rules.apply(sequence, event);

  SpoolChanges changes;
  changes.list = rules.take_changes();
  const std::uint64_t last = batch.back().sequence;
  changes.state.emplace_back(kCursor, std::to_string(last));
  const std::uint64_t number = ++batches_;
  std::vector<std::string> keys;
  pending_->with([&](auto& pending) {
    for (const SpoolChanges::Entry& entry : changes.list) {
      pending[entry.key] = {entry.value, number};
      keys.push_back(entry.key);
    }
  });
  spool_.write(std::move(changes), [pending = pending_, written = written_, keys, number, last] {
    written->store(last, std::memory_order_relaxed);
    pending->with([&](auto& map) {
      for (const std::string& key : keys) {
        const auto known = map.find(key);
        if (known != map.end() && known->second.batch == number) map.erase(known);
      }
    });
  });
  return true;
}

}  // namespace posthaste
