#include "route/suppressor.h"

#include <utility>

namespace posthaste {

namespace asio = boost::asio;

namespace {

// So many entries are looked at for one page, however few of them are asked for.
constexpr std::size_t kMaxWalk = 200'000;

std::vector<std::string> keys_of(const Suppressor::Question& question) {
  return suppression_keys(question.address, question.tenant, question.stream);
}

}  // namespace

Suppressor::Suppressor(Parts parts, SuppressionConfig config) : parts_(parts), config_(config) {}

SuppressionConfig Suppressor::config() const {
  return config_.with([](const SuppressionConfig& config) { return config; });
}

void Suppressor::set_config(SuppressionConfig config) {
  config_.with([&](SuppressionConfig& current) { current = config; });
}

// The first in force: what holds for everybody before what holds for one stream.
std::optional<Suppression> Suppressor::choose(const std::vector<std::string>& keys,
                                              const Spool::Found& found) const {
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) continue;
    auto entry = decode_suppression(keys[i], *found[i]);
    if (entry && entry->is_in_force(parts_.clock.wall())) return std::move(*entry);
  }
  return std::nullopt;
}

std::optional<Suppression> Suppressor::check_now(const Question& question) const {
  const std::vector<std::string> keys = keys_of(question);
  const auto known = parts_.spool.find_listed_in_memory(keys);
  return choose(keys, known ? *known : parts_.spool.find_listed(keys));
}

asio::awaitable<std::optional<Suppression>> Suppressor::check(Question question) {
  const std::vector<std::string> keys = keys_of(question);
  const auto known = parts_.spool.find_listed_in_memory(keys);
  if (known) co_return choose(keys, *known);
  std::function<Spool::Found()> read = [&spool = parts_.spool, keys] {
    return spool.find_listed(keys);
  };
  const Spool::Found found = co_await parts_.disk.run<Spool::Found>(read);
  co_return choose(keys, found);
}

asio::awaitable<Result<void>> Suppressor::note(Event event) {
  SpoolChanges changes;
  changes.events.push_back(std::move(event));
  co_return co_await parts_.spool.write_synced(std::move(changes));
}

asio::awaitable<Result<void>> Suppressor::note(std::vector<Event> events) {
  SpoolChanges changes;
  changes.events = std::move(events);
  co_return co_await parts_.spool.write_synced(std::move(changes));
}

asio::awaitable<Result<void>> Suppressor::add(std::vector<Suppression> entries) {
  SpoolChanges changes;
  for (const Suppression& entry : entries) {
    changes.list.push_back(
        {suppression_key(entry.address, entry.tenant, entry.stream), suppression_value(entry)});
  }
  co_return co_await parts_.spool.write_synced(std::move(changes));
}

asio::awaitable<Result<bool>> Suppressor::remove(Question question) {
  const std::vector<std::string> keys{
      suppression_key(question.address, question.tenant, question.stream)};
  std::function<Spool::Found()> read = [&spool = parts_.spool, keys] {
    return spool.find_listed(keys);
  };
  const Spool::Found found = co_await parts_.disk.run<Spool::Found>(read);
  if (!found.front()) co_return false;
  SpoolChanges changes;
  changes.list.push_back({keys.front(), std::nullopt});
  changes.list.push_back({soft_bounces_key(question.address), std::nullopt});
  const Result<void> written = co_await parts_.spool.write_synced(std::move(changes));
  if (!written) co_return written.error();
  co_return true;
}

bool fits(const Suppressor::Filter& filter, const Suppression& entry, WallTime now) {
  if (!filter.includes_expired && !entry.is_in_force(now)) return false;
  if (filter.reason && *filter.reason != entry.reason) return false;
  if (filter.stream && *filter.stream != entry.stream) return false;
  if (!filter.tenant || entry.tenant.value() == *filter.tenant) return true;
  return filter.includes_everybody && entry.tenant.value().empty();
}

Result<Suppressor::Page> Suppressor::walk(const Filter& filter, const std::string& from,
                                          std::size_t max) const {
  const auto [first, end] =
      filter.address ? suppression_range(*filter.address) : suppression_range(filter.domain);
  const WallTime now = parts_.clock.wall();
  Page page;
  std::size_t looked_at = 0;
  auto visit = [&](std::string_view key, std::string_view value) {
    if (page.entries.size() == max || looked_at++ == kMaxWalk) {
      page.next = key;
      return false;
    }
    auto entry = decode_suppression(key, value);
    if (entry && fits(filter, *entry, now)) page.entries.push_back(std::move(*entry));
    return true;
  };
  const auto scanned = parts_.spool.scan_list(std::max(first, from), end, visit);
  if (!scanned) return scanned.error();
  return page;
}

asio::awaitable<Result<Suppressor::Page>> Suppressor::list(Filter filter, std::string from,
                                                           std::size_t max) {
  std::function<Result<Page>()> look = [this, filter, from, max] {
    return walk(filter, from, max);
  };
  co_return co_await parts_.disk.run<Result<Page>>(look);
}

}  // namespace posthaste
