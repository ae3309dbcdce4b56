#include "identity/transport/mta_sts_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Signal = asio::experimental::channel<void(boost::system::error_code)>;

// How long DNS's word is taken for: that there is no record, and that the id is the same.
constexpr std::chrono::seconds kMinRecheck = 5min;
constexpr std::chrono::seconds kMaxRecheck = 1h;
// After a policy that could not be fetched, doubled each time up to kMaxRecheck (RFC 8461 §3.3).
constexpr std::chrono::seconds kRetry = 5min;
constexpr auto kRound = 1h;
// RFC 8461 §3.3: "a timeout of one minute", and a limit on the size.
constexpr Duration kFetchTimeout = 1min;
constexpr std::int64_t kLatest = 1LL << 32;  // seconds; what is kept is of no later time
constexpr std::size_t kMaxPolicy = 64 << 10;

WallTime later(WallTime now, std::chrono::seconds by) {
  return now + std::chrono::duration_cast<WallTime::duration>(by);
}

}  // namespace

// What is known of a domain.
struct MtaStsCache::Known {
  std::optional<MtaStsPolicy> policy;
  std::string id;
  WallTime fetched;
  WallTime check_again;  // ask DNS then
  std::uint32_t failures = 0;
  std::string failed_id;  // the id whose policy could not be fetched
  TlsFailureType failure = TlsFailureType::none;
  std::string problem;

  bool is_over(WallTime now) const { return !policy || now >= later(fetched, policy->max_age); }
  bool is_old(WallTime now) const { return policy && now >= later(fetched, policy->max_age / 2); }
  void note_failure(TlsFailureType type, std::string what, WallTime now) {
    failure = type;
    problem = std::move(what);
    const std::chrono::seconds wait = kRetry * (1 << std::min(failures, 4U));
    ++failures;
    check_again = later(now, std::min(wait, kMaxRecheck));
  }
};

// Guarded by its own lock, so that a renewal holds up one domain only.
struct MtaStsCache::Entry {
  struct State {
    Known known;
    bool is_asking = false;
    std::vector<std::shared_ptr<Signal>> waiting;
  };
  Guarded<State> state;
};

// One caller asks for all; the others wait. Ends also when that caller is cancelled.
struct MtaStsCache::Renewal {
  std::shared_ptr<Entry> entry;

  ~Renewal() {
    auto waiting = entry->state.with([](Entry::State& state) {
      state.is_asking = false;
      return std::exchange(state.waiting, {});
    });
    for (const std::shared_ptr<Signal>& one : waiting) {
      asio::post(one->get_executor(), [one] { one->try_send(boost::system::error_code()); });
    }
  }
};

MtaStsCache::MtaStsCache(Parts parts) : parts_(std::move(parts)) {}

MtaStsCache::~MtaStsCache() = default;

void MtaStsCache::restore(const std::vector<std::pair<std::string, std::string>>& kept) {
  for (const auto& [key, value] : kept) {
    const std::string domain = key.substr(std::min(key.size(), std::string(key_prefix()).size()));
    json record = json::parse(value, nullptr, false);
    const bool is_whole = record.is_object() && record["policy"].is_string() &&
                          record["id"].is_string() && record["fetched"].is_number_integer();
    if (!is_whole) continue;
    auto policy = parse_mta_sts_policy(record["policy"].get<std::string>());
    if (!policy) continue;
    Known known;
    known.policy = std::move(*policy);
    known.id = record["id"];
    known.fetched =
        WallTime(std::chrono::seconds(whole_number(record["fetched"], 0, kLatest).value_or(0)));
    if (known.is_over(parts_.clock.wall())) {
      if (parts_.keep) parts_.keep(key, std::nullopt);
      continue;
    }
    entry_of(domain)->state.with([&](Entry::State& state) { state.known = std::move(known); });
  }
}

void MtaStsCache::keep(const std::string& domain, const Known& known) const {
  if (!parts_.keep) return;
  std::string key = key_prefix() + domain;
  if (!known.policy) return parts_.keep(std::move(key), std::nullopt);
  std::string text;
  for (const std::string& line : known.policy->lines) text += line + "\n";
  const auto fetched = std::chrono::floor<std::chrono::seconds>(known.fetched).time_since_epoch();
  const json record{{"id", known.id}, {"fetched", fetched.count()}, {"policy", text}};
  parts_.keep(std::move(key), dump_json(record));
}

std::size_t MtaStsCache::size() const {
  return table_.with([](const Table& table) { return table.size(); });
}

// Forgets what holds no policy; with policies only, no more than it has to.
void MtaStsCache::make_room(Table& table) {
  if (table.size() < parts_.capacity) return;
  std::erase_if(table, [](const auto& one) {
    return one.second->state.with(
        [](const Entry::State& state) { return !state.is_asking && !state.known.policy; });
  });
  while (table.size() >= parts_.capacity) {
    if (parts_.keep) parts_.keep(key_prefix() + table.begin()->first, std::nullopt);
    table.erase(table.begin());
  }
}

std::shared_ptr<MtaStsCache::Entry> MtaStsCache::entry_of(const std::string& domain) {
  return table_.with([&](Table& table) {
    const auto known = table.find(domain);
    if (known != table.end()) return known->second;
    make_room(table);
    return table.emplace(domain, std::make_shared<Entry>()).first->second;
  });
}

asio::awaitable<MtaStsAnswer> MtaStsCache::policy_for(std::string domain) {
  const std::shared_ptr<Entry> entry = entry_of(domain);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const WallTime now = parts_.clock.wall();
  std::shared_ptr<Signal> wait;
  const bool is_mine = entry->state.with([&](Entry::State& state) {
    if (now < state.known.check_again) return false;
    if (!std::exchange(state.is_asking, true)) return true;
    wait = std::make_shared<Signal>(executor, 1);
    state.waiting.push_back(wait);
    return false;
  });
  if (is_mine) {
    const Renewal renewal{entry};
    co_await renew(domain, entry);
  } else if (wait) {
    co_await wait->async_receive(asio::as_tuple(asio::use_awaitable));
  }
  co_return entry->state.with([&](const Entry::State& state) {
    MtaStsAnswer answer;
    if (!state.known.is_over(parts_.clock.wall())) answer.policy = state.known.policy;
    answer.fetch_failure = state.known.failure;
    answer.fetch_problem = state.known.problem;
    return answer;
  });
}

asio::awaitable<void> MtaStsCache::renew(std::string domain, std::shared_ptr<Entry> entry) {
  Known known = entry->state.with([](const Entry::State& state) { return state.known; });
  const DnsResult record = co_await parts_.resolver.lookup("_mta-sts." + domain, RecordType::txt);
  const WallTime now = parts_.clock.wall();
  known.check_again = later(now, std::clamp(record.ttl, kMinRecheck, kMaxRecheck));
  std::vector<std::string> records = record.strings();
  std::erase_if(records, [](const std::string& text) { return !is_mta_sts_record(text); });
  // RFC 8461 §3.1: several records, or one that is malformed, say that there is no policy. One that
  // is known stays for its time all the same (§5.1).
  std::optional<std::string> id;
  if (records.size() == 1) id = parse_mta_sts_record(records.front());
  if (record.is_temporary_failure()) known.check_again = later(now, kMinRecheck);
  if (!id) {
    known.failure = TlsFailureType::none;
    known.problem.clear();
    if (known.is_over(now) && known.policy) {
      known.policy.reset();
      keep(domain, known);
    }
  } else if (known.is_over(now) || *id != known.id || known.is_old(now)) {
    co_await fetch_policy(domain, std::move(*id), known);
  } else {
    known.failure = TlsFailureType::none;
    known.problem.clear();
    known.failures = 0;
  }
  entry->state.with([&](Entry::State& state) { state.known = std::move(known); });
}

asio::awaitable<void> MtaStsCache::fetch_policy(std::string domain, std::string id, Known& known) {
  HttpsRequest request;
  const std::string port = parts_.port == 443 ? "" : fmt::format(":{}", parts_.port);
  request.url = fmt::format("https://mta-sts.{}{}/.well-known/mta-sts.txt", domain, port);
  request.max_answer = kMaxPolicy;
  request.timeout = kFetchTimeout;
  const Result<HttpsAnswer> answer = co_await parts_.fetch(std::move(request));
  const WallTime now = parts_.clock.wall();
  if (known.failed_id != id) known.failures = 0;
  known.failed_id = id;
  if (!answer) {
    const bool is_certificate = answer.error().message().starts_with("certificate");
    known.note_failure(is_certificate ? TlsFailureType::sts_webpki_invalid
                                      : TlsFailureType::sts_policy_fetch_error,
                       answer.error().message(), now);
  } else if (answer->status != 200) {
    // RFC 8461 §3.3: nothing but 200, and no redirect.
    known.note_failure(TlsFailureType::sts_policy_fetch_error,
                       fmt::format("the policy's host answers {}", answer->status), now);
  } else if (!is_mta_sts_type(answer->header("content-type"))) {
    // RFC 8461 §3.2
    known.note_failure(TlsFailureType::sts_policy_invalid, "the policy is no text/plain", now);
  } else if (auto policy = parse_mta_sts_policy(answer->body); !policy) {
    known.note_failure(TlsFailureType::sts_policy_invalid, policy.error().message(), now);
  } else {
    known.policy = std::move(*policy);
    known.id = std::move(id);
    known.fetched = now;
    known.check_again = std::min(known.check_again, later(now, known.policy->max_age));
    known.failures = 0;
    known.failure = TlsFailureType::none;
    known.problem.clear();
    keep(domain, known);
  }
  if (parts_.observe) parts_.observe(known.failure);
}

asio::awaitable<void> MtaStsCache::keep_fresh() {
  while (true) {
    co_await parts_.clock.sleep_until(parts_.clock.now() + kRound);
    const WallTime now = parts_.clock.wall();
    const std::vector<std::string> old = table_.with([&](const Table& table) {
      std::vector<std::string> domains;
      for (const auto& [domain, entry] : table) {
        const bool is_old = entry->state.with([&](const Entry::State& state) {
          return state.known.policy && state.known.is_old(now);
        });
        if (is_old) domains.push_back(domain);
      }
      return domains;
    });
    for (const std::string& domain : old) (void)co_await policy_for(domain);
  }
}

}  // namespace posthaste
