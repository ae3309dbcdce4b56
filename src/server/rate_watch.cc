#include "server/rate_watch.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "platform/io/run_on.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

// As one label: "acme/spring", "mail1/yahoo".
std::string label_of(const RateSubject& subject) {
  return subject.owner.empty() ? subject.name : subject.owner + "/" + subject.name;
}

// Anybody may invent campaigns, so that only those that alert are shown.
bool is_for_metrics(RateScope scope, AlertLevel level) {
  return scope != RateScope::campaign || level >= AlertLevel::warn;
}

bool says_something(const RateRow& row) {
  return row.sum.whole >= row.min_count || row.level >= AlertLevel::warn;
}

using SampleOf = std::optional<MetricSample> (*)(const RateRow& row);

std::optional<MetricSample> bounce_sample(const RateRow& row) {
  const bool is_hard = row.kind == RateKind::hard_bounce;
  if (!is_hard && row.kind != RateKind::soft_bounce) return std::nullopt;
  return MetricSample{{std::string(to_string(row.subject.scope)), label_of(row.subject),
                       is_hard ? "hard" : "soft", to_string(row.window)},
                      row.sum.share()};
}

std::optional<MetricSample> complaint_sample(const RateRow& row) {
  if (row.kind != RateKind::complaint) return std::nullopt;
  return MetricSample{
      {std::string(to_string(row.subject.scope)), label_of(row.subject), to_string(row.window)},
      row.sum.share()};
}

std::optional<MetricSample> deferral_sample(const RateRow& row) {
  if (row.kind != RateKind::deferral) return std::nullopt;
  return MetricSample{{row.subject.owner, row.subject.name, to_string(row.window)},
                      row.sum.share()};
}

// The worst of each share's windows.
std::vector<MetricSample> alert_samples(const OutcomeRates& rates) {
  std::map<std::vector<std::string>, double> worst;
  const auto rows =
      rates.rows([](RateScope, AlertLevel level) { return level >= AlertLevel::warn; });
  for (const RateRow& row : rows) {
    double& value = worst[{std::string(to_string(row.subject.scope)), label_of(row.subject),
                           std::string(to_string(row.kind))}];
    value = std::max(value, row.level == AlertLevel::page ? 2.0 : 1.0);
  }
  std::vector<MetricSample> samples;
  for (const auto& [labels, value] : worst) samples.push_back({labels, value});
  return samples;
}

}  // namespace

RateWatch::RateWatch(Parts parts, std::shared_ptr<const RateRules> rules)
    : parts_(std::move(parts)),
      follower_({parts_.spool, parts_.clock, parts_.tasks,
                 [this](const RateSubject& subject, const RateBudget& budget,
                        const std::string& why) { suspend(subject, budget, why); },
                 [this](const std::string& source, const std::string& provider,
                        const WarmupTally& tally) { tell_warmup(source, provider, tally); },
                 [this](const RateChange& change) { log_change(change); }},
                std::move(rules)) {
  add_gauges();
}

void RateWatch::suspend(const RateSubject& subject, const RateBudget& budget,
                        const std::string& why) {
  Suspension suspension;
  const bool is_campaign = subject.scope == RateScope::campaign;
  suspension.scope.tenant = is_campaign ? subject.owner : subject.name;
  // A campaign's name is its tenant's own: another may have one of the same name.
  if (suspension.scope.tenant.empty()) suspension.scope.tenant = MailScope::kNone;
  if (is_campaign) suspension.scope.campaign = subject.name;
  if (budget.duration > Duration::zero()) {
    suspension.until =
        parts_.clock.wall() + std::chrono::duration_cast<WallTime::duration>(budget.duration);
  }
  suspension.reason = why;
  suspension.by = "budget";
  run_and_wait(parts_.queue_loop,
               [this, &suspension] { parts_.governor.suspend(std::move(suspension)); });
}

void RateWatch::tell_warmup(const std::string& source, const std::string& provider,
                            const WarmupTally& tally) {
  asio::post(parts_.queue_loop, [governor = &parts_.governor, source, provider, tally] {
    governor->on_later_outcome(source, provider, tally);
  });
}

void RateWatch::log_change(const RateChange& change) {
  const auto fields = {LogField{"what", change.to_string()}};
  if (change.went_over_budget) {
    parts_.log.warning("suspended over its budget", fields);
  } else if (change.now > change.before) {
    parts_.log.warning("too much of its mail fails", fields);
  } else {
    parts_.log.info("less of its mail fails", fields);
  }
}

void RateWatch::add_gauges() {
  const auto add = [this](const MetricName& name, SampleOf sample_of) {
    gauges_.push_back(parts_.metrics.callback_gauges(name, [this, sample_of] {
      std::vector<MetricSample> samples;
      for (const RateRow& row : follower_.rates().rows(is_for_metrics)) {
        if (!says_something(row)) continue;
        if (auto sample = sample_of(row)) samples.push_back(std::move(*sample));
      }
      return samples;
    }));
  };
  add({"posthaste_bounce_rate",
       "Bounces by message that ended, 0 to 1, where enough have; campaigns while they alert.",
       {"scope", "name", "kind", "window"}},
      bounce_sample);
  add({"posthaste_complaint_rate",
       "Complaints by message to providers that pass them on, 0 to 1.",
       {"scope", "name", "window"}},
      complaint_sample);
  add({"posthaste_deferral_rate",
       "Deferred attempts by attempt, 0 to 1.",
       {"source", "provider", "window"}},
      deferral_sample);
  gauges_.push_back(parts_.metrics.callback_gauges(
      {"posthaste_rate_alert",
       "1 where a rate is above its warning, 2 above its page threshold.",
       {"scope", "name", "rate"}},
      [this] { return alert_samples(follower_.rates()); }));
}

}  // namespace posthaste
