#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "identity/doctor/checks.h"
#include "platform/dns/dns_name.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr int kUsualPreference = 10;
constexpr const char* kWhyBounces =
    "Bounces and complaints never arrive: dead addresses are written to again and again, which "
    "providers count against you.";
constexpr const char* kWhyFrom =
    "Replies fail, and Yahoo refuses From domains without SOA and MX or A: 554 5.7.9.";

std::vector<DoctorRecord> mx_records(const std::string& domain, const DnsResult& result) {
  std::vector<DoctorRecord> records;
  for (const MxRecord& mx : result.mx()) {
    records.push_back({domain, RecordType::mx, mx_data(mx.preference, mx.exchange)});
  }
  return records;
}

// MX of `domain` to our own host, which gets an address if it has none.
asio::awaitable<Remedy> take_mail_here(Examination& exam, std::string domain) {
  const std::string host = exam.request().host_name();
  Remedy remedy;
  remedy.publish.push_back({domain, RecordType::mx, mx_data(kUsualPreference, host)});
  const std::vector<std::string> addresses = co_await exam.addresses_of(host);
  if (addresses.empty() && !exam.request().sources.empty()) {
    remedy.publish.push_back(address_record(host, exam.request().sources.front().address));
  }
  co_return remedy;
}

// The MX records that lead nowhere go; where none of ours is left, one comes.
asio::awaitable<void> report_dead_host(Examination& exam, const std::string& domain, MxRecord dead,
                                       bool is_ours) {
  Remedy remedy;
  if (!is_ours) remedy = co_await take_mail_here(exam, domain);
  remedy.remove.push_back({domain, RecordType::mx, mx_data(dead.preference, dead.exchange)});
  remedy.advice =
      fmt::format("Or publish an address for {}, if it is a host of yours.", dead.exchange);
  exam.add({"bounce-mx", Severity::error,
            fmt::format("{}, the MX of {}, has no address", dead.exchange, domain), kWhyBounces,
            std::move(remedy)});
}

asio::awaitable<void> judge_hosts(Examination& exam, const std::string& domain,
                                  const DnsResult& result) {
  bool is_ours = exam.request().sources.empty();
  std::vector<MxRecord> dead;
  for (const MxRecord& mx : result.mx()) {
    const std::vector<std::string> addresses = co_await exam.addresses_of(mx.exchange);
    if (addresses.empty()) {
      dead.push_back(mx);
    } else {
      is_ours = is_ours || exam.is_own_host(mx.exchange, addresses);
    }
  }
  if (!dead.empty()) {
    co_await report_dead_host(exam, domain, dead.front(), is_ours);
    co_return;
  }
  if (is_ours) {
    exam.pass("bounce-mx",
              fmt::format("bounces of {} go to {}", domain, result.mx().front().exchange));
    co_return;
  }
  const bool is_assumed = exam.request().is_bounce_domain_assumed;
  Remedy remedy;
  if (!is_assumed) {
    remedy = co_await take_mail_here(exam, domain);
    remedy.remove = mx_records(domain, result);
  }
  remedy.advice = "Give the return path a domain of its own, such as bounce." + domain +
                  " (--bounce-domain, bounce { domain }), when mail of this one goes elsewhere.";
  exam.add({"bounce-mx", is_assumed ? Severity::warning : Severity::error,
            fmt::format("bounces of {} go to {}, which is none of the sending hosts", domain,
                        result.mx().front().exchange),
            kWhyBounces, std::move(remedy)});
}

}  // namespace

asio::awaitable<void> check_bounce_mx(Examination& exam, std::string domain) {
  const DnsResult result = co_await exam.look_up(domain, RecordType::mx);
  if (result.is_temporary_failure()) {
    exam.unanswered("bounce-mx", result, domain);
    co_return;
  }
  const std::vector<MxRecord> all = result.mx();
  const bool is_null = std::any_of(all.begin(), all.end(), [](const MxRecord& mx) {
    return mx.is_null();  // RFC 7505 §3
  });
  if (!all.empty() && !is_null) {
    co_await judge_hosts(exam, domain, result);
    co_return;
  }
  Remedy remedy = co_await take_mail_here(exam, domain);
  remedy.remove = mx_records(domain, result);
  exam.add({"bounce-mx", Severity::error,
            is_null ? fmt::format("{} takes no mail (its MX is the null one)", domain)
                    : fmt::format("{} has no MX record: it receives no bounces", domain),
            kWhyBounces, std::move(remedy)});
}

asio::awaitable<void> check_from_domain(Examination& exam, std::string domain) {
  const DnsResult mx = co_await exam.look_up(domain, RecordType::mx);
  if (mx.is_temporary_failure()) {
    exam.unanswered("from-mx", mx, domain);
    co_return;
  }
  const std::vector<std::string> addresses = co_await exam.addresses_of(domain);
  if (mx.is_found() || !addresses.empty()) {
    exam.pass("from-mx", fmt::format("{} takes replies", domain));
  } else {
    Remedy remedy = co_await take_mail_here(exam, domain);
    remedy.advice = "Name the host that takes your people's mail, if it is another one.";
    exam.add({"from-mx", Severity::warning, fmt::format("{} has neither MX nor address", domain),
              kWhyFrom, std::move(remedy)});
  }
  // The zone may begin above the domain; a top-level domain is no zone of the sender.
  for (std::string name = domain; name.find('.') != std::string::npos;
       name = std::string(parent_dns_name(name))) {
    const DnsResult soa = co_await exam.look_up(name, RecordType::soa);
    if (soa.is_temporary_failure()) co_return;
    if (!soa.is_found() || soa.canonical_name != name) continue;
    exam.pass("from-soa", "the zone is " + name);
    co_return;
  }
  Remedy remedy;
  remedy.publish.push_back(
      {domain, RecordType::soa,
       fmt::format("ns1.{0}. hostmaster.{0}. 1 7200 900 1209600 300", domain)});
  remedy.advice =
      "Every zone has one: a zone without is not served properly. Write your own primary "
      "server and mailbox.";
  exam.add({"from-soa", Severity::warning, fmt::format("no SOA record at {} or above", domain),
            kWhyFrom, std::move(remedy)});
}

}  // namespace posthaste
