// GET /api/v1/overview: counts since the start by provider, source and queue, the queues that hold
// most mail, what holds them back, connections, the closed loop. What `posthaste top` shows.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "control/api/api.h"
#include "control/api/queue_query.h"
#include "control/queue_survey.h"
#include "platform/io/run_on.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::ordered_json;

namespace {

using namespace std::chrono_literals;

// Whoever asks again within this time gets the same answer, so that many who watch cost what one
// does.
constexpr auto kAnswerHolds = 500ms;
constexpr std::size_t kMaxBusy = 50;
constexpr std::size_t kMaxReasons = 3;
constexpr std::size_t kMaxListed = 100;

// What is known of one provider or source.
struct Row {
  OutcomeCounts counts;
  std::uint32_t connections = 0;
  std::uint64_t waiting = 0;                     // in the queues that were looked at
  std::map<std::string, std::uint64_t> reasons;  // why mail waits: messages that do
};
using Rows = std::map<std::string, Row>;

std::string or_default(const std::string& name) {
  return name.empty() ? "default" : name;
}

std::optional<QueueName> queue_name(const EventTally::Queue& queue) {
  auto domain = Domain::parse(queue.domain);
  if (!domain) return std::nullopt;
  QueueName name{"", TenantId(queue.tenant), CampaignId(queue.campaign), std::move(*domain)};
  const std::string rest = name.to_string();
  if (!queue.name.ends_with(rest)) return std::nullopt;
  name.remote_queue = queue.name.substr(0, queue.name.size() - rest.size());
  return name;
}

Rows rows_of(const std::map<std::string, OutcomeCounts>& counts) {
  Rows rows;
  for (const auto& [name, count] : counts) rows[name].counts = count;
  return rows;
}

void add_counts(ordered_json& json, const OutcomeCounts& counts) {
  json["delivered"] = counts.delivered;
  json["deferred"] = counts.deferred;
  json["failed"] = counts.failed;
}

ordered_json to_json(const char* title, const Rows& rows) {
  ordered_json list = ordered_json::array();
  for (const auto& [name, row] : rows) {
    ordered_json json = {{title, name}};
    add_counts(json, row.counts);
    json["connections"] = row.connections;
    json["waiting"] = row.waiting;
    using Reason = std::pair<std::string, std::uint64_t>;
    std::vector<Reason> reasons(row.reasons.begin(), row.reasons.end());
    std::stable_sort(reasons.begin(), reasons.end(),
                     [](const Reason& a, const Reason& b) { return a.second > b.second; });
    reasons.resize(std::min(reasons.size(), kMaxReasons));
    json["held_by"] = ordered_json::array();
    for (const auto& [reason, messages] : reasons) {
      json["held_by"].push_back({{"reason", reason}, {"messages", messages}});
    }
    if (!row.counts.last_failure.empty()) json["last_failure"] = row.counts.last_failure;
    list.push_back(std::move(json));
  }
  return list;
}

ordered_json to_json(const QueueManager::Explanation& queue, const EventTally& tally) {
  const QueueState& state = queue.state;
  const std::string name = state.name.to_string();
  ordered_json json = {{"queue", name},
                       {"depth", state.depth},
                       {"is_depth_exact", state.is_depth_exact},
                       {"in_memory", state.in_memory},
                       {"site", state.site.value()},
                       {"provider", queue.provider},
                       {"pool", queue.pool}};
  const EventTally::Queue* known = tally.queue(name);
  add_counts(json, known == nullptr ? OutcomeCounts{} : known->counts);
  if (state.oldest) json["oldest"] = to_rfc3339(*state.oldest);
  if (state.next_due) json["next_due"] = to_rfc3339(*state.next_due);
  if (!state.waits_for.empty()) json["waits_for"] = state.waits_for;
  if (state.waits_until) json["waits_until"] = to_rfc3339(*state.waits_until);
  if (known != nullptr && !known->counts.last_failure.empty()) {
    json["last_failure"] = known->counts.last_failure;
  }
  return json;
}

ordered_json to_json(const QueueSurvey::Flow& flow) {
  ordered_json json = {{"source", or_default(flow.source)},
                       {"provider", or_default(flow.provider)},
                       {"connections", flow.connections}};
  if (flow.rate) json["rate"] = *flow.rate;
  if (flow.max_connections) json["max_connections"] = *flow.max_connections;
  if (!flow.state.empty()) json["state"] = flow.state;
  return json;
}

ordered_json to_json(const Suspension& one) {
  ordered_json json = {{"scope", to_json(one.scope)}, {"since", to_rfc3339(one.since)}};
  if (one.until) json["until"] = to_rfc3339(*one.until);
  json["by"] = one.by;
  json["reason"] = one.reason;
  return json;
}

// What waits, and why, by provider and by source.
void add_waiting(const QueueSurvey::Found& found, Rows& providers, Rows& sources) {
  for (const QueueManager::Explanation& queue : found.queues) {
    const QueueState& state = queue.state;
    if (!state.site.value().empty()) {
      Row& provider = providers[or_default(queue.provider)];
      provider.waiting += state.depth;
      if (!state.waits_for.empty()) provider.reasons[state.waits_for] += state.depth;
    }
    for (const auto& way : queue.ways) {
      Row& source = sources[or_default(way.source.value())];
      source.waiting += state.depth;
      if (way.refusal) source.reasons[way.refusal->limit] += state.depth;
    }
  }
  for (const QueueSurvey::Flow& flow : found.flows) {
    providers[or_default(flow.provider)].connections += flow.connections;
    sources[or_default(flow.source)].connections += flow.connections;
  }
}

class Overview {
 public:
  explicit Overview(OverviewParts parts)
      : parts_(std::move(parts)),
        survey_(std::make_shared<QueueSurvey>(
            QueueSurvey::Parts{parts_.manager, parts_.governor, parts_.clock})),
        started_(parts_.clock.wall()),
        began_(parts_.clock.now()) {}

  asio::awaitable<HttpResponse> answer() {
    if (!answer_.empty() && parts_.clock.now() < holds_until_) co_return HttpResponse{200, answer_};
    std::vector<QueueName> busy;
    for (const EventTally::Queue* queue : parts_.tally.busiest(kMaxBusy)) {
      if (auto name = queue_name(*queue)) busy.push_back(std::move(*name));
    }
    std::function<QueueSurvey::Found()> look = [survey = survey_, busy = std::move(busy)] {
      return survey->look(busy);
    };
    const QueueSurvey::Found found = co_await run_on(parts_.queue_loop, std::move(look));
    answer_ = json_line(describe(found));
    holds_until_ = parts_.clock.now() + kAnswerHolds;
    co_return HttpResponse{200, answer_};
  }

 private:
  ordered_json describe(const QueueSurvey::Found& found) const;
  ordered_json describe_totals(const QueueSurvey::Found& found) const;

  OverviewParts parts_;
  std::shared_ptr<QueueSurvey> survey_;  // used on the queue loop only
  WallTime started_;
  Clock::time_point began_;
  std::string answer_;
  Clock::time_point holds_until_;
};

ordered_json Overview::describe_totals(const QueueSurvey::Found& found) const {
  std::uint64_t queued = 0;
  std::optional<WallTime> oldest;
  for (const auto& [name, total] : found.totals) {
    queued += total.depth;
    if (total.oldest && (!oldest || *total.oldest < *oldest)) oldest = total.oldest;
  }
  ordered_json json = {{"received", parts_.tally.received()},
                       {"rejected", parts_.tally.rejected()}};
  add_counts(json, parts_.tally.total());
  json["queued"] = queued;
  json["queues"] = found.queue_count;
  if (oldest) {
    const std::chrono::duration<double> age = parts_.clock.wall() - *oldest;
    json["oldest_seconds"] = std::max(0.0, age.count());
  }
  json["connections"] = parts_.open_connections();
  json["suspensions"] = found.suspensions.size();
  return json;
}

ordered_json Overview::describe(const QueueSurvey::Found& found) const {
  const std::chrono::duration<double> up = parts_.clock.now() - began_;
  ordered_json json = {{"time", to_rfc3339(parts_.clock.wall())},
                       {"started", to_rfc3339(started_)},
                       {"uptime_seconds", up.count()},
                       {"totals", describe_totals(found)}};
  Rows providers = rows_of(parts_.tally.providers());
  Rows sources = rows_of(parts_.tally.sources());
  add_waiting(found, providers, sources);
  json["providers"] = to_json("provider", providers);
  json["sources"] = to_json("source", sources);
  json["flows"] = ordered_json::array();
  for (const QueueSurvey::Flow& flow : found.flows) json["flows"].push_back(to_json(flow));
  json["are_queues_longest"] = found.are_longest;
  json["queues"] = ordered_json::array();
  for (const auto& queue : found.queues) json["queues"].push_back(to_json(queue, parts_.tally));
  json["suspensions"] = ordered_json::array();
  for (const Suspension& one : found.suspensions) {
    if (json["suspensions"].size() < kMaxListed) json["suspensions"].push_back(to_json(one));
  }
  return json;
}

}  // namespace

void add_overview_api(HttpRouter& router, OverviewParts parts) {
  const auto overview = std::make_shared<Overview>(std::move(parts));
  router.add("GET", "/api/v1/overview", [overview](HttpRequest) { return overview->answer(); });
}

}  // namespace posthaste
