#include "spool/spool.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <system_error>
#include <utility>

#include "spool/spool_error.h"
#include "spool/spool_families.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

class SpoolCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "posthaste.spool"; }
  std::string message(int code) const override {
    switch (static_cast<SpoolErrc>(code)) {
      case SpoolErrc::damaged_record:
        return "a record of the spool is damaged";
      case SpoolErrc::not_found:
        return "no such message in the spool";
      case SpoolErrc::out_of_space:
        return "the spool has no space left";
      case SpoolErrc::stopping:
        return "the server is stopping";
    }
    return "unknown spool error";
  }
};

DueEntry entry_of(const QueuedMessage& message) {
  return {message.due, message.id, message.group};
}

void add_message(Batch& batch, const NewMessage& message) {
  if (!message.groups.empty()) {
    batch.put_shared(kBodies, std::string(message.groups.front().id.as_key()), message.body);
  }
  for (const QueuedMessage& group : message.groups) {
    batch.put(kMessages, group_key(group.id, group.group), encode_group(group));
    batch.put(kDue, due_key(group.queue, entry_of(group)), "");
  }
  if (message.groups.size() > 1) {
    const std::uint64_t count = message.groups.size();
    batch.put(kMessages, holders_key(message.groups.front().id), encode_u64(count).substr(4));
  }
  add_event(batch, message.reception);
  for (const Event& event : message.further) add_event(batch, event);
}

// Takes a group that has come to its end out of the spool, and the body with the last one.
void add_end(Batch& batch, const QueuedMessage& group) {
  batch.remove_once(kDue, due_key(group.queue, entry_of(group)));
  std::string key = group_key(group.id, group.group);
  const bool was_rewritten = group.attempts > 0 || group.is_delay_notified;
  if (was_rewritten) {
    batch.remove(kMessages, std::move(key));
  } else {
    batch.remove_once(kMessages, std::move(key));
  }
  std::string body_key(group.id.as_key());
  if (group.group_count == 1) {
    batch.remove_once(kBodies, std::move(body_key));
  } else {
    batch.release(kMessages, holders_key(group.id), {{kBodies, std::move(body_key)}});
  }
}

std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

}  // namespace

void add_event(Batch& batch, const Event& event) {
  const auto id = MessageId::parse(event.message_id);
  batch.append(kOutbox, event.encode(), kTimeline, id ? std::string(id->as_key()) : std::string());
}

boost::system::error_code make_error_code(SpoolErrc code) {
  static const SpoolCategory category;
  return {static_cast<int>(code), category};
}

Result<std::unique_ptr<Spool>> Spool::open(const SpoolOptions& options, Clock& clock) {
  StoreOptions store_options;
  store_options.path = options.path;
  store_options.families = {{"bodies", true},
                            {"messages", false},
                            {"due", false},
                            {"outbox", false},
                            {"timeline", false},
                            {"state", false},
                            {.name = "list", .is_mostly_missed = true}};
  store_options.log = kOutbox;
  store_options.write_buffers = options.write_buffers;
  store_options.on_warning = options.on_warning;
  store_options.env = options.env;
  auto store = Store::open(store_options, clock);
  if (!store) return store.error();
  std::unique_ptr<Spool> spool(new Spool(options, std::move(*store)));
  spool->check_space();
  return spool;
}

Spool::Spool(const SpoolOptions& options, std::unique_ptr<Store> store)
    : options_(options),
      store_(std::move(store)),
      held_bytes_(std::make_shared<std::atomic<std::uint64_t>>(0)) {}

Spool::~Spool() = default;

asio::awaitable<Result<void>> Spool::accept(NewMessage message) {
  if (!is_accepting()) co_return Error{SpoolErrc::out_of_space, refusal()};
  Batch batch;
  add_message(batch, message);
  co_return co_await store_->commit(std::move(batch), Durability::synced);
}

void Spool::settle(Settlement settlement, std::function<void()> applied) {
  Batch batch;
  if (settlement.after) {
    const QueuedMessage& after = *settlement.after;
    batch.remove_once(kDue, due_key(settlement.before.queue, entry_of(settlement.before)));
    batch.put(kDue, due_key(after.queue, entry_of(after)), "");
    batch.put(kMessages, group_key(after.id, after.group), encode_group(after));
  } else {
    add_end(batch, settlement.before);
  }
  for (const Event& event : settlement.events) add_event(batch, event);
  for (const NewMessage& notice : settlement.notices) add_message(batch, notice);
  Store::Applied on_applied;
  if (applied) on_applied = [applied = std::move(applied)](const Result<void>&) { applied(); };
  store_->commit(std::move(batch), Durability::rides_along, std::move(on_applied));
}

void Spool::tell(const Event& event) {
  Batch batch;
  add_event(batch, event);
  store_->commit(std::move(batch), Durability::rides_along, nullptr);
}

bool Spool::is_accepting() const {
  return has_space_.load(std::memory_order_relaxed) && store_->is_healthy();
}

std::string Spool::refusal() const {
  if (!store_->is_healthy()) return "the spool's disk cannot be written";
  if (!has_space_.load(std::memory_order_relaxed)) return "the spool's disk is full";
  return {};
}

void Spool::check_space() {
  std::error_code ec;
  const auto space = std::filesystem::space(options_.path, ec);
  const bool has_free = ec || space.available >= options_.min_free.count();
  const bool is_below_max =
      options_.max_size.count() == 0 || store_->disk_bytes() < options_.max_size.count();
  has_space_.store(has_free && is_below_max, std::memory_order_relaxed);
  // What was delivered meanwhile may still stand in the log.
  // A store that has failed is left alone: the committer brings it back.
  if (!has_space_.load(std::memory_order_relaxed) && store_->is_healthy()) store_->release_log();
}

Result<Spool::DuePage> Spool::due_page(const QueueName& queue, const DueEntry& from, WallTime until,
                                       std::size_t max) const {
  DuePage page;
  page.is_last = true;
  Result<void> damage;
  auto visit = [&](std::string_view key, std::string_view) {
    auto entry = entry_of_due_key(key);
    if (!entry) {
      damage = entry.error();
      return false;
    }
    if (entry->due > until) {
      page.next = *entry;
      return false;
    }
    if (page.entries.size() == max) {
      page.is_last = false;
      return false;
    }
    page.entries.push_back(*entry);
    return true;
  };
  auto scanned = store_->scan(kDue, due_key(queue, from), due_prefix_end(queue), visit);
  if (!scanned) return scanned.error();
  if (!damage) return damage.error();
  return page;
}

std::vector<QueuedMessage> Spool::load_records(const std::vector<DueEntry>& entries) const {
  std::vector<std::string> keys;
  keys.reserve(entries.size());
  for (const DueEntry& entry : entries) keys.push_back(group_key(entry.id, entry.group));
  const auto records = store_->get_many(kMessages, keys);
  std::vector<QueuedMessage> messages;
  messages.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!records[i]) continue;
    auto message = decode_group(*records[i], entries[i].id, entries[i].group);
    if (message) messages.push_back(std::move(*message));
  }
  return messages;
}

std::vector<QueuedMessage> Spool::load(const std::vector<DueEntry>& entries) {
  std::vector<QueuedMessage> messages = load_records(entries);
  for (QueuedMessage& message : messages) {
    if (held_bytes() >= options_.memory.count()) break;
    if (auto body = load_body(message.id)) message.body = hold(std::move(*body));
  }
  return messages;
}

Result<std::vector<QueuedMessage>> Spool::groups_of(MessageId id) const {
  std::vector<QueuedMessage> groups;
  std::uint16_t group = 0;
  auto visit = [&](std::string_view key, std::string_view record) {
    group = static_cast<std::uint16_t>(static_cast<unsigned char>(key[key.size() - 2]) << 8 |
                                       static_cast<unsigned char>(key.back()));
    auto message = decode_group(record, id, group);
    if (message) groups.push_back(std::move(*message));
    return true;
  };
  const std::string first = group_key(id, 0);
  auto scanned = store_->scan(kMessages, first, holders_key(id), visit);
  if (!scanned) return scanned.error();
  return groups;
}

Result<SharedBody> Spool::load_body(MessageId id) {
  auto body = store_->get(kBodies, id.as_key());
  if (!body) return body.error();
  if (!*body) return Error{SpoolErrc::not_found, "the body of " + id.to_string() + " is missing"};
  return std::make_shared<const std::string>(std::move(**body));
}

Result<void> Spool::visit_queues(const VisitQueue& visit) const {
  std::string from;
  while (true) {
    std::string found;
    auto take_first = [&found](std::string_view key, std::string_view) {
      found = key;
      return false;
    };
    auto scanned = store_->scan(kDue, from, "", take_first);
    if (!scanned) return scanned;
    if (found.empty()) return {};
    auto queue = queue_of_due_key(found);
    auto entry = entry_of_due_key(found);
    if (!queue) return queue.error();
    from = due_prefix_end(*queue);
    if (!visit(std::move(*queue), *entry)) return {};
  }
}

Result<void> Spool::count_entries(const StoreView& view, const VisitCount& visit) const {
  std::string prefix;
  std::uint64_t count = 0;
  bool goes_on = true;
  Result<void> damage;
  auto finish = [&] {
    if (count == 0) return;
    auto queue = queue_of_due_key(prefix + std::string(26, '\0'));
    if (queue) goes_on = visit(std::move(*queue), count);
    count = 0;
  };
  auto walk = [&](std::string_view key, std::string_view) {
    const std::string_view queue_part =
        key.substr(0, key.size() - std::min<std::size_t>(key.size(), 26));
    if (queue_part != prefix) {
      finish();
      prefix = queue_part;
    }
    ++count;
    return goes_on;
  };
  auto scanned = store_->scan(kDue, "", "", walk, &view);
  if (!scanned) return scanned;
  finish();
  return {};
}

SharedBody Spool::hold(SharedBody body) {
  if (body == nullptr) return body;
  const std::uint64_t size = body->size();
  if (held_bytes_->fetch_add(size, std::memory_order_relaxed) + size > options_.memory.count()) {
    held_bytes_->fetch_sub(size, std::memory_order_relaxed);
    return nullptr;
  }
  const std::string* octets = body.get();
  auto give_back = [body = std::move(body), budget = held_bytes_, size](const std::string*) {
    budget->fetch_sub(size, std::memory_order_relaxed);
  };
  return {octets, std::move(give_back)};
}

Result<void> Spool::sync() {
  Batch batch;
  batch.put(kState, "spool/synced", "");
  auto promise = std::make_shared<std::promise<Result<void>>>();
  auto written = promise->get_future();
  store_->commit(std::move(batch), Durability::synced,
                 [promise](const Result<void>& result) { promise->set_value(result); });
  return written.get();
}

void Spool::put_state(std::string key, std::string value,
                      std::function<void(bool is_written)> applied) {
  Batch batch;
  batch.put(kState, std::move(key), std::move(value));
  Store::Applied on_applied;
  if (applied) {
    on_applied = [applied = std::move(applied)](const Result<void>& written) {
      applied(written.has_value());
    };
  }
  store_->commit(std::move(batch), Durability::rides_along, std::move(on_applied));
}

void Spool::remove_state(std::string key) {
  Batch batch;
  batch.remove(kState, std::move(key));
  store_->commit(std::move(batch), Durability::rides_along, nullptr);
}

Result<std::optional<std::string>> Spool::get_state(std::string_view key) const {
  return store_->get(kState, key);
}

Result<std::vector<std::pair<std::string, std::string>>> Spool::scan_state(
    std::string_view prefix) const {
  std::vector<std::pair<std::string, std::string>> found;
  auto take = [&found](std::string_view key, std::string_view value) {
    found.emplace_back(key, value);
    return true;
  };
  auto scanned = store_->scan(kState, prefix, prefix_end(prefix), take);
  if (!scanned) return scanned.error();
  return found;
}

Result<std::vector<Spool::Told>> Spool::told(std::uint64_t from_sequence, std::size_t max) const {
  std::vector<Told> events;
  auto take = [&events, max](std::string_view key, std::string_view value) {
    if (events.size() == max) return false;
    events.push_back({decode_u64(key), std::string(value)});
    return true;
  };
  auto scanned = store_->scan(kOutbox, encode_u64(from_sequence), "", take);
  if (!scanned) return scanned.error();
  return events;
}

Result<std::vector<Spool::Told>> Spool::told_of(MessageId id) const {
  std::vector<std::string> sequences;
  auto take = [&sequences](std::string_view key, std::string_view) {
    sequences.emplace_back(key.substr(key.size() - 8));
    return true;
  };
  auto scanned = store_->scan(kTimeline, id.as_key(), prefix_end(id.as_key()), take);
  if (!scanned) return scanned.error();
  auto records = store_->get_many(kOutbox, sequences);
  std::vector<Told> events;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    if (records[i]) events.push_back({decode_u64(sequences[i]), std::move(*records[i])});
  }
  return events;
}

void Spool::forget_told(std::uint64_t before_sequence, WallTime accepted_before) {
  before_sequence = std::min(before_sequence, last_told());
  store_->remove_range(kOutbox, encode_u64(0), encode_u64(before_sequence));
  // A message id begins with the 48-bit millisecond of its acceptance.
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(accepted_before);
  const auto count =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, millis.time_since_epoch().count()));
  store_->remove_range(kTimeline, "", encode_u64(count).substr(2));
}

}  // namespace posthaste
