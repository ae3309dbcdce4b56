#include "identity/transport/tls_report_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/time_text.h"

namespace posthaste {

using nlohmann::json;
using std::chrono::sys_days;

namespace {

// Of one day and domain. More policies are none that a domain has; more different failures tell
// its operator nothing new.
constexpr std::size_t kMaxPolicies = 16;
constexpr std::size_t kMaxFailures = 64;
constexpr std::size_t kMaxText = 512;
constexpr std::int64_t kLastDay = 100'000;  // of what is kept, since 1970

std::string cut(std::string text) {
  if (text.size() > kMaxText) text.resize(kMaxText);
  return text;
}

bool is_same(const TlsPolicyFacts& a, const TlsPolicyFacts& b) {
  return a.type == b.type && a.domain == b.domain && a.text == b.text && a.mx_hosts == b.mx_hosts;
}

bool is_same(const TlsPolicyCounts::Failure& a, const TlsPolicyCounts::Failure& b) {
  return a.type == b.type && a.sending_address == b.sending_address &&
         a.receiving_host == b.receiving_host && a.receiving_helo == b.receiving_helo &&
         a.receiving_address == b.receiving_address && a.detail == b.detail;
}

template <class T>
T* find_same(std::vector<T>& all, const T& one) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const T& other) { return is_same(other, one); });
  return found == all.end() ? nullptr : &*found;
}

TlsPolicyCounts* policy_of(TlsDay& day, const TlsPolicyFacts& policy) {
  for (TlsPolicyCounts& one : day.policies) {
    if (is_same(one.policy, policy)) return &one;
  }
  return nullptr;
}

void take_off(std::uint64_t& from, std::uint64_t what) {
  from -= std::min(from, what);
}

// The form in which a day is kept: fields by position, for it is read by this file alone.
json to_json(const TlsPolicyCounts& counts) {
  json failures = json::array();
  for (const auto& one : counts.failures) {
    failures.push_back({static_cast<int>(one.type), one.sending_address, one.receiving_host,
                        one.receiving_helo, one.receiving_address, one.detail, one.count});
  }
  return {static_cast<int>(counts.policy.type),
          counts.policy.domain,
          counts.policy.text,
          counts.policy.mx_hosts,
          counts.successful,
          counts.failed,
          failures};
}

std::uint64_t count_in(const json& kept) {
  return static_cast<std::uint64_t>(
      whole_number(kept, 0, std::numeric_limits<std::int64_t>::max()).value_or(0));
}

TlsPolicyCounts counts_of(const json& kept) {
  TlsPolicyCounts counts;
  counts.policy.type = static_cast<TlsPolicyType>(whole_number(kept.at(0), 0, 2).value_or(0));
  counts.policy.domain = kept.at(1);
  counts.policy.text = kept.at(2);
  counts.policy.mx_hosts = kept.at(3);
  counts.successful = count_in(kept.at(4));
  counts.failed = count_in(kept.at(5));
  for (const json& one : kept.at(6)) {
    const auto type = whole_number(one.at(0), 0, 11);
    const TlsFailureType failure =
        type ? static_cast<TlsFailureType>(*type) : TlsFailureType::validation_failure;
    counts.failures.push_back(
        {failure, one.at(1), one.at(2), one.at(3), one.at(4), one.at(5), count_in(one.at(6))});
  }
  return counts;
}

// Nothing when it is not what this file wrote.
std::optional<TlsDay> day_of(const std::string& value) {
  TlsDay day;
  try {
    const json kept = json::parse(value);
    const auto number = whole_number(kept.at("day"), 0, kLastDay);
    if (!number) return std::nullopt;
    day.day = sys_days(std::chrono::days(*number));
    day.domain = kept.at("domain");
    for (const json& one : kept.at("policies")) day.policies.push_back(counts_of(one));
  } catch (const json::exception&) {
    return std::nullopt;
  }
  return day;
}

std::string encode(const TlsDay& day) {
  json policies = json::array();
  for (const TlsPolicyCounts& one : day.policies) policies.push_back(to_json(one));
  const json kept{{"day", day.day.time_since_epoch().count()},
                  {"domain", day.domain},
                  {"policies", std::move(policies)}};
  // A peer's name may be no UTF-8.
  return dump_json(kept);
}

}  // namespace

std::string TlsDay::key() const {
  return day_text(day) + "/" + domain;
}

TlsReportBook::TlsReportBook(Clock& clock, Keep keep, std::size_t capacity)
    : clock_(clock), keep_(std::move(keep)), capacity_(capacity) {}

void TlsReportBook::restore(const std::vector<std::pair<std::string, std::string>>& kept) {
  state_.with([&](State& state) {
    for (const auto& [key, value] : kept) {
      std::optional<TlsDay> day = day_of(value);
      if (!day || state.days.size() >= capacity_) continue;
      std::string name = day->key();
      state.days.insert_or_assign(std::move(name), std::move(*day));
    }
  });
}

// False when there is no room.
bool TlsReportBook::count(TlsDay& day, TlsSession& session) {
  TlsPolicyCounts* counts = policy_of(day, session.policy);
  if (counts == nullptr) {
    if (day.policies.size() >= kMaxPolicies) return false;
    day.policies.push_back({std::move(session.policy), 0, 0, {}});
    counts = &day.policies.back();
  }
  if (session.failure == TlsFailureType::none) {
    ++counts->successful;
    return true;
  }
  // RFC 8460 §4: failures are counted by themselves, and may overlap with sessions of other counts.
  if (session.is_tried) ++counts->failed;
  TlsPolicyCounts::Failure failure{session.failure,
                                   cut(std::move(session.sending_address)),
                                   cut(std::move(session.receiving_host)),
                                   cut(std::move(session.receiving_helo)),
                                   cut(std::move(session.receiving_address)),
                                   cut(std::move(session.failure_detail)),
                                   1};
  // What differs too much is told by its kind alone.
  const bool is_full = counts->failures.size() >= kMaxFailures;
  if (is_full && find_same(counts->failures, failure) == nullptr) failure = {failure.type};
  TlsPolicyCounts::Failure* known = find_same(counts->failures, failure);
  if (known != nullptr) {
    ++known->count;
  } else {
    failure.count = 1;
    counts->failures.push_back(std::move(failure));
  }
  return true;
}

void TlsReportBook::note(TlsSession session) {
  const sys_days today = std::chrono::floor<std::chrono::days>(clock_.wall());
  state_.with([&](State& state) {
    TlsDay fresh{today, session.recipient_domain, {}};
    const std::string key = fresh.key();
    auto place = state.days.find(key);
    if (place == state.days.end() && state.days.size() < capacity_) {
      place = state.days.emplace(key, std::move(fresh)).first;
    }
    if (place == state.days.end() || !count(place->second, session)) return;
    state.changed.insert(key);
  });
}

void TlsReportBook::flush() {
  if (!keep_) return;
  std::vector<std::pair<std::string, std::optional<std::string>>> changed;
  state_.with([&](State& state) {
    for (const std::string& key : std::exchange(state.changed, {})) {
      const auto place = state.days.find(key);
      std::optional<std::string> value;
      if (place != state.days.end()) value = encode(place->second);
      changed.emplace_back(key_prefix() + key, std::move(value));
    }
  });
  for (auto& [key, value] : changed) keep_(std::move(key), std::move(value));
}

std::vector<TlsDay> TlsReportBook::days_before(sys_days end) const {
  return state_.with([&](const State& state) {
    std::vector<TlsDay> days;
    for (const auto& [key, day] : state.days) {
      if (day.day < end) days.push_back(day);
    }
    return days;
  });
}

void TlsReportBook::remove(const TlsDay& reported) {
  state_.with([&](State& state) {
    const std::string key = reported.key();
    const auto place = state.days.find(key);
    if (place == state.days.end()) return;
    for (const TlsPolicyCounts& off : reported.policies) {
      TlsPolicyCounts* counts = policy_of(place->second, off.policy);
      if (counts == nullptr) continue;
      take_off(counts->successful, off.successful);
      take_off(counts->failed, off.failed);
      for (const auto& one : off.failures) {
        if (auto* known = find_same(counts->failures, one)) take_off(known->count, one.count);
      }
      std::erase_if(counts->failures, [](const auto& one) { return one.count == 0; });
    }
    std::erase_if(place->second.policies, [](const auto& one) {
      return one.successful == 0 && one.failed == 0 && one.failures.empty();
    });
    if (place->second.policies.empty()) state.days.erase(place);
    state.changed.insert(key);
  });
}

std::size_t TlsReportBook::size() const {
  return state_.with([](const State& state) { return state.days.size(); });
}

}  // namespace posthaste
