#include "server/reputation_gauges.h"

#include <optional>
#include <set>
#include <utility>

namespace posthaste {
namespace {

using Samples = std::vector<MetricSample>;

// 1 for each zone that lists the subject, 0 for each that said it does not.
void add_listings(const ReputationSubject& subject, Samples& samples) {
  std::set<std::string> listed;
  for (const ReputationListing& listing : subject.listings) {
    if (listing.answer.tier == BlocklistTier::allow) continue;
    listed.insert(listing.answer.zone);
    samples.push_back({{subject.name, listing.answer.zone}, 1});
  }
  for (const BlocklistAnswer& answer : subject.answers) {
    const bool is_clear = answer.status == BlocklistAnswer::Status::clear &&
                          answer.tier != BlocklistTier::allow && !listed.contains(answer.zone);
    if (is_clear) samples.push_back({{subject.name, answer.zone}, 0});
  }
}

std::optional<double> score(const ReputationSubject& subject) {
  const auto score = score_of(subject).score;
  return score ? std::optional<double>(*score) : std::nullopt;
}

std::optional<double> sender_score(const ReputationSubject& subject) {
  return subject.sender_score ? std::optional<double>(*subject.sender_score) : std::nullopt;
}

std::optional<double> complaint_rate(const ReputationSubject& subject) {
  return subject.snds ? subject.snds->complaint_rate : std::nullopt;
}

std::optional<double> trap_hits(const ReputationSubject& subject) {
  if (!subject.snds || !subject.snds->trap_hits) return std::nullopt;
  return static_cast<double>(*subject.snds->trap_hits);
}

std::optional<double> blocked(const ReputationSubject& subject) {
  if (!subject.snds_range) return std::nullopt;
  return subject.snds_range->is_blocked ? 1 : 0;
}

using Append = std::function<void(const ReputationSubject& subject, Samples& samples)>;

struct SubjectGauge {
  MetricName name;
  SubjectKind kind;
  Append append;
};

// One sample of a subject, where it has the value.
template <class ValueOf>
Append one(ValueOf value_of) {
  return [value_of](const ReputationSubject& subject, Samples& samples) {
    const std::optional<double> value = value_of(subject);
    if (value) samples.push_back({{subject.name}, *value});
  };
}

void add_postmaster(const ReputationSubject& subject, Samples& samples) {
  if (!subject.postmaster) return;
  for (const auto& [name, value] : subject.postmaster->figures) {
    samples.push_back({{subject.name, name}, value});
  }
}

std::vector<SubjectGauge> subject_gauges() {
  constexpr auto kSource = SubjectKind::source;
  constexpr auto kDomain = SubjectKind::domain;
  return {
      {{"posthaste_blocklist_listed",
        "1 where a blocklist has the source's address, 0 where not; absent when it cannot say.",
        {"source", "zone"}},
       kSource,
       add_listings},
      {{"posthaste_blocklist_domain_listed",
        "1 where a blocklist has the sending domain, 0 where it has not.",
        {"domain", "zone"}},
       kDomain,
       add_listings},
      {{"posthaste_reputation_score",
        "Reputation of a source, 0 to 100; absent when unknown.",
        {"source"}},
       kSource,
       one(score)},
      {{"posthaste_reputation_domain_score",
        "Reputation of a sending domain, 0 to 100; absent when unknown.",
        {"domain"}},
       kDomain,
       one(score)},
      {{"posthaste_sender_score", "Sender Score of a source, 0 to 100.", {"source"}},
       kSource,
       one(sender_score)},
      {{"posthaste_snds_complaint_ratio",
        "Complaints by message at Outlook.com; the upper bound where SNDS says less.",
        {"source"}},
       kSource,
       one(complaint_rate)},
      {{"posthaste_snds_trap_hits", "Messages to spam traps of Outlook.com.", {"source"}},
       kSource,
       one(trap_hits)},
      {{"posthaste_snds_blocked", "1 where Outlook.com blocks the source.", {"source"}},
       kSource,
       one(blocked)},
      {{"posthaste_postmaster_ratio",
        "What Google Postmaster Tools says of a domain for its latest day, 0 to 1.",
        {"domain", "figure"}},
       kDomain,
       add_postmaster},
  };
}

}  // namespace

ReputationGauges::ReputationGauges(Metrics& metrics, std::function<ReputationView::Shared()> view) {
  for (const SubjectGauge& gauge : subject_gauges()) {
    registrations_.push_back(metrics.callback_gauges(gauge.name, [view, gauge] {
      Samples samples;
      const ReputationView::Shared now = view();
      for (const ReputationView::Entry& entry : now->entries) {
        if (entry.subject.kind == gauge.kind) gauge.append(entry.subject, samples);
      }
      return samples;
    }));
  }
  registrations_.push_back(metrics.callback_gauges(
      {"posthaste_reputation_interface_up",
       "1 where a provider gave its figures when last asked.",
       {"provider"}},
      [view] {
        Samples samples;
        const ReputationView::Shared now = view();
        for (const auto& [provider, outcome] : now->outcomes) {
          samples.push_back({{provider}, outcome.error.empty() ? 1.0 : 0.0});
        }
        return samples;
      }));
}

}  // namespace posthaste
