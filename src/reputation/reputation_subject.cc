#include "reputation/reputation_subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/time_text.h"
#include "identity/blocklist/blocklist_zone.h"
#include "reputation/json_field.h"

namespace posthaste {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

ordered_json answer_json(const BlocklistAnswer& answer) {
  ordered_json json = {{"zone", answer.zone},
                       {"tier", to_string(answer.tier)},
                       {"status", to_string(answer.status)}};
  if (!answer.codes.empty()) json["codes"] = answer.codes;
  if (!answer.meaning.empty()) json["meaning"] = answer.meaning;
  if (!answer.text.empty()) json["text"] = answer.text;
  if (!answer.remove_at.empty()) json["remove_at"] = answer.remove_at;
  return json;
}

ordered_json snds_json(const SndsRow& row) {
  ordered_json json = {{"filter_result", row.filter_result.empty()
                                             ? ordered_json()
                                             : ordered_json(row.filter_result)}};
  if (!row.activity_start.empty()) json["activity_start"] = row.activity_start;
  if (!row.activity_end.empty()) json["activity_end"] = row.activity_end;
  const auto add = [&json](const char* name, const auto& value) {
    if (value) json[name] = *value;
  };
  add("rcpt_commands", row.rcpt_commands);
  add("data_commands", row.data_commands);
  add("recipients", row.recipients);
  add("complaint_rate", row.complaint_rate);
  if (row.is_below) json["complaint_rate_is_below"] = true;
  add("trap_hits", row.trap_hits);
  if (!row.comments.empty()) json["comments"] = row.comments;
  return json;
}

ordered_json postmaster_json(const ReputationSubject& subject) {
  ordered_json json;
  if (subject.postmaster) {
    json["day"] = day_text(subject.postmaster->day);
    for (const auto& [name, value] : subject.postmaster->figures) json[name] = value;
  }
  ordered_json rules = ordered_json::array();
  for (const PostmasterRule& rule : subject.rules) {
    ordered_json one = {{"requirement", rule.requirement}, {"status", rule.status}};
    if (!rule.reason.empty()) one["reason"] = rule.reason;
    rules.push_back(std::move(one));
  }
  json["compliance"] = std::move(rules);
  return json;
}

std::vector<std::string> texts(const json& list) {
  std::vector<std::string> result;
  for (const json& one : list) {
    if (one.is_string()) result.push_back(one.get<std::string>());
  }
  return result;
}

std::optional<ReputationListing> read_listing(const json& one) {
  ReputationListing listing;
  const auto tier = ConfigValue<BlocklistTier>::parse(text_field(one, "tier"));
  const auto since = number_field(one, "since_micros");
  listing.answer.zone = text_field(one, "zone");
  if (!tier || !since || listing.answer.zone.empty()) return std::nullopt;
  listing.answer.tier = *tier;
  listing.answer.status = BlocklistAnswer::Status::listed;
  listing.answer.codes = texts(list_field(one, "codes"));
  listing.answer.meaning = text_field(one, "meaning");
  listing.answer.text = text_field(one, "text");
  listing.answer.remove_at = text_field(one, "remove_at");
  listing.since = WallTime(std::chrono::microseconds(*since));
  return listing;
}

std::optional<std::uint64_t> count_field(const json& object, const char* name) {
  const auto number = number_field(object, name);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<SndsRow> read_snds(const json& object, const std::string& address) {
  if (object.empty()) return std::nullopt;
  SndsRow row;
  row.address = address;
  row.filter_result = text_field(object, "filter_result");
  row.activity_start = text_field(object, "activity_start");
  row.activity_end = text_field(object, "activity_end");
  row.rcpt_commands = count_field(object, "rcpt_commands");
  row.data_commands = count_field(object, "data_commands");
  row.recipients = count_field(object, "recipients");
  row.trap_hits = count_field(object, "trap_hits");
  row.comments = text_field(object, "comments");
  const auto rate = object.find("complaint_rate");
  if (rate != object.end() && rate->is_number()) row.complaint_rate = rate->get<double>();
  row.is_below = object.contains("complaint_rate_is_below");
  return row;
}

void read_postmaster(const json& object, ReputationSubject& subject) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  const std::string text = text_field(object, "day");
  if (std::sscanf(text.c_str(), "%4d-%2u-%2u", &year, &month, &day) == 3) {
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(day)};
    if (date.ok()) subject.postmaster = PostmasterDay{std::chrono::sys_days(date), {}};
  }
  if (subject.postmaster) {
    for (const auto& [name, value] : object.items()) {
      if (value.is_number()) subject.postmaster->figures[name] = value.get<double>();
    }
  }
  for (const json& one : list_field(object, "compliance")) {
    subject.rules.push_back(
        {text_field(one, "requirement"), text_field(one, "status"), text_field(one, "reason")});
  }
}

}  // namespace

std::string_view to_string(SubjectKind kind) {
  return kind == SubjectKind::source ? "source" : "domain";
}

std::size_t ReputationSubject::zones_known() const {
  using Status = BlocklistAnswer::Status;
  return static_cast<std::size_t>(
      std::count_if(answers.begin(), answers.end(), [](const BlocklistAnswer& answer) {
        return answer.status == Status::clear || answer.status == Status::listed;
      }));
}

ordered_json to_json(const ReputationSubject& subject) {
  const ReputationScore score = score_of(subject);
  ordered_json json = {{"kind", to_string(subject.kind)}, {"name", subject.name}};
  if (subject.kind == SubjectKind::source) {
    json["address"] = subject.address.empty() ? ordered_json() : ordered_json(subject.address);
  }
  json["score"] = score.score ? ordered_json(*score.score) : ordered_json();
  json["reasons"] = score.reasons;
  ordered_json listings = ordered_json::array();
  for (const ReputationListing& listing : subject.listings) {
    ordered_json one = answer_json(listing.answer);
    one["since"] = to_rfc3339(listing.since);
    one["since_micros"] = listing.since.time_since_epoch().count();
    listings.push_back(std::move(one));
  }
  json["listings"] = std::move(listings);
  json["zones_asked"] = subject.answers.size();
  ordered_json silent = ordered_json::array();
  for (const BlocklistAnswer& answer : subject.answers) {
    const bool is_known = answer.status == BlocklistAnswer::Status::clear ||
                          answer.status == BlocklistAnswer::Status::listed;
    if (!is_known) silent.push_back(answer_json(answer));
  }
  json["zones_silent"] = std::move(silent);
  json["checked"] = subject.checked ? ordered_json(to_rfc3339(*subject.checked)) : ordered_json();
  if (subject.sender_score) json["sender_score"] = *subject.sender_score;
  if (subject.snds) json["snds"] = snds_json(*subject.snds);
  if (subject.snds_range) {
    json["snds_blocked"] = subject.snds_range->is_blocked;
    json["snds_reason"] = subject.snds_range->reason;
  }
  const bool has_postmaster = subject.postmaster || !subject.rules.empty();
  if (has_postmaster) json["postmaster"] = postmaster_json(subject);
  return json;
}

void restore(ReputationSubject& subject, std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return;
  for (const json& one : list_field(object, "listings")) {
    if (auto listing = read_listing(one)) subject.listings.push_back(std::move(*listing));
  }
  // Another address is another reputation.
  if (subject.kind == SubjectKind::source && text_field(object, "address") != subject.address) {
    subject.listings.clear();
    return;
  }
  if (const auto score = number_field(object, "sender_score")) {
    if (*score >= 0 && *score <= 100) subject.sender_score = static_cast<int>(*score);
  }
  subject.snds = read_snds(object_field(object, "snds"), subject.address);
  if (const auto blocked = object.find("snds_blocked");
      blocked != object.end() && blocked->is_boolean()) {
    subject.snds_range = SndsRange{subject.address, subject.address, blocked->get<bool>(),
                                   text_field(object, "snds_reason")};
  }
  read_postmaster(object_field(object, "postmaster"), subject);
}

}  // namespace posthaste
