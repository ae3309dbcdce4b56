#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "identity/dkim/dkim_canonical.h"
#include "identity/dmarc/dmarc.h"
#include "identity/doctor/bimi_check.h"
#include "identity/doctor/checks.h"
#include "identity/doctor/dmarc_edit.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr const char* kWhyDmarc =
    "Gmail answers 550 5.7.40 (or 451 4.7.31), Outlook 550 5.7.515, Yahoo 554 5.7.9: bulk senders "
    "need a DMARC record, if only p=none.";
constexpr const char* kWhyAlignment =
    "DMARC fails for all mail: Gmail answers 550 5.7.32, Outlook 550 5.7.515, and other receivers "
    "do what the policy says.";
constexpr const char* kWhyReports =
    "Without reports nobody tells you of mail that fails, yours or forged.";

std::string default_record(const std::string& domain) {
  return fmt::format("v=DMARC1; p=none; rua=mailto:dmarc@{}", domain);
}

// The DMARC policy of a domain while it is judged.
struct DmarcFacts {
  std::string domain;
  std::string name;                // "_dmarc.example.com": where the record is, or ought to be
  std::vector<std::string> texts;  // the DMARC records there, or what looks like one
  DmarcDiscovery discovery;

  Remedy replace_by(const std::string& text) const {
    Remedy remedy;
    for (const std::string& old : texts) {
      if (old != text) remedy.remove.push_back(txt_record(name, old));
    }
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) {
      remedy.publish.push_back(txt_record(name, text));
    }
    return remedy;
  }
};

bool looks_like_dmarc(std::string_view text) {
  const std::string lower = ascii_lower(text.substr(0, 20));
  return lower.find("dmarc") != std::string::npos;
}

// With all that is doubtful mended at once, the policy apart.
DmarcEdit mended(const DmarcFacts& facts) {
  DmarcEdit edit = DmarcEdit::of(facts.texts.front());
  edit.remove_malformed();
  const DmarcRecord& record = facts.discovery.record;
  if (!record.has_policy) edit.set("p", "none");
  if (record.aggregate_reports.empty()) edit.set("rua", "mailto:dmarc@" + facts.domain);
  if (record.is_testing) edit.remove("t");
  if (record.subdomain_policy == DmarcPolicy::none && record.policy != DmarcPolicy::none) {
    edit.remove("sp");
  }
  return edit;
}

asio::awaitable<bool> report_missing(Examination& exam, const DmarcFacts& facts) {
  const auto is_valid = [](const std::string& text) { return is_dmarc_record(text); };
  const auto valid = std::count_if(facts.texts.begin(), facts.texts.end(), is_valid);
  if (valid > 1) {
    exam.add({"dmarc-single", Severity::error,
              fmt::format("{} DMARC records at {}: receivers ignore them all", valid, facts.name),
              kWhyDmarc, facts.replace_by(facts.texts.front())});
    co_return true;
  }
  if (facts.discovery.status == DmarcDiscovery::Status::found) co_return false;
  if (facts.texts.empty()) {
    Remedy remedy;
    remedy.publish.push_back(txt_record(facts.name, default_record(facts.domain)));
    exam.add({"dmarc", Severity::error, "no DMARC record for " + facts.domain, kWhyDmarc,
              std::move(remedy)});
    co_return true;
  }
  DmarcEdit edit = DmarcEdit::of(facts.texts.front());
  edit.remove_malformed();
  if (edit.text().find("; p=") == std::string::npos) edit.set("p", "none");
  if (edit.text().find("; rua=") == std::string::npos)
    edit.set("rua", "mailto:dmarc@" + facts.domain);
  exam.add({"dmarc-syntax", Severity::error,
            fmt::format("{} is no valid DMARC record: \"{}\"", facts.name, facts.texts.front()),
            kWhyDmarc, facts.replace_by(edit.text())});
  co_return true;
}

void judge_policy(Examination& exam, const DmarcFacts& facts) {
  const DmarcRecord& record = facts.discovery.record;
  if (!record.problems.empty() || !record.has_policy) return;  // "dmarc-syntax" speaks of it
  DmarcEdit edit = mended(facts);
  if (record.policy == DmarcPolicy::none) {
    edit.set("p", "quarantine");
    edit.remove("sp");
    Remedy remedy = facts.replace_by(edit.text());
    remedy.advice = "Do so when the reports show that all your mail passes.";
    exam.add(
        {"dmarc-policy", Severity::info,
         fmt::format("the policy of {} is p=none: forged mail is delivered",
                     facts.discovery.record_domain),
         "Enough for Gmail, Yahoo and Outlook today; a logo (BIMI) needs quarantine or reject.",
         std::move(remedy)});
    return;
  }
  if (record.is_testing) {
    exam.add({"dmarc-policy", Severity::info,
              fmt::format("the policy of {} is being tested (t=y): receivers apply a milder one",
                          facts.discovery.record_domain),
              "Forged mail of the domain is treated one step more mildly than p= says.",
              facts.replace_by(edit.text())});
    return;
  }
  if (record.subdomain_policy == DmarcPolicy::none) {
    exam.add({"dmarc-policy", Severity::info,
              fmt::format("mail forged from below {} is delivered (sp=none)",
                          facts.discovery.record_domain),
              "Whoever forges takes a subdomain; BIMI asks for sp=quarantine or reject too.",
              facts.replace_by(edit.text())});
    return;
  }
  exam.pass("dmarc-policy", fmt::format("the policy is p={}", to_string(record.policy)));
}

void judge_tags(Examination& exam, const DmarcFacts& facts) {
  const DmarcRecord& record = facts.discovery.record;
  const std::string clean = mended(facts).text();
  if (!record.problems.empty() || !record.has_policy) {
    exam.add({"dmarc-syntax", Severity::error,
              record.problems.empty() ? fmt::format("{} has no p=", facts.name)
                                      : fmt::format("{}: {}", facts.name, record.problems.front()),
              kWhyDmarc, facts.replace_by(clean)});
  }
  if (record.aggregate_reports.empty()) {
    exam.add({"dmarc-rua", Severity::warning,
              fmt::format("the DMARC record of {} asks for no reports (rua)",
                          facts.discovery.record_domain),
              kWhyReports, facts.replace_by(clean)});
  } else {
    exam.pass("dmarc-rua", "reports go to " + record.aggregate_reports.front().uri);
  }
  if (!record.obsolete_tags.empty()) {
    std::string tags;
    for (const std::string& tag : record.obsolete_tags) tags += (tags.empty() ? "" : ", ") + tag;
    exam.add({"dmarc-tags", Severity::info,
              fmt::format("{} stands in {}: RFC 9989 removed it", tags, facts.name),
              "Receivers ignore it; what it was to do does not happen.", facts.replace_by(clean)});
  }
}

// RFC 7489 §7.1: a domain that is to receive reports about another says so.
asio::awaitable<void> judge_external(Examination& exam, const DmarcFacts& facts) {
  const DmarcDiscovery& found = facts.discovery;
  std::vector<DmarcReportUri> all = found.record.aggregate_reports;
  all.insert(all.end(), found.record.failure_reports.begin(), found.record.failure_reports.end());
  for (const DmarcReportUri& report : all) {
    const std::size_t at = report.mailbox.rfind('@');
    if (at == std::string::npos) continue;
    const std::string receiver = ascii_lower(report.mailbox.substr(at + 1));
    std::string organization = co_await find_organizational_domain(receiver, exam.dns());
    if (organization == found.organizational_domain) continue;
    const std::string name = fmt::format("{}._report._dmarc.{}", found.record_domain, receiver);
    const DnsResult consent = co_await exam.look_up(name, RecordType::txt);
    if (consent.is_temporary_failure()) {
      exam.unanswered("dmarc-external", consent, name);
      continue;
    }
    const std::vector<std::string> texts = consent.strings();
    const auto agrees = [](const std::string& text) { return is_dmarc_record(text); };
    if (std::any_of(texts.begin(), texts.end(), agrees)) {
      exam.pass("dmarc-external", fmt::format("{} accepts reports for {}", receiver, facts.domain));
      continue;
    }
    Remedy remedy;
    remedy.publish.push_back(txt_record(name, "v=DMARC1;"));
    remedy.advice = fmt::format("It stands in the zone of {}: ask them for it.", receiver);
    exam.add({"dmarc-external", Severity::warning,
              fmt::format("{} does not accept reports for {}", receiver, facts.domain),
              "Receivers send no report to a domain that has not agreed to take them.",
              std::move(remedy)});
  }
}

// Which of the sender's identifiers aligns with From.
struct Alignment {
  std::string by;  // "DKIM d=example.com"; "" if none
  bool would_if_relaxed = false;
};

asio::awaitable<Alignment> find_alignment(Examination& exam, const SenderDomain& domain,
                                          const DmarcFacts& facts) {
  const std::string from = domain.name;
  std::string from_organization = co_await find_organizational_domain(from, exam.dns());
  const DmarcRecord& record = facts.discovery.record;
  Alignment result;
  std::vector<std::pair<std::string, bool>> identifiers;  // and whether it is DKIM's
  if (domain.keys.empty()) identifiers.emplace_back(from, true);
  for (const SenderKey& key : domain.keys) identifiers.emplace_back(key.domain, true);
  identifiers.emplace_back(exam.request().return_path_domain(), false);
  for (const auto& [identifier, is_dkim] : identifiers) {
    std::string organization = co_await find_organizational_domain(identifier, exam.dns());
    const DmarcAlignment mode = is_dkim ? record.dkim_alignment : record.spf_alignment;
    if (is_aligned(identifier, organization, from, from_organization, mode)) {
      result.by = fmt::format("{}{}", is_dkim ? "DKIM d=" : "the return path, ", identifier);
      co_return result;
    }
    result.would_if_relaxed =
        result.would_if_relaxed ||
        is_aligned(identifier, organization, from, from_organization, DmarcAlignment::relaxed);
  }
  co_return result;
}

asio::awaitable<void> judge_alignment(Examination& exam, const SenderDomain& domain,
                                      const DmarcFacts& facts) {
  const Alignment alignment = co_await find_alignment(exam, domain, facts);
  if (!alignment.by.empty()) {
    exam.pass("alignment", fmt::format("From {} aligns with {}", domain.name, alignment.by));
    co_return;
  }
  Remedy remedy;
  if (alignment.would_if_relaxed) {
    DmarcEdit edit = mended(facts);
    edit.remove("adkim");
    edit.remove("aspf");
    remedy = facts.replace_by(edit.text());
  } else {
    const std::string selector = domain.keys.empty() ? "mail" : domain.keys.front().selector;
    remedy.settings.push_back({"--dkim-domain", "dkim { domain }", domain.name});
    remedy.commands.push_back(
        fmt::format("posthaste dkim keygen --domain {} --selector {} --out /etc/posthaste/dkim",
                    domain.name, selector));
    remedy.advice = "Sign by the domain of From, or one above it; the command prints the record.";
  }
  exam.add({"alignment", Severity::error,
            fmt::format("From {} is aligned with neither the return path {} nor DKIM d={}",
                        domain.name, exam.request().return_path_domain(),
                        domain.keys.empty() ? domain.name : domain.keys.front().domain),
            kWhyAlignment, std::move(remedy)});
}

asio::awaitable<DmarcFacts> look_at(Examination& exam, std::string domain) {
  DmarcFacts facts;
  facts.domain = domain;
  facts.discovery = co_await discover_dmarc(domain, exam.dns());
  const bool is_found = facts.discovery.status == DmarcDiscovery::Status::found;
  facts.name = "_dmarc." + (is_found ? facts.discovery.record_domain : domain);
  const DnsResult texts = co_await exam.look_up(facts.name, RecordType::txt);
  for (std::string& text : texts.strings()) {
    if (looks_like_dmarc(text)) facts.texts.push_back(std::move(text));
  }
  co_return facts;
}

}  // namespace

asio::awaitable<void> check_dmarc(Examination& exam, SenderDomain domain) {
  const DmarcFacts facts = co_await look_at(exam, domain.name);
  if (facts.discovery.status == DmarcDiscovery::Status::temporary_failure) {
    exam.unanswered("dmarc", {.why = "its name servers fail"}, facts.name);
    co_return;
  }
  const bool is_missing = co_await report_missing(exam, facts);
  if (is_missing) {
    exam.skip("bimi", "a logo needs a DMARC policy first");
    co_return;
  }
  exam.pass("dmarc", fmt::format("the record stands at {}", facts.name));
  judge_policy(exam, facts);
  judge_tags(exam, facts);
  co_await judge_external(exam, facts);
  co_await judge_alignment(exam, domain, facts);
  const bool is_enforced = facts.discovery.record.policy != DmarcPolicy::none &&
                           facts.discovery.record.subdomain_policy != DmarcPolicy::none;
  co_await check_bimi(exam, domain.name, is_enforced);
}

}  // namespace posthaste
