#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "event/event.h"
#include "platform/store/store.h"
#include "spool/queued_message.h"
#include "spool/record.h"

namespace posthaste {

struct SpoolOptions {
  std::filesystem::path path;
  Bytes memory = Bytes(128 << 20);       // for bodies that wait for their first attempt
  Bytes max_size{};                      // on disk; 0: as much as there is
  Bytes min_free = Bytes(512ULL << 20);  // left on the disk, or mail is refused
  Bytes write_buffers = Bytes(96 << 20);
  std::function<void(const std::string& warning)> on_warning;  // of the database; any thread
  rocksdb::Env* env = nullptr;                                 // tests give one that fails
};

// A message on its way into the spool.
struct NewMessage {
  std::vector<QueuedMessage> groups;  // all with the same id; none: only the events are kept
  SharedBody body;
  Event reception;
  std::vector<Event> further;  // told after the reception
};

// Changes that happen together or not at all.
struct SpoolChanges {
  struct Entry {
    std::string key;
    std::optional<std::string> value;  // none: removed
  };
  std::vector<Entry> list;
  std::vector<Event> events;
  std::vector<std::pair<std::string, std::string>> state;

  bool empty() const { return list.empty() && events.empty() && state.empty(); }
};

// What became of a recipient group, and all that is told of it: one atomic write.
struct Settlement {
  QueuedMessage before;
  // The group as it goes on waiting; none when it has come to its end.
  std::optional<QueuedMessage> after;
  std::vector<Event> events;
  std::vector<NewMessage> notices;  // delivery status notifications to send
};

// Where messages are kept from acceptance to their end.
//
// Invariants:
// 1. accept() says success only when body, records, due entries and the event are synced.
// 2. A group has one due entry while it waits, and none when it has ended.
// 3. A body is there as long as one group of its message waits.
// 4. State and the event that tells of it are one write.
//
// Any thread may call anything. Reads block, so loops call them through a BlockingPool.
class Spool {
 public:
  static Result<std::unique_ptr<Spool>> open(const SpoolOptions& options, Clock& clock);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool();

  // Keeps a message; success is the promise. An error means that nothing was kept.
  boost::asio::awaitable<Result<void>> accept(NewMessage message);

  // Writes an outcome with the next commit. `applied` runs on the store's thread when reads see
  // it, so it only posts.
  void settle(Settlement settlement, std::function<void()> applied);

  // An event that belongs to no change of state, such as a rejection. Rides along.
  void tell(const Event& event);

  // False when accept() now would fail: the disk is full or failing. Costs nothing.
  bool is_accepting() const;
  // Why is_accepting() is false; "" when it is true.
  std::string refusal() const;
  // Looks at the disk; called about once a second, from any one thread.
  void check_space();

  struct DuePage {
    std::vector<DueEntry> entries;  // in order
    bool is_last = false;           // nothing else of the queue is due until then
    std::optional<DueEntry> next;   // the first entry after `until`, when is_last
  };
  // Up to `max` entries of `queue` from `from` on that are due at `until` or before.
  Result<DuePage> due_page(const QueueName& queue, const DueEntry& from, WallTime until,
                           std::size_t max) const;

  // The messages of these entries, with bodies as far as memory allows. Entries whose group has
  // ended meanwhile are left out.
  std::vector<QueuedMessage> load(const std::vector<DueEntry>& entries);
  // The same without bodies.
  std::vector<QueuedMessage> load_records(const std::vector<DueEntry>& entries) const;
  // The groups of a message that still wait, without bodies.
  Result<std::vector<QueuedMessage>> groups_of(MessageId id) const;
  Result<SharedBody> load_body(MessageId id);

  // Calls `visit` with every queue that holds a message and its first entry: one seek a queue,
  // however many messages there are.
  using VisitQueue = std::function<bool(QueueName, DueEntry)>;
  Result<void> visit_queues(const VisitQueue& visit) const;
  // What the spool holds now, to be counted later.
  std::shared_ptr<const StoreView> view() const { return store_->view(); }
  // How many entries each queue held when `view` was taken. Walks all of them.
  using VisitCount = std::function<bool(QueueName, std::uint64_t)>;
  Result<void> count_entries(const StoreView& view, const VisitCount& visit) const;

  // Counts `body` against the memory budget for as long as anybody holds the result. Null when
  // the budget is spent: the body is on disk anyway.
  SharedBody hold(SharedBody body);
  std::uint64_t held_bytes() const { return held_bytes_->load(std::memory_order_relaxed); }
  std::uint64_t disk_bytes() const { return store_->disk_bytes(); }

  // Small values that belong to other parts: cursors of readers, suspensions. Rides along.
  // `applied` runs on the store's thread, so it only posts.
  void put_state(std::string key, std::string value,
                 std::function<void(bool is_written)> applied = {});
  void remove_state(std::string key);
  // Returns when all that was handed over before is on the medium. Blocks: for threads that may.
  // An error: it could not be written.
  Result<void> sync();
  Result<std::optional<std::string>> get_state(std::string_view key) const;
  // All keys that begin with `prefix`.
  Result<std::vector<std::pair<std::string, std::string>>> scan_state(
      std::string_view prefix) const;

  // A long list beside the messages, which is asked all the time for what mostly is not on it
  // (spool_list.cc). The keys are their owner's.
  //
  // Rides along; `applied` runs on the store's thread when reads see it, so it only posts.
  void write(SpoolChanges changes, std::function<void()> applied);
  // Success: it is on the medium.
  boost::asio::awaitable<Result<void>> write_synced(SpoolChanges changes);
  using Found = std::vector<std::optional<std::string>>;  // one for each key, in order
  Found find_listed(const std::vector<std::string>& keys) const;
  // Without reading from disk: never blocks. Nullopt: only the disk can tell.
  std::optional<Found> find_listed_in_memory(const std::vector<std::string>& keys) const;
  // In the order of the keys, from `from` on and before `until`; "" is the end.
  using VisitListed = std::function<bool(std::string_view key, std::string_view value)>;
  Result<void> scan_list(std::string_view from, std::string_view until,
                         const VisitListed& visit) const;
  std::uint64_t list_bytes() const;
  // For measuring: as packed as it will be after long. Blocks.
  void pack_list();

  // The outbox: every event, in the order of the commits.
  struct Told {
    std::uint64_t sequence;
    std::string record;  // event/event.h decodes it
  };
  Result<std::vector<Told>> told(std::uint64_t from_sequence, std::size_t max) const;
  Result<std::vector<Told>> told_of(MessageId id) const;
  std::uint64_t last_told() const { return store_->last_sequence(); }
  // Forgets events before `sequence`, but never the last one, and the timelines of messages that
  // were accepted before `accepted_before`.
  void forget_told(std::uint64_t before_sequence, WallTime accepted_before);

  // Runs after each commit, on the store's thread. Set before anything else is called.
  void on_commit(std::function<void(const CommitReport&)> observer) {
    store_->on_commit(std::move(observer));
  }

 private:
  Spool(const SpoolOptions& options, std::unique_ptr<Store> store);

  SpoolOptions options_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<std::atomic<std::uint64_t>> held_bytes_;
  std::atomic<bool> has_space_{true};
};

}  // namespace posthaste
