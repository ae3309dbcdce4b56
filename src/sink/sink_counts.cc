#include "sink/sink_counts.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxNames = 100'000;

template <class Map>
auto& entry_of(Map& map, const std::string& name) {
  const auto found = map.find(name);
  if (found != map.end()) return found->second;
  return map[map.size() < kMaxNames ? name : "other"];
}

}  // namespace

void SinkCounts::add_to(ByName& counts, std::string_view name, std::uint64_t by) {
  entry_of(counts, std::string(name)) += by;
}

SinkCounts::Client& SinkCounts::client(const std::string& address) {
  return entry_of(clients, address);
}

SinkCounts& SinkCounts::operator+=(const SinkCounts& other) {
  connections += other.connections;
  open += other.open;
  tls += other.tls;
  messages += other.messages;
  recipients += other.recipients;
  octets += other.octets;
  without_id += other.without_id;
  for (const auto& [name, count] : other.refused) add_to(refused, name, count);
  for (const auto& [name, count] : other.violations) add_to(violations, name, count);
  for (const auto& [name, count] : other.domains) add_to(domains, name, count);
  for (const auto& [address, counts] : other.clients) {
    Client& sum = client(address);
    sum.connections += counts.connections;
    sum.messages += counts.messages;
    sum.recipients += counts.recipients;
    sum.refused += counts.refused;
  }
  return *this;
}

void SinkCounts::clear() {
  const std::uint64_t still_open = open;
  *this = SinkCounts();
  open = still_open;
}

}  // namespace posthaste
