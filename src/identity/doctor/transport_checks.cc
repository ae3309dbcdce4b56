#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "identity/doctor/checks.h"
#include "identity/doctor/mta_sts_policy_text.h"
#include "identity/transport/mta_sts.h"
#include "identity/transport/tls_report_document.h"
#include "identity/transport/tls_report_sender.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr const char* kWhySts =
    "Without a policy, who stands between can strip TLS from the bounces and reports that come to "
    "you; Gmail, Outlook and Yahoo honour one.";
constexpr const char* kWhyRpt =
    "Nobody tells you when the bounces and reports that come to you fail for TLS.";

// The policy of a domain while it is judged.
struct StsFacts {
  std::string domain;
  std::string name;                // "_mta-sts.example.com"
  std::vector<std::string> texts;  // the MTA-STS records there
  std::vector<std::string> hosts;  // that its MX records name, or ought to

  Remedy publish(WallTime now) const {
    Remedy remedy;
    for (const std::string& old : texts) remedy.remove.push_back(txt_record(name, old));
    remedy.publish.push_back(txt_record(name, mta_sts_record(now)));
    remedy.files.push_back({mta_sts_policy_url(domain), mta_sts_policy_text(hosts)});
    return remedy;
  }
};

asio::awaitable<StsFacts> look_at(Examination& exam, std::string domain, const DnsResult& record) {
  StsFacts facts{.domain = domain, .name = "_mta-sts." + domain, .texts = record.strings()};
  std::erase_if(facts.texts, [](const std::string& text) { return !is_mta_sts_record(text); });
  const DnsResult mx = co_await exam.look_up(domain, RecordType::mx);
  for (const MxRecord& one : mx.mx()) {
    if (one.is_null()) continue;
    // A host that is not ours is "bounce-mx"'s to tell.
    const std::vector<std::string> addresses = co_await exam.addresses_of(one.exchange);
    if (exam.is_own_host(one.exchange, addresses)) facts.hosts.push_back(one.exchange);
  }
  if (facts.hosts.empty()) facts.hosts.push_back(exam.request().host_name());
  co_return facts;
}

// Where the policy lies must resolve; our own host will do.
asio::awaitable<void> add_web_host(Examination& exam, const StsFacts& facts, Remedy& remedy) {
  const std::string web = "mta-sts." + facts.domain;
  const std::vector<std::string> addresses = co_await exam.addresses_of(web);
  if (!addresses.empty()) co_return;
  remedy.publish.push_back({web, RecordType::cname, exam.request().host_name()});
  remedy.advice = fmt::format("Any web server with a certificate for {} may serve the file.", web);
}

// What is wrong with the policy file; "" when nothing is.
std::string problem_of(const StsFacts& facts, const WebAnswer& answer) {
  if (answer.status == 0) return "its policy cannot be fetched: " + answer.problem;
  // RFC 8461 §3.3: redirects are not followed.
  if (answer.status != 200) return fmt::format("its policy is answered by {}", answer.status);
  if (!is_mta_sts_type(answer.content_type)) {
    return fmt::format("its policy is served as \"{}\", not as text/plain", answer.content_type);
  }
  const Result<MtaStsPolicy> policy = parse_mta_sts_policy(answer.body);
  if (!policy) return "its policy is malformed: " + policy.error().message();
  for (const std::string& host : facts.hosts) {
    if (!permits(*policy, host)) return fmt::format("its policy does not name the MX {}", host);
  }
  if (policy->mode != MtaStsMode::enforce) {
    return fmt::format("its policy is only mode: {}", to_string(policy->mode));
  }
  return {};
}

asio::awaitable<void> judge_policy(Examination& exam, const StsFacts& facts) {
  const std::string web = "mta-sts." + facts.domain;
  const std::vector<std::string> addresses = co_await exam.addresses_of(web);
  std::string problem;
  if (addresses.empty()) {
    problem = fmt::format("{}, where its policy lies, has no address", web);
  } else if (exam.probes()) {
    WebQuestion question;
    question.url = mta_sts_policy_url(facts.domain);
    const WebAnswer answer = co_await exam.probes()->ask_web(std::move(question));
    problem = problem_of(facts, answer);
  }
  if (problem.empty()) {
    exam.pass("mta-sts", exam.probes() ? "policy and MX records agree"
                                       : "there is a policy; it was not fetched");
    co_return;
  }
  Remedy remedy = facts.publish(exam.now());
  co_await add_web_host(exam, facts, remedy);
  exam.add({"mta-sts", Severity::info, fmt::format("MTA-STS of {}: {}", facts.domain, problem),
            kWhySts, std::move(remedy)});
}

// Whether somebody can send there what the record asks for.
bool names_an_address(std::string_view tls_rpt_record) {
  const auto uris = parse_tls_rpt_record(tls_rpt_record);
  return uris && std::any_of(uris->begin(), uris->end(), is_tls_report_uri);
}

}  // namespace

asio::awaitable<void> check_mta_sts(Examination& exam, std::string domain) {
  const DnsResult record = co_await exam.look_up("_mta-sts." + domain, RecordType::txt);
  if (record.is_temporary_failure()) {
    exam.skip("mta-sts", "DNS does not answer for _mta-sts." + domain);
    co_return;
  }
  const StsFacts facts = co_await look_at(exam, domain, record);
  const bool is_sound = facts.texts.size() == 1 && parse_mta_sts_record(facts.texts.front());
  if (is_sound) {
    co_await judge_policy(exam, facts);
    co_return;
  }
  Remedy remedy = facts.publish(exam.now());
  co_await add_web_host(exam, facts, remedy);
  const std::string found =
      facts.texts.empty() ? fmt::format("no MTA-STS policy for {}", domain)
      : facts.texts.size() > 1
          ? fmt::format("{} records at {}: none counts", facts.texts.size(), facts.name)
          : fmt::format("{} is no valid record", facts.name);
  exam.add({"mta-sts", Severity::info, found, kWhySts, std::move(remedy)});
}

asio::awaitable<void> check_tls_rpt(Examination& exam, std::string domain) {
  const std::string name = "_smtp._tls." + domain;
  const DnsResult result = co_await exam.look_up(name, RecordType::txt);
  if (result.is_temporary_failure()) {
    exam.skip("tls-rpt", "DNS does not answer for " + name);
    co_return;
  }
  std::vector<std::string> texts = result.strings();
  std::erase_if(texts, [](const std::string& text) { return !is_tls_rpt_record(text); });
  if (texts.size() == 1 && names_an_address(texts.front())) {
    exam.pass("tls-rpt", "reports of TLS failures are asked for");
    co_return;
  }
  Remedy remedy;
  for (const std::string& old : texts) remedy.remove.push_back(txt_record(name, old));
  remedy.publish.push_back(txt_record(name, tls_rpt_record(domain)));
  exam.add({"tls-rpt", Severity::info,
            texts.empty()      ? fmt::format("no TLS-RPT record for {}", domain)
            : texts.size() > 1 ? fmt::format("{} records at {}: none counts", texts.size(), name)
                               : fmt::format("{} is no valid record", name),
            kWhyRpt, std::move(remedy)});
}

}  // namespace posthaste
