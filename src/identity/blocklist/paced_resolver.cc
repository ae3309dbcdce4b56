#include "identity/blocklist/paced_resolver.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMostKept = 20'000;
// RFC 9520 §3.2: a failure is kept for at least one second and at most five minutes.
constexpr seconds kFailureTtl = seconds(5);
constexpr seconds kMaxTtl = std::chrono::hours(24);

template <class State>
auto pace_of(State& state, const std::string& name) {
  return std::find_if(state.paces.begin(), state.paces.end(),
                      [&](const auto& pace) { return is_in_zone(name, pace.suffix); });
}

}  // namespace

PacedResolver::PacedResolver(Resolver& resolver, Clock& clock,
                             const std::vector<BlocklistZone>& zones)
    : resolver_(resolver), clock_(clock) {
  state_.with([&](State& state) {
    for (const BlocklistZone& zone : zones) {
      state.paces.push_back({zone.suffix, zone.rate, zone.keep, {}});
    }
  });
}

std::optional<DnsResult> PacedResolver::find(const DnsQuestion& question) {
  const Clock::time_point now = clock_.now();
  return state_.with([&](State& state) -> std::optional<DnsResult> {
    const auto found = state.kept.find(question);
    if (found == state.kept.end() || found->second.until <= now) return std::nullopt;
    DnsResult result = found->second.result;
    result.ttl = std::chrono::ceil<seconds>(found->second.until - now);
    return result;
  });
}

void PacedResolver::keep(const DnsQuestion& question, const DnsResult& result) {
  const Clock::time_point now = clock_.now();
  state_.with([&](State& state) {
    Duration span = std::clamp(result.ttl, seconds(0), kMaxTtl);
    const auto pace = pace_of(state, question.name);
    if (pace != state.paces.end()) span = std::max(span, pace->keep);
    if (result.is_temporary_failure()) span = kFailureTtl;
    if (state.kept.size() >= kMostKept) {
      std::erase_if(state.kept, [now](const auto& one) { return one.second.until <= now; });
    }
    if (state.kept.size() >= kMostKept) state.kept.clear();
    state.kept[question] = {result, now + span};
  });
}

std::optional<Clock::time_point> PacedResolver::take_or_wait_until(const std::string& name) {
  const Clock::time_point now = clock_.now();
  return state_.with([&](State& state) -> std::optional<Clock::time_point> {
    const auto pace = pace_of(state, name);
    if (pace == state.paces.end() || pace->rate.is_unlimited()) return std::nullopt;
    auto& asked = pace->asked;
    while (!asked.empty() && asked.front() + pace->rate.period() <= now) asked.pop_front();
    if (asked.size() >= pace->rate.count()) return asked.front() + pace->rate.period();
    asked.push_back(now);
    return std::nullopt;
  });
}

boost::asio::awaitable<DnsResult> PacedResolver::lookup(std::string name, RecordType type) {
  auto normal = normalize_dns_name(name);
  if (!normal) {
    DnsResult result;
    result.why = "the name is too long, or holds what no name may hold";
    co_return result;
  }
  DnsQuestion question{std::move(*normal), type};
  for (;;) {
    // Whoever waited for a turn may find that another has asked the same.
    std::optional<DnsResult> kept = find(question);
    if (kept) co_return std::move(*kept);
    const auto wait = take_or_wait_until(question.name);
    if (!wait) break;
    co_await clock_.sleep_until(*wait);
  }
  DnsResult result = co_await resolver_.lookup(question.name, type);
  keep(question, result);
  co_return result;
}

}  // namespace posthaste
