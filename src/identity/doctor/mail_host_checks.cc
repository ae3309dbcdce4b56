#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <utility>

#include "identity/doctor/certificate_check.h"
#include "identity/doctor/checks.h"
#include "identity/transport/dane.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr const char* kWhyTlsa =
    "Senders that check DANE (Outlook, GMX, WEB.DE, Comcast and others) put off the bounces and "
    "reports that they have for you, then drop them.";
constexpr const char* kWhyNoTlsa =
    "With DNSSEC in place, one record makes TLS towards you certain for senders that check DANE.";

// One host that takes bounces, while it is judged.
struct HostFacts {
  std::string name;
  DnsResult tlsa;
  std::vector<CertificateFacts> chain;

  std::string tlsa_name() const { return "_25._tcp." + name; }
};

Remedy publish_tlsa(const HostFacts& facts) {
  Remedy remedy;
  for (const Rdata& old : facts.tlsa.records) {
    remedy.remove.push_back({facts.tlsa_name(), RecordType::tlsa, record_data(old)});
  }
  if (facts.chain.empty()) {
    remedy.advice =
        "The certificate is not known here: run the doctor where it can connect to the "
        "host, and it prints the record.";
  } else {
    remedy.publish.push_back({facts.tlsa_name(), RecordType::tlsa, tlsa_data(facts.chain.front())});
    remedy.advice =
        "Keep the key when you renew the certificate, or publish the next one's record "
        "two TTLs before.";
  }
  return remedy;
}

void judge_tlsa(Examination& exam, const HostFacts& facts, bool is_signed) {
  const std::vector<TlsaRecord> records = facts.tlsa.tlsa();
  if (records.empty()) {
    if (!is_signed || facts.chain.empty()) {
      exam.skip("tlsa", fmt::format("{} has none, and {}", facts.name,
                                    is_signed ? "its certificate is not known here"
                                              : "its zone is not signed (DNSSEC)"));
      return;
    }
    exam.add({"tlsa", Severity::info, fmt::format("no TLSA record at {}", facts.tlsa_name()),
              kWhyNoTlsa, publish_tlsa(facts)});
    return;
  }
  if (!facts.tlsa.secure) {
    exam.add({"tlsa",
              Severity::info,
              fmt::format("{} is not signed: nobody heeds it", facts.tlsa_name()),
              "RFC 7672 has senders take TLSA records from DNSSEC-secure answers alone.",
              {.advice = "Sign the zone with DNSSEC, or take the record away."}});
    return;
  }
  const auto fits = [&](const TlsaRecord& record) {
    return is_usable(record) && matches_tlsa(facts.chain, record);
  };
  if (facts.chain.empty()) {
    exam.skip("tlsa", fmt::format("the certificate of {} is not known here", facts.name));
  } else if (std::none_of(records.begin(), records.end(), fits)) {
    exam.add({"tlsa", Severity::error,
              fmt::format("{} does not match the certificate of {}", facts.tlsa_name(), facts.name),
              kWhyTlsa, publish_tlsa(facts)});
  } else {
    exam.pass("tlsa", fmt::format("{} matches the certificate", facts.tlsa_name()));
  }
}

asio::awaitable<void> greet(Examination& exam, HostFacts& facts, std::string address) {
  if (!exam.probes()) co_return;
  const MailHostAnswer answer = co_await exam.probes()->greet_mail_host(facts.name, address);
  if (!answer.is_connected) {
    exam.add(
        {"bounce-host",
         Severity::warning,
         fmt::format("{} ({}) does not answer on port 25: {}", facts.name, address, answer.problem),
         "Bounces cannot arrive while it does not.",
         {.advice = "Start the listener of role inbound on port 25, and let port 25 in. If the "
                    "doctor runs where port 25 is closed outwards, run it elsewhere."}});
    co_return;
  }
  if (!answer.offers_starttls || answer.chain.empty()) {
    exam.add({"bounce-host",
              Severity::warning,
              answer.offers_starttls
                  ? fmt::format("TLS with {} fails: {}", facts.name, answer.problem)
                  : fmt::format("{} offers no STARTTLS", facts.name),
              "Reports and bounces come in the clear, and from Gmail with a red open lock.",
              {.settings = {{"", "listener { tls }", "opportunistic"}},
               .advice = "Give the listener a certificate and its key."}});
    co_return;
  }
  exam.pass("bounce-host", facts.name + " answers on port 25 and offers TLS");
  facts.chain = answer.chain;
  judge_certificate(exam, facts.chain.front(), facts.name);
}

}  // namespace

void judge_certificate(Examination& exam, const CertificateFacts& certificate,
                       const std::string& host) {
  using std::chrono::days;
  const auto left = std::chrono::floor<days>(certificate.not_after - exam.now()).count();
  const Remedy renew{.advice =
                         "Renew it (certbot renew, or whatever made it) and reload the server."};
  if (certificate.not_after <= exam.now()) {
    exam.add(
        {"certificate", Severity::error,
         fmt::format("the certificate of {} expired on {}", host,
                     to_rfc3339(certificate.not_after).substr(0, 10)),
         "Clients refuse to log in, and senders that verify (MTA-STS, DANE-TA) put off what they "
         "have for you.",
         renew});
  } else if (left < 14) {
    exam.add({"certificate", Severity::warning,
              fmt::format("the certificate of {} expires in {} days", host, left),
              "What renews it should have done so by now.", renew});
  } else if (!is_for_host(certificate, host)) {
    exam.add({"certificate",
              Severity::warning,
              fmt::format("the certificate is not for {}", host),
              "Senders that verify (MTA-STS) put off what they have for you; clients warn.",
              {.advice = fmt::format("Have one made with {} among its names.", host)}});
  } else {
    exam.pass("certificate", fmt::format("the certificate of {} holds for {} days", host, left));
  }
}

asio::awaitable<void> check_mail_hosts(Examination& exam, std::string domain) {
  const DnsResult mx = co_await exam.look_up(domain, RecordType::mx);
  for (const MxRecord& one : mx.mx()) {
    if (one.is_null()) continue;
    const std::vector<std::string> addresses = co_await exam.addresses_of(one.exchange);
    if (addresses.empty() || !exam.is_own_host(one.exchange, addresses)) continue;
    HostFacts facts{.name = one.exchange};
    co_await greet(exam, facts, addresses.front());
    facts.tlsa = co_await exam.look_up(facts.tlsa_name(), RecordType::tlsa);
    const DnsResult v4 = co_await exam.look_up(facts.name, RecordType::a);
    judge_tlsa(exam, facts, v4.secure);
  }
}

void check_certificate_file(Examination& exam, const ServedCertificate& certificate) {
  const Result<std::vector<CertificateFacts>> chain = load_certificates(certificate.file);
  if (!chain) {
    exam.add({"certificate",
              Severity::error,
              fmt::format("{}: {}", certificate.label, chain.error().message()),
              "The listener cannot speak TLS.",
              {.advice = "Name a PEM file that holds the certificate and its chain."}});
    return;
  }
  judge_certificate(exam, chain->front(), certificate.host);
}

}  // namespace posthaste
