#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "identity/doctor/checks.h"
#include "identity/doctor/spf_edit.h"
#include "identity/spf/spf.h"
#include "identity/spf/spf_survey.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr int kMaxLookups = 10;     // RFC 7208 §4.6.4
constexpr int kMaxVoidLookups = 2;  // RFC 7208 §4.6.4

constexpr const char* kWhyFail =
    "Gmail answers 550 5.7.27 (or 451 4.7.27), Outlook 550 5.7.515, Yahoo 554 5.7.9: they ask "
    "every "
    "bulk sender for an SPF that passes.";
constexpr const char* kWhyPermerror =
    "Receivers make a permanent error of it (permerror), which no mail of the domain passes: Gmail "
    "answers 550 5.7.27 or 4.7.24, Outlook 550 5.7.515.";
constexpr const char* kWhyAll =
    "Whoever forges mail of the domain passes SPF, and with it DMARC; filters score such a record "
    "like none.";

constexpr const char* kWhyIdle =
    "The term authorises nobody, costs every receiver a lookup, and more than two of its kind void "
    "the whole record.";

// The SPF policy of a domain while it is judged.
struct SpfFacts {
  std::string domain;
  SpfSurvey survey;

  Remedy replace_by(const std::string& text) const {
    Remedy remedy;
    for (const std::string& old : survey.records) {
      if (old != text) remedy.remove.push_back(txt_record(domain, old));
    }
    const bool is_there =
        std::find(survey.records.begin(), survey.records.end(), text) != survey.records.end();
    if (!is_there) remedy.publish.push_back(txt_record(domain, text));
    return remedy;
  }
};

asio::awaitable<SpfVerdict> judge_sender(Resolver& dns, const SenderSource& source,
                                         std::string domain, Clock& clock) {
  SpfQuery query{.address = source.address,
                 .helo = source.helo.empty() ? domain : source.helo,
                 .mail_from = "postmaster@" + domain};
  SpfVerdict verdict = co_await check_spf(std::move(query), dns, clock);
  co_return verdict;
}

// Makes `edit` a record that authorises every source, and tells its text. It is tried as if it had
// been published.
asio::awaitable<std::string> completed(Examination& exam, std::string domain, SpfEdit edit) {
  for (const SenderSource& source : exam.request().sources) {
    SpfOverlay dns(exam.dns(), domain, edit.text());
    const SpfVerdict verdict = co_await judge_sender(dns, source, domain, exam.clock());
    if (verdict.result != SpfResult::pass) edit.authorize(source.address);
  }
  co_return edit.text();
}

std::string closing_all(const SpfSurvey& survey) {
  return survey.all_qualifier == '~' ? "~all" : "-all";
}

// A record without what is malformed or leads nowhere.
struct RepairedSpf {
  SpfEdit edit;
  bool was_invalid = false;  // not only a term that authorises nobody
};

asio::awaitable<bool> leads_nowhere(Examination& exam, SpfTarget target) {
  if (target.domain.empty() || target.type == RecordType::txt) co_return false;
  if (target.type == RecordType::mx) {
    const DnsResult mx = co_await exam.look_up(target.domain, RecordType::mx);
    co_return !mx.is_found() && !mx.is_temporary_failure();
  }
  const std::vector<std::string> addresses = co_await exam.addresses_of(target.domain);
  co_return addresses.empty();
}

asio::awaitable<bool> includes_nothing(Examination& exam, SpfTarget target) {
  if (target.domain.empty() || target.type != RecordType::txt) co_return false;
  const SpfSurvey there = co_await survey_spf(target.domain, exam.dns());
  co_return there.records.size() != 1 && !there.is_temporary_failure;
}

asio::awaitable<RepairedSpf> repaired(Examination& exam, const SpfFacts& facts) {
  const std::string& before = facts.survey.records.front();
  RepairedSpf result{SpfEdit::of(before)};
  const std::size_t count = result.edit.terms().size();
  result.edit.remove_malformed();
  result.was_invalid = result.edit.terms().size() < count;
  const std::vector<std::string> terms = result.edit.terms();
  for (const std::string& term : terms) {
    const SpfTarget target = spf_target(term, facts.domain);
    const bool is_broken = co_await includes_nothing(exam, target);
    const bool is_idle = co_await leads_nowhere(exam, target);
    if (is_broken || is_idle) result.edit.remove_term(term);
    result.was_invalid = result.was_invalid || is_broken;
  }
  if (!result.edit.has_all()) result.edit.set_all("-all");
  co_return result;
}

asio::awaitable<void> report_absent(Examination& exam, const SpfFacts& facts) {
  SpfEdit edit;
  for (const SenderSource& source : exam.request().sources) edit.authorize(source.address);
  Remedy remedy;
  if (exam.request().sources.empty()) {
    remedy.advice =
        "Name the addresses that you send from, --source IP, and the doctor prints the "
        "record.";
  } else {
    edit.set_all("-all");
    remedy.publish.push_back(txt_record(facts.domain, edit.text()));
  }
  exam.add(
      {"spf", Severity::error, "no SPF record at " + facts.domain, kWhyFail, std::move(remedy)});
  co_return;
}

// What makes the whole policy void. True when it reported.
asio::awaitable<bool> report_void(Examination& exam, const SpfFacts& facts) {
  const SpfSurvey& survey = facts.survey;
  if (survey.records.size() > 1) {
    std::string text = co_await completed(exam, facts.domain, SpfEdit::merged(survey.records));
    exam.add(
        {"spf-single", Severity::error,
         fmt::format("{} SPF records at {}: there may be one", survey.records.size(), facts.domain),
         kWhyPermerror, facts.replace_by(text)});
    co_return true;
  }
  const bool is_deep = survey.lookups > kMaxLookups;
  if (is_deep || survey.void_lookups > kMaxVoidLookups) {
    std::string text =
        co_await completed(exam, facts.domain, SpfEdit::flat(survey.networks, closing_all(survey)));
    Remedy remedy = facts.replace_by(text);
    remedy.advice =
        "These are the networks that the record comes to today. Where an include changes "
        "often, keep it and drop others.";
    const std::string found =
        is_deep ? fmt::format("the SPF record of {} needs {} DNS lookups (limit {})", facts.domain,
                              survey.lookups, kMaxLookups)
                : fmt::format("{} lookups of the SPF record of {} find nothing (limit {})",
                              survey.void_lookups, facts.domain, kMaxVoidLookups);
    exam.add({is_deep ? "spf-lookups" : "spf-void", Severity::error, found, kWhyPermerror,
              std::move(remedy)});
    co_return true;
  }
  if (!survey.problems.empty()) {
    RepairedSpf repair = co_await repaired(exam, facts);
    std::string text = co_await completed(exam, facts.domain, std::move(repair.edit));
    exam.add({"spf-syntax", repair.was_invalid ? Severity::error : Severity::warning,
              survey.problems.front(), repair.was_invalid ? kWhyPermerror : kWhyIdle,
              facts.replace_by(text)});
    co_return repair.was_invalid;
  }
  co_return false;
}

// The record with all that is doubtful in it mended at once.
asio::awaitable<std::string> mended(Examination& exam, const SpfFacts& facts) {
  SpfEdit edit = SpfEdit::of(facts.survey.records.front());
  if (facts.survey.uses_ptr) edit.remove_mechanism(SpfMechanism::ptr);
  const char all = facts.survey.all_qualifier;
  if (all == '+' || all == '?' || all == 0) edit.set_all("-all");
  std::string text = co_await completed(exam, facts.domain, std::move(edit));
  co_return text;
}

void judge_terms(Examination& exam, const SpfFacts& facts, const Remedy& remedy) {
  const SpfSurvey& survey = facts.survey;
  if (survey.all_qualifier == '+') {
    exam.add({"spf-all", Severity::error,
              fmt::format("the SPF record of {} authorises everyone (+all)", facts.domain), kWhyAll,
              remedy});
  } else if (survey.all_qualifier == '?' || survey.all_qualifier == 0) {
    exam.add({"spf-all", Severity::warning,
              fmt::format("the SPF record of {} says nothing of other senders ({})", facts.domain,
                          survey.all_qualifier == '?' ? "?all" : "it has no all"),
              kWhyAll, remedy});
  } else {
    exam.pass("spf-all", fmt::format("it ends in {}all", survey.all_qualifier));
  }
  if (survey.uses_ptr) {
    exam.add({"spf-ptr", Severity::warning,
              fmt::format("the SPF record of {} uses ptr", facts.domain),
              "RFC 7208 says not to use it: it is slow, and large receivers skip it.", remedy});
  }
}

asio::awaitable<void> judge_sources(Examination& exam, const SpfFacts& facts,
                                    const Remedy& remedy) {
  for (const SenderSource& source : exam.request().sources) {
    const SpfVerdict verdict =
        co_await judge_sender(exam.dns(), source, facts.domain, exam.clock());
    if (verdict.result == SpfResult::pass) {
      exam.pass("spf-source",
                fmt::format("{} is authorised by {}", source.address, verdict.mechanism));
      continue;
    }
    exam.add({"spf-source", Severity::error,
              fmt::format("{} is not authorised by {} (result: {})", source.address, facts.domain,
                          to_string(verdict.result)),
              kWhyFail, remedy});
  }
}

}  // namespace

asio::awaitable<void> check_spf_policy(Examination& exam, std::string domain) {
  const DnsResult texts = co_await exam.look_up(domain, RecordType::txt);
  if (texts.is_temporary_failure()) {
    exam.unanswered("spf", texts, domain);
    co_return;
  }
  SpfFacts facts;
  facts.domain = domain;
  facts.survey = co_await survey_spf(domain, exam.dns());
  if (facts.survey.records.empty()) {
    co_await report_absent(exam, facts);
    co_return;
  }
  if (facts.survey.is_temporary_failure) {
    exam.unanswered("spf", {.why = "a name that its SPF record leads to cannot be looked up"},
                    domain);
    co_return;
  }
  const bool is_void = co_await report_void(exam, facts);
  if (is_void) co_return;
  exam.pass("spf", fmt::format("{} has one SPF record; it needs {} of {} lookups", domain,
                               facts.survey.lookups, kMaxLookups));
  std::string text = co_await mended(exam, facts);
  const Remedy remedy = facts.replace_by(text);
  judge_terms(exam, facts, remedy);
  co_await judge_sources(exam, facts, remedy);
}

asio::awaitable<void> check_spf_of_helo(Examination& exam, SenderSource source) {
  const bool is_host_name = source.helo.find('.') != std::string::npos;
  if (!is_host_name || source.helo == exam.request().return_path_domain()) co_return;
  const SpfSurvey survey = co_await survey_spf(source.helo, exam.dns());
  if (survey.is_temporary_failure) co_return;
  SpfEdit edit = SpfEdit::of(survey.records.empty() ? "v=spf1 a -all" : survey.records.front());
  const std::string current = edit.text();
  for (const SenderSource& other : exam.request().sources) {
    if (other.helo != source.helo) continue;
    SpfOverlay dns(exam.dns(), source.helo, edit.text());
    const SpfVerdict verdict = co_await judge_sender(dns, other, source.helo, exam.clock());
    if (verdict.result != SpfResult::pass) edit.authorize(other.address);
  }
  if (survey.records.size() == 1 && edit.text() == current) {
    exam.pass("spf-ehlo", source.helo + " in EHLO has an SPF record that authorises it");
    co_return;
  }
  const SpfFacts facts{source.helo, survey};
  exam.add({"spf-ehlo", Severity::warning,
            survey.records.empty()
                ? fmt::format("no SPF record at {}, the name in EHLO", source.helo)
                : fmt::format("the SPF record of {}, the name in EHLO, does not authorise it",
                              source.helo),
            "Bounces and other mail with an empty return path are judged by it; Gmail answers "
            "4.7.27 where none passes.",
            facts.replace_by(edit.text())});
}

}  // namespace posthaste
