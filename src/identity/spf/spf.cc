#include "identity/spf/spf.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <optional>
#include <utility>

#include "identity/spf/spf_evaluation.h"
#include "identity/spf/spf_lookup.h"
#include "mail/address.h"
#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

namespace ip = boost::asio::ip;

// RFC 7208 §5: an IPv4-mapped IPv6 address is an IPv4 address.
std::optional<ip::address> parse_client(const std::string& text) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(text, error);
  if (error) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

// RFC 7208 §4.3: several labels, none too long or empty; U-labels become A-labels. Nothing else is
// asked of a name here: what does not exist has no record.
std::optional<std::string> checkable_domain(const std::string& text) {
  if (text.starts_with('[')) return std::nullopt;
  const bool is_ascii = std::all_of(text.begin(), text.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  std::string name = text;
  if (!is_ascii) {
    const Result<Domain> domain = Domain::parse(text);
    if (!domain) return std::nullopt;
    name = domain->ascii();
  }
  const auto normalized = normalize_dns_name(name);
  if (!normalized || normalized->find('.') == std::string::npos) return std::nullopt;
  return name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

struct Sender {
  std::string local;
  std::string domain;
};

// RFC 7208 §2.4: of the null sender, HELO is checked as postmaster's.
// RFC 7208 §4.3: so is a sender without local part.
Sender sender_of(const SpfQuery& query) {
  if (query.mail_from.empty()) return {"postmaster", query.helo};
  const std::size_t at = query.mail_from.rfind('@');
  if (at == std::string::npos) return {"postmaster", query.mail_from};
  const std::string local = query.mail_from.substr(0, at);
  return {local.empty() ? "postmaster" : local, query.mail_from.substr(at + 1)};
}

}  // namespace

std::string_view to_string(SpfResult result) {
  switch (result) {
    case SpfResult::none:
      return "none";
    case SpfResult::neutral:
      return "neutral";
    case SpfResult::pass:
      return "pass";
    case SpfResult::fail:
      return "fail";
    case SpfResult::softfail:
      return "softfail";
    case SpfResult::temperror:
      return "temperror";
    case SpfResult::permerror:
      return "permerror";
  }
  return "unknown";
}

boost::asio::awaitable<SpfVerdict> check_spf(SpfQuery query, Resolver& resolver, Clock& clock) {
  SpfVerdict verdict;
  verdict.is_of_helo = query.mail_from.empty();
  const Sender sender = sender_of(query);
  const auto domain = checkable_domain(sender.domain);
  const auto address = parse_client(query.address);
  if (!domain) co_return verdict;
  verdict.domain = normalize_dns_name(*domain).value_or("");
  if (!address) {
    verdict.result = SpfResult::permerror;
    verdict.problem = fmt::format("{} is no IP address: give one", query.address);
    co_return verdict;
  }
  SpfMacroValues values{.sender_local = sender.local,
                        .sender_domain = sender.domain,
                        .helo = query.helo,
                        .receiver = query.receiver,
                        .address = *address,
                        .time = query.time.value_or(clock.wall())};
  SpfLookup lookup(resolver, clock);
  SpfEvaluation evaluation(lookup, std::move(values));
  SpfEvaluation::Outcome outcome = co_await evaluation.check_host(*domain);
  verdict.result = outcome.result;
  verdict.mechanism = outcome.mechanism;
  verdict.problem = outcome.problem;
  if (verdict.result == SpfResult::fail) {
    verdict.explanation = co_await evaluation.explain(outcome);
  }
  verdict.lookups = lookup.lookups();
  verdict.void_lookups = lookup.void_lookups();
  co_return verdict;
}

}  // namespace posthaste
