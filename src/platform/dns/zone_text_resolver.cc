#include "platform/dns/zone_text_resolver.h"

#include <stdexcept>

#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

ZoneText parse(std::string_view text) {
  ZoneText zone;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (const Result<void> added = zone.add(line); !added) {
      throw std::invalid_argument(std::string(line) + ": " + added.error().message());
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return zone;
}

}  // namespace

ZoneTextResolver::ZoneTextResolver(std::string_view text) : state_(State{parse(text), {}}) {}

boost::asio::awaitable<DnsResult> ZoneTextResolver::lookup(std::string name, RecordType type) {
  co_return answer(name, type);
}

DnsResult ZoneTextResolver::answer(const std::string& name, RecordType type) {
  return state_.with([&](State& state) {
    ++state.asked[{normalize_dns_name(name).value_or(name), type}];
    return state.zone.answer(name, type);
  });
}

void ZoneTextResolver::replace(std::string_view text) {
  ZoneText zone = parse(text);
  state_.with([&](State& state) { state.zone = std::move(zone); });
}

std::size_t ZoneTextResolver::asked(std::string_view name, RecordType type) const {
  return state_.with([&](const State& state) {
    const auto found = state.asked.find({std::string(name), type});
    return found == state.asked.end() ? std::size_t{0} : found->second;
  });
}

}  // namespace posthaste
