// The composite score. The penalties are ours; the limits of spam and complaint rates are those at
// which providers act.
#include <fmt/format.h>

#include <algorithm>

#include "reputation/reputation_subject.h"

namespace posthaste {
namespace {

constexpr double kHighRate = 0.003;  // Gmail: never
constexpr double kWarnRate = 0.001;  // Gmail, Yahoo: keep below
constexpr int kPageListing = 40;
constexpr int kWarnListing = 10;
constexpr int kInfoListing = 2;

// Collects penalties, and whether anybody has said anything about the sender's mail itself.
class Tally {
 public:
  void known() { is_known_ = true; }
  void cost(int points, const std::string& why) {
    penalty_ += points;
    reasons_.push_back(fmt::format("-{} {}", points, why));
  }
  void note(std::string why) { reasons_.push_back(std::move(why)); }

  ReputationScore finish(std::optional<int> ceiling) {
    ReputationScore result{std::nullopt, std::move(reasons_)};
    if (ceiling || is_known_ || penalty_ > 0) {
      result.score = std::max(0, std::min(ceiling.value_or(100), 100 - penalty_));
    } else {
      result.reasons.insert(result.reasons.begin(), "unknown: nobody has said anything yet");
    }
    return result;
  }

 private:
  bool is_known_ = false;
  int penalty_ = 0;
  std::vector<std::string> reasons_;
};

int penalty_of(BlocklistTier tier) {
  switch (tier) {
    case BlocklistTier::page:
      return kPageListing;
    case BlocklistTier::warn:
      return kWarnListing;
    case BlocklistTier::info:
      return kInfoListing;
    case BlocklistTier::allow:
      return 0;
  }
  return 0;
}

void add_listings(const ReputationSubject& subject, Tally& tally) {
  for (const ReputationListing& listing : subject.listings) {
    const BlocklistAnswer& answer = listing.answer;
    const std::string meaning = answer.meaning.empty() ? "" : " (" + answer.meaning + ")";
    const int points = penalty_of(answer.tier);
    if (points == 0) {
      tally.note("listed as good by " + answer.zone);
    } else {
      tally.cost(points, fmt::format("listed by {}{}", answer.zone, meaning));
    }
  }
}

// Costs `high` from the rate on at which providers refuse, `warn` from the one they warn of.
void add_rate(double rate, bool is_below, const std::string& what, Tally& tally) {
  const std::string text = fmt::format("{} {}{:.2f} %", what, is_below ? "< " : "", 100 * rate);
  if (is_below && rate <= kWarnRate) return;
  if (rate >= kHighRate && !is_below) {
    tally.cost(30, text);
  } else if (rate > kWarnRate || (!is_below && rate >= kWarnRate)) {
    tally.cost(15, text);
  }
}

void add_snds(const ReputationSubject& subject, Tally& tally) {
  if (subject.snds_range && subject.snds_range->is_blocked) {
    tally.cost(40, "blocked by Outlook.com: " + subject.snds_range->reason);
  }
  if (!subject.snds) return;
  const SndsRow& row = *subject.snds;
  if (!row.filter_result.empty()) tally.known();
  if (row.filter_result == "RED") tally.cost(40, "SNDS: more than 90 % of it is spam (RED)");
  if (row.filter_result == "YELLOW") tally.cost(15, "SNDS: 10 to 90 % of it is spam (YELLOW)");
  if (row.complaint_rate) add_rate(*row.complaint_rate, row.is_below, "SNDS: complaints", tally);
  if (row.trap_hits.value_or(0) > 0) {
    tally.cost(10, fmt::format("SNDS: {} messages to spam traps", *row.trap_hits));
  }
}

void add_postmaster(const ReputationSubject& subject, Tally& tally) {
  if (subject.postmaster) {
    const auto& figures = subject.postmaster->figures;
    if (const auto rate = figures.find("spam_rate"); rate != figures.end()) {
      tally.known();
      add_rate(rate->second, false, "Gmail: reported as spam", tally);
    }
    for (const char* name : {"low_ip_reputation_rate", "low_domain_reputation_rate",
                             "ip_in_rbls_rate", "spammy_content_rate"}) {
      const auto rate = figures.find(name);
      if (rate == figures.end() || rate->second <= 0) continue;
      tally.cost(15, fmt::format("Gmail: {} {:.2f} %", name, 100 * rate->second));
    }
  }
  for (const PostmasterRule& rule : subject.rules) {
    if (rule.status != "NEEDS_WORK") continue;
    tally.cost(10, fmt::format("Gmail: {} needs work{}{}", rule.requirement,
                               rule.reason.empty() ? "" : ": ", rule.reason));
  }
}

}  // namespace

ReputationScore score_of(const ReputationSubject& subject) {
  Tally tally;
  if (subject.sender_score) {
    tally.note(fmt::format("Sender Score {}", *subject.sender_score));
  } else if (subject.kind == SubjectKind::source) {
    tally.note(subject.address.empty() ? "no public address to ask about: set public_address"
                                       : "Sender Score unknown");
  }
  add_listings(subject, tally);
  add_snds(subject, tally);
  add_postmaster(subject, tally);
  return tally.finish(subject.sender_score);
}

}  // namespace posthaste
