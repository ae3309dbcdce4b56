#include <fmt/format.h>
#include <set>
#include <utility>

#include "identity/doctor/checks.h"

namespace posthaste {
namespace {

std::string show(const DnsResult& result, RecordType type) {
  if (result.is_temporary_failure()) return std::string(to_string(result.status));
  if (!result.is_found()) return "nothing";
  std::string text;
  for (const Rdata& record : result.records) {
    std::string data = zone_data({"", type, record_data(record)});
    if (data.size() > 70) data = data.substr(0, 67) + "...";
    text += (text.empty() ? "" : ", ") + data;
  }
  return text;
}

std::string show_time(std::chrono::seconds time) {
  const auto seconds = time.count();
  if (seconds >= 3600) return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
  if (seconds >= 60) return fmt::format("{} min", (seconds + 59) / 60);
  return fmt::format("{} s", seconds);
}

std::string show(const DnsQuestion& question) {
  return fmt::format("{} {}", question.name, to_string(question.type));
}

// Some of the zone's servers have something else.
void report_servers(Examination& exam, const TwofoldAnswer& both) {
  std::string found = fmt::format(
      "the name servers of {} differ about {}:", both.authoritative.zone, show(both.question));
  for (const ServerAnswer& answer : both.authoritative.answers) {
    found += fmt::format(" {} says {};", answer.server, show(answer.result, both.question.type));
  }
  found.pop_back();
  exam.add(
      {"propagation",
       Severity::warning,
       std::move(found),
       "Receivers see the one or the other by chance.",
       {.advice = "If you have just changed it, wait until the secondary servers have fetched the "
                  "zone; else see why they do not: has the serial been raised?"}});
}

void report_resolver(Examination& exam, const TwofoldAnswer& both) {
  const DnsQuestion& question = both.question;
  exam.add({"propagation",
            Severity::info,
            fmt::format("the resolver still has the old {}: {}; the name servers of {} say {}",
                        show(question), show(both.resolved, question.type), both.authoritative.zone,
                        show(both.best()->result, question.type)),
            "Receivers may have kept the old one as long.",
            {.advice = fmt::format("Nothing to publish: wait {} more, then it is forgotten.",
                                   show_time(both.resolved.ttl))}});
}

// Its own servers answer, and a resolver that validates cannot use it.
void report_unusable(Examination& exam, const TwofoldAnswer& both) {
  const bool is_bogus = both.resolved.status == DnsStatus::bogus;
  exam.add(
      {"propagation",
       is_bogus ? Severity::error : Severity::warning,
       fmt::format("{} is answered by its name servers, but not through the resolver: {}",
                   show(both.question),
                   both.resolved.why.empty() ? to_string(both.resolved.status) : both.resolved.why),
       "Most large receivers look names up as this resolver does.",
       {.advice = is_bogus ? "Mend the DNSSEC of the zone: sign it anew, or take its DS record "
                             "away at the registrar."
                           : "Ask again later; if it stays so, look at the delegation of the "
                             "zone."}});
}

bool is_reached(const TwofoldAnswer& both) {
  return both.best() != nullptr;
}

}  // namespace

void check_propagation(Examination& exam) {
  std::size_t compared = 0;
  std::set<std::string> unreached;
  std::set<std::string> zones;
  const std::size_t before = exam.report().sections.back().findings.size();
  for (const TwofoldAnswer& both : exam.dns().asked()) {
    if (both.authoritative.answers.empty()) continue;
    if (!is_reached(both)) {
      if (unreached.insert(both.authoritative.zone).second) {
        exam.skip("propagation", fmt::format("the name servers of {} give no answer when asked "
                                             "directly: only the resolver was heard",
                                             both.authoritative.zone));
      }
      continue;
    }
    ++compared;
    zones.insert(both.authoritative.zone);
    if (!both.servers_agree()) {
      report_servers(exam, both);
    } else if (both.resolved.is_temporary_failure()) {
      report_unusable(exam, both);
    } else if (!both.resolver_agrees()) {
      report_resolver(exam, both);
    }
  }
  if (compared == 0 || exam.report().sections.back().findings.size() > before) return;
  std::string names;
  for (const std::string& zone : zones) names += (names.empty() ? "" : ", ") + zone;
  exam.pass("propagation",
            fmt::format("{} questions: the name servers of {} and the resolver say the same",
                        compared, names));
}

}  // namespace posthaste
