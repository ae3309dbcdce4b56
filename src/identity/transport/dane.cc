#include "identity/transport/dane.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "platform/dns/lookup_all.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

// The addresses of a host, as far as DANE cares.
struct HostFacts {
  bool is_found = false;
  bool is_secure = false;
  std::string canonical_name;
};

// Where TLSA records may stand, the best place first; none: DANE does not apply.
struct BaseDomains {
  std::vector<std::string> names;
  std::string unknown;  // why that is not known now; "" where it is
};

HostFacts facts_of(const std::string& host, const std::vector<DnsResult>& answers) {
  HostFacts facts{.canonical_name = host};
  bool is_insecure = false;
  for (const DnsResult& answer : answers) {
    if (!answer.is_found()) continue;
    facts.is_found = true;
    is_insecure = is_insecure || !answer.secure;
    facts.canonical_name = answer.canonical_name;
  }
  facts.is_secure = facts.is_found && !is_insecure;
  return facts;
}

// RFC 7672 §2.2.2
asio::awaitable<BaseDomains> base_domains(std::string host, Resolver& resolver) {
  const std::vector<DnsQuestion> questions{{host, RecordType::a}, {host, RecordType::aaaa}};
  const std::vector<DnsResult> answers = co_await lookup_all(resolver, questions);
  const HostFacts facts = facts_of(host, answers);
  BaseDomains bases;
  if (facts.is_secure) {
    bases.names.push_back(facts.canonical_name);
    if (facts.canonical_name != host) bases.names.push_back(host);
    co_return bases;
  }
  // RFC 7672 §2.1: whether the addresses are secure is not known, and they may well be.
  const auto failed = std::find_if(answers.begin(), answers.end(),
                                   [](const auto& one) { return one.is_temporary_failure(); });
  if (!facts.is_found && failed != answers.end()) {
    bases.unknown = fmt::format("the addresses of {} are not known now: {}", host, failed->why);
    co_return bases;
  }
  if (facts.canonical_name == host) co_return bases;
  // The alias itself may be signed where what it leads to is not: then its own name counts.
  const DnsResult alias = co_await resolver.lookup(host, RecordType::cname);
  if (alias.is_found() && alias.secure) bases.names.push_back(host);
  if (alias.is_temporary_failure()) {
    bases.unknown = fmt::format("the alias {} is not known now: {}", host, alias.why);
  }
  co_return bases;
}

// RFC 7672 §2.1.2: what cannot be known may be what an attacker hides.
DaneAnswer failed(std::string base, std::string why) {
  DaneAnswer answer;
  answer.status = DaneAnswer::Status::failed;
  answer.base_domain = std::move(base);
  answer.why = std::move(why);
  return answer;
}

std::string present(std::uint8_t usage, std::uint8_t selector, std::uint8_t matching) {
  return fmt::format("{} {} {}", usage, selector, matching);
}

DaneAnswer read(const std::string& base, const DnsResult& found) {
  DaneAnswer answer;
  answer.base_domain = base;
  std::string unusable;
  for (TlsaRecord& record : found.tlsa()) {
    if (is_usable(record)) {
      answer.records.push_back(std::move(record));
    } else {
      unusable += (unusable.empty() ? "" : ", ") +
                  present(record.usage, record.selector, record.matching_type);
    }
  }
  answer.status =
      answer.records.empty() ? DaneAnswer::Status::unusable : DaneAnswer::Status::usable;
  if (answer.records.empty()) {
    answer.why =
        fmt::format("no TLSA record of {} is of a kind that SMTP uses: {}", base, unusable);
  }
  return answer;
}

}  // namespace

bool is_usable(const TlsaRecord& record) {
  // RFC 7672 §3.1.3: the usages of the web's authorities mean nothing here.
  if (record.usage != 2 && record.usage != 3) return false;
  if (record.selector > 1) return false;
  switch (record.matching_type) {
    case 0:
      return !record.data.empty();
    case 1:
      return record.data.size() == 32;  // SHA-256
    case 2:
      return record.data.size() == 64;  // SHA-512
    default:
      return false;
  }
}

std::string to_text(const TlsaRecord& record) {
  std::string text = present(record.usage, record.selector, record.matching_type) + " ";
  for (const char octet : record.data) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(octet));
  }
  return text;
}

asio::awaitable<DaneAnswer> look_up_dane(std::string host, std::uint16_t port, Resolver& resolver) {
  const BaseDomains bases = co_await base_domains(host, resolver);
  if (!bases.unknown.empty()) co_return failed(host, bases.unknown);
  for (const std::string& base : bases.names) {
    const std::string name = fmt::format("_{}._tcp.{}", port, base);
    const DnsResult found = co_await resolver.lookup(name, RecordType::tlsa);
    if (found.is_temporary_failure()) {
      co_return failed(
          base, fmt::format("the TLSA records of {} are not known now: {}", name, found.why));
    }
    if (found.is_found() && found.secure) co_return read(base, found);
  }
  co_return DaneAnswer();
}

}  // namespace posthaste
