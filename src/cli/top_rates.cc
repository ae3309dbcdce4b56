#include "cli/top_rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/printable.h"
#include "cli/screen_text.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

// Another version's server may leave things out, or give them another kind.
double number(const ordered_json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  return found != json.end() && found->is_number() ? found->get<double>() : 0.0;
}

std::uint64_t count(const ordered_json& json, const char* key) {
  return static_cast<std::uint64_t>(std::max(0.0, number(json, key)));
}

std::string text(const ordered_json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  return found != json.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

const ordered_json& list(const ordered_json& json, const char* key) {
  static const ordered_json kNone = ordered_json::array();
  const auto found = json.is_object() ? json.find(key) : json.end();
  return found != json.end() && found->is_array() ? *found : kNone;
}

// "02:21:20", and the date before it where it is another one than today's.
std::string short_time(const std::string& time, const std::string& now) {
  if (time.size() < 19) return time;
  if (time.substr(0, 10) == now.substr(0, 10)) return time.substr(11, 8);
  return time.substr(5, 5) + " " + time.substr(11, 5);
}

TopCounts counts_of(const ordered_json& json) {
  return {count(json, "delivered"), count(json, "deferred"), count(json, "failed")};
}

TopRow row_of(const ordered_json& json, const char* name) {
  TopRow row;
  row.name = text(json, name);
  row.counts = counts_of(json);
  row.waiting = count(json, "waiting");
  row.connections = static_cast<std::uint32_t>(count(json, "connections"));
  for (const ordered_json& one : list(json, "held_by")) {
    row.held_by.push_back({text(one, "reason"), count(one, "messages")});
  }
  row.last_failure = text(json, "last_failure");
  return row;
}

TopRow queue_of(const ordered_json& json, const std::string& now) {
  TopRow row = row_of(json, "queue");
  row.waiting = count(json, "depth");
  const std::string waits_for = text(json, "waits_for");
  const std::string waits_until = text(json, "waits_until");
  if (!waits_for.empty()) row.held_by.push_back({waits_for, row.waiting});
  const std::string due = waits_for.empty() ? text(json, "next_due") : waits_until;
  if (due > now) row.next = short_time(due, now);
  return row;
}

std::string loop_text(const ordered_json& flow) {
  std::string said = text(flow, "state");
  if (said.empty() && number(flow, "rate") > 0) {
    said = "rate " + rate_number(number(flow, "rate")) + "/s";
  }
  if (flow.contains("max_connections")) {
    const std::uint64_t most = count(flow, "max_connections");
    said += fmt::format("{}at most {} connection{}", said.empty() ? "" : "; ", most,
                        most == 1 ? "" : "s");
  }
  return said;
}

// What the closed loop holds each source towards each provider to.
void add_loops(const ordered_json& overview, TopSample& sample) {
  auto add = [](std::vector<TopRow>& rows, const std::string& name, const std::string& loop) {
    for (TopRow& row : rows) {
      if (row.name == name) row.loops.push_back(loop);
    }
  };
  for (const ordered_json& flow : list(overview, "flows")) {
    if (!flow.is_object()) continue;
    const std::string said = loop_text(flow);
    if (said.empty()) continue;
    const std::string source = text(flow, "source");
    const std::string provider = text(flow, "provider");
    add(sample.providers, provider, "from " + source + ": " + said);
    add(sample.sources, source, "to " + provider + ": " + said);
  }
}

void put_busiest_first(std::vector<TopRow>& rows) {
  auto outcomes = [](const TopRow& row) {
    return row.counts.delivered + row.counts.deferred + row.counts.failed;
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const TopRow& a, const TopRow& b) { return outcomes(a) > outcomes(b); });
}

double per_second(std::uint64_t before, std::uint64_t now, double seconds) {
  return (static_cast<double>(now) - static_cast<double>(before)) / seconds;
}

bool has_fallen(const TopCounts& before, const TopCounts& now) {
  return now.delivered < before.delivered || now.deferred < before.deferred ||
         now.failed < before.failed;
}

std::optional<TopRates> rates(const TopRow& before, const TopRow& now, double seconds) {
  // A count that was forgotten begins again.
  if (has_fallen(before.counts, now.counts)) return std::nullopt;
  return TopRates{per_second(before.counts.delivered, now.counts.delivered, seconds),
                  per_second(before.counts.deferred, now.counts.deferred, seconds),
                  per_second(before.counts.failed, now.counts.failed, seconds),
                  per_second(before.waiting, now.waiting, seconds)};
}

using Rows = std::vector<TopRow>;
using RateList = std::vector<std::optional<TopRates>>;

RateList rates_of(const Rows* before, const Rows& now, double seconds, bool is_complete) {
  RateList list(now.size());
  if (before == nullptr) return list;
  std::map<std::string, const TopRow*> known;
  for (const TopRow& row : *before) known[row.name] = &row;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const auto found = known.find(now[i].name);
    // What a complete list did not have was all 0.
    const TopRow none;
    if (found != known.end() || is_complete) {
      list[i] = rates(found != known.end() ? *found->second : none, now[i], seconds);
    }
  }
  return list;
}

void put_rates(ordered_json& json, const std::optional<TopRates>& rates) {
  if (!rates) return;
  json["delivered_per_second"] = rates->delivered;
  json["deferred_per_second"] = rates->deferred;
  json["failed_per_second"] = rates->failed;
  json["growth_per_second"] = rates->growth;
}

void put_rates(ordered_json& list, const char* name, const Rows& rows, const RateList& rates) {
  for (ordered_json& json : list) {
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const TopRow& one) { return one.name == text(json, name); });
    if (row != rows.end()) put_rates(json, rates[static_cast<std::size_t>(row - rows.begin())]);
  }
}

}  // namespace

Result<TopSample> read_top_sample(const ordered_json& overview) {
  if (!overview.is_object() || !overview.contains("totals")) {
    return Error{make_error_code(boost::system::errc::protocol_error),
                 "the server's overview has no totals: is it a Posthaste of this version?"};
  }
  const ordered_json& totals = overview["totals"];
  const std::string now = text(overview, "time");
  TopSample sample;
  sample.time = now.size() < 19 ? now : now.substr(11, 8);
  sample.started = text(overview, "started");
  sample.uptime = number(overview, "uptime_seconds");
  sample.received = count(totals, "received");
  sample.counts = counts_of(totals);
  sample.queued = count(totals, "queued");
  sample.queue_count = count(totals, "queues");
  if (totals.contains("oldest_seconds")) sample.oldest = number(totals, "oldest_seconds");
  sample.connections = count(totals, "connections");
  sample.suspensions = count(totals, "suspensions");
  sample.are_queues_longest = overview.value("are_queues_longest", ordered_json(true)) != false;
  for (const ordered_json& one : list(overview, "providers")) {
    sample.providers.push_back(row_of(one, "provider"));
  }
  for (const ordered_json& one : list(overview, "sources")) {
    sample.sources.push_back(row_of(one, "source"));
  }
  for (const ordered_json& one : list(overview, "queues")) {
    sample.queues.push_back(queue_of(one, now));
  }
  add_loops(overview, sample);
  put_busiest_first(sample.providers);
  put_busiest_first(sample.sources);
  return sample;
}

TopFigures top_figures(const TopSample* before, TopSample now) {
  TopFigures figures;
  const double seconds = before == nullptr ? 0 : now.uptime - before->uptime;
  if (before != nullptr && (before->started != now.started || seconds <= 0)) before = nullptr;
  figures.providers = rates_of(before ? &before->providers : nullptr, now.providers, seconds, true);
  figures.sources = rates_of(before ? &before->sources : nullptr, now.sources, seconds, true);
  figures.queues = rates_of(before ? &before->queues : nullptr, now.queues, seconds, false);
  if (before != nullptr) {
    figures.received = per_second(before->received, now.received, seconds);
    const TopRow then_all{"", before->counts, before->queued};
    const TopRow now_all{"", now.counts, now.queued};
    figures.totals = rates(then_all, now_all, seconds);
  }
  figures.now = std::move(now);
  return figures;
}

ordered_json with_rates(ordered_json overview, const ordered_json* before) {
  auto now = read_top_sample(overview);
  if (!now || !overview["totals"].is_object()) return overview;
  std::optional<TopSample> earlier;
  if (before != nullptr) {
    if (auto read = read_top_sample(*before)) earlier = std::move(*read);
  }
  const TopFigures figures = top_figures(earlier ? &*earlier : nullptr, std::move(*now));
  if (figures.totals) overview["totals"]["received_per_second"] = figures.received;
  put_rates(overview["totals"], figures.totals);
  const TopSample& sample = figures.now;
  put_rates(overview["providers"], "provider", sample.providers, figures.providers);
  put_rates(overview["sources"], "source", sample.sources, figures.sources);
  put_rates(overview["queues"], "queue", sample.queues, figures.queues);
  return overview;
}

}  // namespace posthaste
