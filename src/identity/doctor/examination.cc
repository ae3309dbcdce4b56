#include "identity/doctor/examination.h"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "platform/dns/reverse_name.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

std::vector<std::string> own_names(const DoctorRequest& request) {
  std::vector<std::string> names;
  for (const SenderDomain& domain : request.domains) {
    names.push_back(domain.name);
    for (const SenderKey& key : domain.keys) names.push_back(key.domain);
  }
  for (const SenderSource& source : request.sources) {
    names.push_back(reverse_name(source.address));
    if (!source.helo.empty()) names.push_back(source.helo);
  }
  if (!request.bounce_domain.empty()) names.push_back(request.bounce_domain);
  return names;
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return "ok";
    case Severity::skipped:
      return "skipped";
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "unknown";
}

std::size_t DoctorReport::count(Severity severity) const {
  std::size_t number = 0;
  for (const DoctorSection& section : sections) {
    for (const Finding& finding : section.findings) number += finding.severity == severity;
  }
  return number;
}

std::string DoctorRequest::host_name() const {
  for (const SenderSource& source : sources) {
    if (!source.helo.empty()) return source.helo;
  }
  return "mail." + (domains.empty() ? return_path_domain() : domains.front().name);
}

Examination::Examination(const DoctorRequest& request, const DoctorWorld& world)
    : request_(request),
      world_(world),
      dns_(world.resolver, world.authoritative, own_names(request)) {}

void Examination::begin(std::string title, std::string subject) {
  report_.sections.push_back({std::move(title), std::move(subject), {}});
}

void Examination::add(Finding finding) {
  report_.sections.back().findings.push_back(std::move(finding));
}

void Examination::pass(std::string check, std::string found) {
  add({.check = std::move(check), .severity = Severity::ok, .found = std::move(found)});
}

void Examination::skip(std::string check, std::string why) {
  add({.check = std::move(check), .severity = Severity::skipped, .found = std::move(why)});
}

void Examination::unanswered(std::string check, const DnsResult& result, std::string_view name) {
  add({.check = std::move(check),
       .severity = Severity::error,
       .found = fmt::format("DNS does not answer for {}: {}", name,
                            result.why.empty() ? to_string(result.status) : result.why),
       .why = "Receivers ask the same servers: they answer 4xx and ask again later, or go on as if "
              "the record were not there.",
       .remedy = {.advice = "Mend the name servers of that zone (or its DNSSEC signatures), then "
                            "run the doctor again."}});
}

asio::awaitable<DnsResult> Examination::look_up(std::string name, RecordType type) {
  DnsResult result = co_await dns_.lookup(std::move(name), type);
  co_return result;
}

asio::awaitable<std::vector<std::string>> Examination::addresses_of(std::string host) {
  const DnsResult v4 = co_await look_up(host, RecordType::a);
  const DnsResult v6 = co_await look_up(host, RecordType::aaaa);
  std::vector<std::string> all = v4.strings();
  for (std::string& address : v6.strings()) all.push_back(std::move(address));
  co_return all;
}

bool Examination::is_own_host(std::string_view host,
                              const std::vector<std::string>& addresses) const {
  for (const SenderSource& source : request_.sources) {
    if (source.helo == host) return true;
    if (std::find(addresses.begin(), addresses.end(), source.address) != addresses.end()) {
      return true;
    }
  }
  return false;
}

}  // namespace posthaste
