// The list beside the messages.
#include <utility>

#include "spool/spool.h"
#include "spool/spool_families.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

Batch batch_of(SpoolChanges changes) {
  Batch batch;
  for (SpoolChanges::Entry& entry : changes.list) {
    if (entry.value) {
      batch.put(kList, std::move(entry.key), std::move(*entry.value));
    } else {
      batch.remove(kList, std::move(entry.key));
    }
  }
  for (const Event& event : changes.events) add_event(batch, event);
  for (auto& [key, value] : changes.state) batch.put(kState, std::move(key), std::move(value));
  return batch;
}

}  // namespace

void Spool::write(SpoolChanges changes, std::function<void()> applied) {
  Store::Applied on_applied;
  if (applied) on_applied = [applied = std::move(applied)](const Result<void>&) { applied(); };
  store_->commit(batch_of(std::move(changes)), Durability::rides_along, std::move(on_applied));
}

asio::awaitable<Result<void>> Spool::write_synced(SpoolChanges changes) {
  Batch batch = batch_of(std::move(changes));
  co_return co_await store_->commit(std::move(batch), Durability::synced);
}

Spool::Found Spool::find_listed(const std::vector<std::string>& keys) const {
  return store_->get_many(kList, keys);
}

std::optional<Spool::Found> Spool::find_listed_in_memory(
    const std::vector<std::string>& keys) const {
  return store_->get_many_in_memory(kList, keys);
}

Result<void> Spool::scan_list(std::string_view from, std::string_view until,
                              const VisitListed& visit) const {
  return store_->scan(kList, from, until, visit);
}

std::uint64_t Spool::list_bytes() const {
  return store_->disk_bytes(kList);
}

void Spool::pack_list() {
  store_->compact(kList);
}

}  // namespace posthaste
