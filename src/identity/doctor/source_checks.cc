#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v4.hpp>
#include <utility>

#include "identity/doctor/checks.h"
#include "identity/doctor/generic_name.h"
#include "platform/dns/reverse_name.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr const char* kWhyPtr =
    "Gmail answers 550 5.7.25 (or 451 4.7.23), Yahoo, Outlook and Orange ask for it too; T-Online "
    "and many small providers refuse the connection with 554.";
constexpr const char* kWhyGeneric =
    "It looks like a customer's line: Outlook answers 550 DY-001, Yahoo and Orange mistrust it, "
    "Abusix lists it (127.0.0.11).";
constexpr const char* kWhyEhlo =
    "Orange and T-Online refuse a name in EHLO that does not resolve; spam filters score it.";
constexpr const char* kWhyEhloPtr =
    "Spam filters score a host that greets by another name than its address has; T-Online asks for "
    "one name throughout.";
constexpr const char* kReverseAdvice =
    "PTR records are set where the address comes from: in the panel of your hosting provider.";

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// A name that DNS can hold addresses for: at least two labels, no address literal.
bool is_host_name(std::string_view name) {
  return name.find('.') != std::string_view::npos && !name.starts_with('[') &&
         name.find_first_not_of("0123456789.") != std::string_view::npos;
}

// What is known of a source before it is judged.
struct SourceFacts {
  DnsResult ptr;
  std::string name;                  // its PTR name; of several the one that leads back; "" if none
  std::vector<std::string> forward;  // the addresses of that name
  std::string host;  // what it ought to be called: the name in EHLO, else that of the PTR
};

asio::awaitable<SourceFacts> look_at(Examination& exam, const SenderSource& source) {
  SourceFacts facts;
  facts.ptr = co_await exam.look_up(reverse_name(source.address), RecordType::ptr);
  for (const std::string& name : facts.ptr.strings()) {
    std::vector<std::string> forward = co_await exam.addresses_of(name);
    const bool leads_back = contains(forward, source.address);
    if (!facts.name.empty() && !leads_back) continue;
    facts.name = name;
    facts.forward = std::move(forward);
    if (leads_back) break;
  }
  const bool is_usable = is_host_name(source.helo) && !is_generic_name(source.helo, source.address);
  facts.host = is_usable ? source.helo : exam.request().host_name();
  co_return facts;
}

// The PTR as `host`, and the address of `host`, where they are not so already.
asio::awaitable<Remedy> call_it(Examination& exam, const SenderSource& source,
                                const SourceFacts& facts, std::string host) {
  Remedy remedy;
  for (const std::string& name : facts.ptr.strings()) {
    if (name != host) remedy.remove.push_back(ptr_record(source.address, name));
  }
  if (!contains(facts.ptr.strings(), host)) {
    remedy.publish.push_back(ptr_record(source.address, host));
    remedy.advice = kReverseAdvice;
  }
  const std::vector<std::string> addresses = co_await exam.addresses_of(host);
  if (!contains(addresses, source.address)) {
    remedy.publish.push_back(address_record(host, source.address));
  }
  co_return remedy;
}

asio::awaitable<void> judge_ptr(Examination& exam, const SenderSource& source,
                                const SourceFacts& facts) {
  if (facts.ptr.is_temporary_failure()) {
    exam.unanswered("ptr", facts.ptr, reverse_name(source.address));
    co_return;
  }
  if (facts.name.empty()) {
    Remedy remedy = co_await call_it(exam, source, facts, facts.host);
    exam.add({"ptr", Severity::error, source.address + " has no PTR record", kWhyPtr,
              std::move(remedy)});
    co_return;
  }
  exam.pass("ptr", fmt::format("{} is {}", source.address, facts.name));
  if (!contains(facts.forward, source.address)) {
    Remedy remedy;
    remedy.publish.push_back(address_record(facts.name, source.address));
    exam.add(
        {"ptr-forward", Severity::error,
         fmt::format("{}, the PTR of {}, does not resolve back to it", facts.name, source.address),
         kWhyPtr, std::move(remedy)});
  } else {
    exam.pass("ptr-forward", fmt::format("{} resolves back to it", facts.name));
  }
  if (is_generic_name(facts.name, source.address)) {
    Remedy remedy = co_await call_it(exam, source, facts, facts.host);
    exam.add({"ptr-generic", Severity::warning, fmt::format("{} is a generic name", facts.name),
              kWhyGeneric, std::move(remedy)});
  } else {
    exam.pass("ptr-generic", "the name is one of its own");
  }
}

bool is_source(const DoctorRequest& request, const std::string& address) {
  return std::any_of(request.sources.begin(), request.sources.end(),
                     [&](const SenderSource& source) { return source.address == address; });
}

// One name may stand for several addresses: it is judged with the first.
bool is_first_of_its_name(const DoctorRequest& request, const SenderSource& source) {
  for (const SenderSource& other : request.sources) {
    if (other.helo == source.helo) return other.address == source.address;
  }
  return true;
}

asio::awaitable<void> judge_ipv6_of_helo(Examination& exam, const SenderSource& source) {
  const DnsResult v6 = co_await exam.look_up(source.helo, RecordType::aaaa);
  std::vector<std::string> unnamed;
  for (const std::string& address : v6.strings()) {
    if (is_source(exam.request(), address)) continue;  // judged by itself
    const DnsResult ptr = co_await exam.look_up(reverse_name(address), RecordType::ptr);
    if (!ptr.is_found() && !ptr.is_temporary_failure()) unnamed.push_back(address);
  }
  if (unnamed.empty()) {
    exam.pass("ehlo-ipv6",
              v6.is_found() ? "its IPv6 addresses have PTR records" : "it has no IPv6 address");
    co_return;
  }
  Remedy remedy;
  for (const std::string& address : unnamed) {
    remedy.publish.push_back(ptr_record(address, source.helo));
  }
  remedy.advice =
      fmt::format("Or take the AAAA record of {} away, if this host does not send by IPv6. {}",
                  source.helo, kReverseAdvice);
  exam.add({"ehlo-ipv6", Severity::error,
            fmt::format("{} of {} has no PTR record", unnamed.front(), source.helo),
            "Gmail refuses all mail by IPv6 from an address without PTR: 550 5.7.25.",
            std::move(remedy)});
}

RemedySetting call_itself(const std::string& name) {
  return {"--helo", "source { hostname }", name};
}

asio::awaitable<void> judge_helo(Examination& exam, const SenderSource& source,
                                 const SourceFacts& facts) {
  if (!is_host_name(source.helo)) {
    const std::string name = facts.name.empty() ? facts.host : facts.name;
    exam.add({"ehlo-name",
              Severity::error,
              fmt::format("\"{}\" in EHLO is no full host name", source.helo),
              kWhyEhlo,
              {.settings = {call_itself(name)}}});
    co_return;
  }
  const std::vector<std::string> addresses = co_await exam.addresses_of(source.helo);
  // The same record is missing that "ptr-forward" asks for.
  const bool is_known_by_ptr = facts.name == source.helo;
  if (addresses.empty() && !is_known_by_ptr) {
    Remedy remedy = co_await call_it(exam, source, facts, source.helo);
    exam.add({"ehlo-address", Severity::error,
              fmt::format("{}, the name in EHLO, has no address", source.helo), kWhyEhlo,
              std::move(remedy)});
    co_return;
  }
  if (!addresses.empty()) {
    exam.pass("ehlo-address", fmt::format("{} in EHLO resolves", source.helo));
  }
  const bool is_judged_above = facts.name.empty() || is_generic_name(facts.name, source.address);
  if (!is_judged_above && !contains(facts.ptr.strings(), source.helo)) {
    exam.add({"ehlo-ptr",
              Severity::warning,
              fmt::format("{} in EHLO differs from the PTR {}", source.helo, facts.name),
              kWhyEhloPtr,
              {.settings = {call_itself(facts.name)}}});
  } else if (!is_judged_above) {
    exam.pass("ehlo-ptr", "EHLO and PTR say the same name");
  }
  if (is_first_of_its_name(exam.request(), source)) co_await judge_ipv6_of_helo(exam, source);
}

}  // namespace

asio::awaitable<void> check_source(Examination& exam, SenderSource source) {
  const SourceFacts facts = co_await look_at(exam, source);
  co_await judge_ptr(exam, source, facts);
  if (source.helo.empty()) {
    exam.skip("ehlo-name", "what it says in EHLO is not known: add --helo, or use -c");
    co_return;
  }
  co_await judge_helo(exam, source, facts);
}

}  // namespace posthaste
