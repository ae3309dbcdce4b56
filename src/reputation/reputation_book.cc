#include "reputation/reputation_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <set>

#include "base/time_text.h"

namespace posthaste {
namespace {

using Status = BlocklistAnswer::Status;
using std::chrono::days;
using std::chrono::sys_days;

constexpr auto kKeepDays = days(90);
constexpr const char* kGoogle = "google";
constexpr const char* kMicrosoft = "microsoft";

std::string subject_path(const ReputationSubject& subject) {
  return fmt::format("{}/{}", to_string(subject.kind), subject.name);
}

std::string latest_root() {
  return fmt::format("{}latest/", ReputationBook::kPrefix);
}

std::string latest_key(const ReputationSubject& subject) {
  return latest_root() + subject_path(subject);
}

std::string day_root() {
  return fmt::format("{}day/", ReputationBook::kPrefix);
}

std::string day_prefix(const ReputationSubject& subject) {
  return fmt::format("{}{}/", day_root(), subject_path(subject));
}

// A day's figures without what changes with each check.
std::string day_record(const ReputationSubject& subject, sys_days day) {
  nlohmann::ordered_json json = {{"day", day_text(day)}};
  const nlohmann::ordered_json all = to_json(subject);
  for (const char* name : {"score", "sender_score", "snds", "snds_blocked", "postmaster"}) {
    if (all.contains(name)) json[name] = all[name];
  }
  nlohmann::ordered_json zones = nlohmann::ordered_json::array();
  for (const ReputationListing& listing : subject.listings) zones.push_back(listing.answer.zone);
  json["listed_by"] = std::move(zones);
  return json.dump();
}

std::string shown(const std::optional<int>& score) {
  return score ? std::to_string(*score) : "unknown";
}

int badness(const SndsRow& row) {
  return row.filter_result == "RED" ? 3 : row.filter_result == "YELLOW" ? 2 : 1;
}

}  // namespace

void ReputationBook::restore(const std::vector<std::pair<std::string, std::string>>& kept) {
  for (const auto& [key, value] : kept) kept_[key] = value;
}

void ReputationBook::set_subjects(const std::vector<std::pair<std::string, std::string>>& sources,
                                  const std::vector<std::string>& domains) {
  const std::vector<ReputationSubject> before = std::exchange(subjects_, {});
  const auto add = [&](SubjectKind kind, const std::string& name, const std::string& address) {
    if (find(kind, name) != nullptr) return;
    const auto same = std::find_if(before.begin(), before.end(), [&](const auto& one) {
      return one.kind == kind && one.name == name && one.address == address;
    });
    if (same != before.end()) return subjects_.push_back(*same);
    ReputationSubject subject;
    subject.kind = kind;
    subject.name = name;
    subject.address = address;
    const auto kept = kept_.find(latest_key(subject));
    if (kept != kept_.end()) posthaste::restore(subject, kept->second);
    subjects_.push_back(std::move(subject));
  };
  for (const auto& [name, address] : sources) add(SubjectKind::source, name, address);
  for (const std::string& domain : domains) add(SubjectKind::domain, domain, "");
  for (ReputationSubject& subject : subjects_) subject.is_reported = false;
  // Google tells of them again only hours later.
  for (const ReputationSubject& one : before) {
    if (!one.is_reported || find(one.kind, one.name) != nullptr) continue;
    subjects_.push_back(one);
  }
}

ReputationSubject* ReputationBook::find(SubjectKind kind, const std::string& name) {
  const auto found = std::find_if(subjects_.begin(), subjects_.end(), [&](const auto& one) {
    return one.kind == kind && one.name == name;
  });
  return found == subjects_.end() ? nullptr : &*found;
}

void ReputationBook::tell(const ReputationSubject& subject, ReputationChange change) {
  change.kind = subject.kind;
  change.name = subject.name;
  change.address = subject.address;
  change.facts.emplace(std::string(to_string(subject.kind)), subject.name);
  parts_.tell(change);
}

void ReputationBook::tell_listing(const ReputationSubject& subject, const BlocklistAnswer& answer,
                                  const char* change) {
  ReputationChange told;
  const bool is_listed = std::string_view(change) == "listed";
  const std::string& who = subject.address.empty() ? subject.name : subject.address;
  told.what =
      fmt::format("{} is {} by {}", who, is_listed ? "listed" : "no longer listed", answer.zone);
  if (!answer.meaning.empty()) told.what += " (" + answer.meaning + ")";
  if (is_listed && !answer.remove_at.empty()) {
    told.what += ": find the cause, then ask for removal at " + answer.remove_at;
  }
  told.facts = {
      {"change", change}, {"zone", answer.zone}, {"tier", std::string(to_string(answer.tier))}};
  if (!answer.codes.empty()) told.facts["code"] = answer.codes.front();
  told.is_alert = is_listed && answer.tier == BlocklistTier::page;
  tell(subject, std::move(told));
}

void ReputationBook::take_blocklists(ReputationSubject& subject,
                                     std::vector<BlocklistAnswer> answers) {
  const auto before = score_of(subject).score;
  std::vector<ReputationListing> listings;
  for (const BlocklistAnswer& answer : answers) {
    const auto old =
        std::find_if(subject.listings.begin(), subject.listings.end(),
                     [&](const auto& listing) { return listing.answer.zone == answer.zone; });
    const bool was_listed = old != subject.listings.end();
    if (answer.status == Status::listed) {
      listings.push_back({answer, was_listed ? old->since : parts_.clock.wall()});
      if (!was_listed) tell_listing(subject, answer, "listed");
    } else if (was_listed && answer.status == Status::clear) {
      tell_listing(subject, old->answer, "delisted");
    } else if (was_listed && answer.status != Status::disabled) {
      listings.push_back(*old);
    }
  }
  subject.listings = std::move(listings);
  subject.answers = std::move(answers);
  subject.checked = parts_.clock.wall();
  finish(subject, before);
}

void ReputationBook::take_sender_score(ReputationSubject& subject, std::optional<int> score) {
  if (subject.sender_score == score) return;
  const auto before = score_of(subject).score;
  ReputationChange change;
  change.what = fmt::format("Sender Score {}, was {}", shown(score), shown(subject.sender_score));
  change.facts = {
      {"change", "sender_score"}, {"before", shown(subject.sender_score)}, {"after", shown(score)}};
  subject.sender_score = score;
  tell(subject, std::move(change));
  finish(subject, before);
}

void ReputationBook::take_snds_row(ReputationSubject& subject, const SndsRow& row) {
  const std::string was = subject.snds ? subject.snds->filter_result : "";
  if (was != row.filter_result) {
    ReputationChange change;
    change.provider = kMicrosoft;
    change.what =
        fmt::format("SNDS: {}, was {}", row.filter_result.empty() ? "unknown" : row.filter_result,
                    was.empty() ? "unknown" : was);
    change.facts = {{"change", "filter_result"}, {"before", was}, {"after", row.filter_result}};
    change.is_alert = row.filter_result == "RED";
    tell(subject, std::move(change));
  }
  const std::uint64_t traps = subject.snds ? subject.snds->trap_hits.value_or(0) : 0;
  if (row.trap_hits.value_or(0) > traps) {
    ReputationChange change;
    change.provider = kMicrosoft;
    change.what = fmt::format("SNDS: {} messages to spam traps", *row.trap_hits);
    change.facts = {{"change", "trap_hits"}, {"after", std::to_string(*row.trap_hits)}};
    tell(subject, std::move(change));
  }
  subject.snds = row;
}

void ReputationBook::take_snds_range(ReputationSubject& subject, const SndsRange& range) {
  const bool was_blocked = subject.snds_range && subject.snds_range->is_blocked;
  if (was_blocked != range.is_blocked) {
    ReputationChange change;
    change.provider = kMicrosoft;
    change.what = range.is_blocked ? "blocked by Outlook.com: " + range.reason
                                   : "no longer blocked by Outlook.com";
    change.facts = {{"change", range.is_blocked ? "blocked" : "unblocked"}};
    change.is_alert = range.is_blocked;
    tell(subject, std::move(change));
  }
  subject.snds_range = range;
}

void ReputationBook::take_snds(const Snds::Report& report) {
  for (ReputationSubject& subject : subjects_) {
    if (subject.kind != SubjectKind::source || subject.address.empty()) continue;
    const auto before = score_of(subject).score;
    const SndsRow* worst = nullptr;
    for (const SndsRow& row : report.rows) {
      if (row.address != subject.address) continue;
      if (worst == nullptr || badness(row) > badness(*worst)) worst = &row;
    }
    if (worst != nullptr) take_snds_row(subject, *worst);
    SndsRange range{subject.address, subject.address, false, ""};
    for (const SndsRange& one : report.ranges) {
      if (one.is_blocked && one.has(subject.address)) range = one;
    }
    if (!report.ranges.empty() || subject.snds_range) take_snds_range(subject, range);
    finish(subject, before);
  }
}

void ReputationBook::take_postmaster(const PostmasterDomain& domain) {
  ReputationSubject* subject = find(SubjectKind::domain, domain.domain);
  if (subject == nullptr) {
    subjects_.emplace_back();
    subject = &subjects_.back();
    subject->kind = SubjectKind::domain;
    subject->name = domain.domain;
    subject->is_reported = true;
    const auto kept = kept_.find(latest_key(*subject));
    if (kept != kept_.end()) posthaste::restore(*subject, kept->second);
  }
  const auto before = score_of(*subject).score;
  const bool is_newer = !domain.days.empty() &&
                        (!subject->postmaster || domain.days.back().day > subject->postmaster->day);
  if (is_newer) {
    subject->postmaster = domain.days.back();
    ReputationChange change;
    change.provider = kGoogle;
    change.what = "Postmaster Tools, " + day_text(subject->postmaster->day) + ":";
    change.facts = {{"change", "figures"}};
    for (const auto& [name, value] : subject->postmaster->figures) {
      change.facts[name] = fmt::format("{:.6g}", value);
    }
    const auto rate = subject->postmaster->figures.find("spam_rate");
    const bool has_rate = rate != subject->postmaster->figures.end();
    change.what += has_rate ? fmt::format(" reported as spam {:.2f} %", 100 * rate->second)
                            : std::string(" no spam rate");
    change.is_alert = has_rate && rate->second >= 0.003;
    tell(*subject, std::move(change));
  }
  for (const PostmasterRule& rule : domain.rules) {
    const auto old = std::find_if(
        subject->rules.begin(), subject->rules.end(),
        [&](const PostmasterRule& one) { return one.requirement == rule.requirement; });
    if (old != subject->rules.end() && old->status == rule.status) continue;
    if (old == subject->rules.end() && rule.status == "COMPLIANT") continue;
    ReputationChange change;
    change.provider = kGoogle;
    change.what =
        fmt::format("Postmaster Tools: {} is {} {}", rule.requirement, rule.status, rule.reason);
    change.facts = {
        {"change", "compliance"}, {"requirement", rule.requirement}, {"after", rule.status}};
    change.is_alert = rule.status == "NEEDS_WORK";
    tell(*subject, std::move(change));
  }
  subject->rules = domain.rules;
  finish(*subject, before);
}

void ReputationBook::take_outcome(const std::string& provider, const std::string& error) {
  ReputationOutcome& outcome = outcomes_[provider];
  const bool was_well = outcome.error.empty();
  const bool is_first = !outcome.succeeded && was_well;
  outcome.error = error;
  if (error.empty()) outcome.succeeded = parts_.clock.wall();
  if (was_well == error.empty() || (is_first && error.empty())) return;
  ReputationChange change;
  change.provider = provider;
  change.what = error.empty() ? "answers again" : "gives no figures: " + error;
  change.facts = {{"change", error.empty() ? "interface_answers" : "interface_failed"}};
  change.is_alert = !error.empty();
  parts_.tell(change);
}

void ReputationBook::finish(const ReputationSubject& subject, std::optional<int> before) {
  const ReputationScore after = score_of(subject);
  if (after.score != before) {
    ReputationChange change;
    change.what = fmt::format("reputation {}, was {}", shown(after.score), shown(before));
    change.facts = {{"change", "score"}, {"before", shown(before)}, {"after", shown(after.score)}};
    tell(subject, std::move(change));
  }
  keep(subject);
}

void ReputationBook::keep(const ReputationSubject& subject) {
  const auto write = [this](const std::string& key, std::string value) {
    std::string& written = kept_[key];
    if (written == value) return;
    written = value;
    parts_.keep(key, std::move(value));
  };
  nlohmann::ordered_json latest = to_json(subject);
  for (const char* name : {"checked", "zones_asked", "zones_silent", "reasons", "score"}) {
    latest.erase(name);
  }
  write(latest_key(subject), latest.dump());
  const sys_days today = std::chrono::floor<days>(parts_.clock.wall());
  write(day_prefix(subject) + day_text(today), day_record(subject, today));
  if (std::exchange(purged_, today) != today) purge(today);
}

// Takes out the days that are over their time, whoever they are of, and the latest of those who
// have no day left and are asked about no more.
void ReputationBook::purge(sys_days today) {
  const auto drop = [this](auto one) {
    parts_.keep(one->first, std::nullopt);
    return kept_.erase(one);
  };
  std::set<std::string> needed;
  for (const ReputationSubject& subject : subjects_) needed.insert(latest_key(subject));
  const std::string oldest = day_text(today - kKeepDays);
  const std::string every_day = day_root();
  for (auto one = kept_.lower_bound(every_day); one != kept_.end();) {
    const std::string& key = one->first;
    if (!key.starts_with(every_day)) break;
    const auto slash = key.rfind('/');
    if (key.substr(slash + 1) < oldest) {
      one = drop(one);
      continue;
    }
    needed.insert(latest_root() + key.substr(every_day.size(), slash - every_day.size()));
    ++one;
  }
  const std::string every_latest = latest_root();
  for (auto one = kept_.lower_bound(every_latest); one != kept_.end();) {
    if (!one->first.starts_with(every_latest)) break;
    one = needed.contains(one->first) ? std::next(one) : drop(one);
  }
}

std::vector<std::string> ReputationBook::history(const ReputationSubject& subject) const {
  const std::string prefix = day_prefix(subject);
  std::vector<std::string> records;
  for (auto one = kept_.lower_bound(prefix); one != kept_.end(); ++one) {
    if (!one->first.starts_with(prefix)) break;
    records.push_back(one->second);
  }
  return records;
}

}  // namespace posthaste
