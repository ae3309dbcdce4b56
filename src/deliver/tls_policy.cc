#include "deliver/tls_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace posthaste {

namespace asio = boost::asio;

namespace {

using Kind = TlsExpectation::Kind;

const TlsTerms kOrdinary;

const TlsTerms& terms_of(const TlsSubject& subject) {
  return subject.destination.tls ? *subject.destination.tls : kOrdinary;
}

bool is_literal(const MxHost& host) {
  return host.name.starts_with('[');
}

// What the certificate has to bear: the address where there is no name.
std::string name_of(const MxHost& host) {
  return is_literal(host) ? host.addresses.front().address : host.name;
}

TlsDecision refuse(TlsDecision decision, TlsFailureType failure, std::string why) {
  decision.is_refused = true;
  decision.failure = failure;
  decision.why = std::move(why);
  return decision;
}

TlsDecision plain(UseTls use, const MxHost& host) {
  TlsDecision decision;
  decision.use = use;
  decision.expectation.server_name = name_of(host);
  return decision;
}

// Always TLS, with a certificate of a trusted authority for one of `names`.
TlsDecision verified(const MxHost& host, std::vector<std::string> names) {
  TlsDecision decision = plain(UseTls::always, host);
  decision.is_enforced = true;
  decision.expectation.kind = Kind::pkix;
  // An address is compared as one, by the server's name.
  if (!is_literal(host)) decision.expectation.names = std::move(names);
  decision.verified_as = "certificate";
  return decision;
}

// RFC 7672 §2.2: nothing where DANE says nothing. The records of a host count also where its name
// came from an MX record that is not signed (§2.2.1 leaves that open): domains that share the host
// then share its connections, and none gets less than it asks for.
std::optional<TlsDecision> by_dane(const TlsSubject& subject, const DaneAnswer& dane) {
  if (dane.status == DaneAnswer::Status::absent) return std::nullopt;
  const MxHost& host = subject.host;
  TlsDecision decision = plain(UseTls::always, host);
  decision.policy.type = TlsPolicyType::tlsa;
  decision.policy.domain = dane.base_domain;
  for (const TlsaRecord& record : dane.records) decision.policy.text.push_back(to_text(record));
  if (dane.status == DaneAnswer::Status::failed) {
    return refuse(std::move(decision), TlsFailureType::dnssec_invalid, dane.why);
  }
  if (dane.status == DaneAnswer::Status::unusable) {
    // RFC 7672 §2.2: TLS, with any certificate.
    decision.failure = TlsFailureType::tlsa_invalid;
    decision.why = dane.why;
    return decision;
  }
  decision.is_enforced = true;
  decision.verified_as = "dane";
  TlsExpectation& expected = decision.expectation;
  expected.kind = Kind::dane;
  // RFC 7672 §3.2.2, §3.2.3: the TLSA base is the SNI, and of a DANE-TA(2) certificate one of the
  // names, with the MX host's and, where that can be trusted, the recipient domain's.
  expected.server_name = dane.base_domain;
  expected.names = {dane.base_domain};
  if (host.name != dane.base_domain) expected.names.push_back(host.name);
  if (subject.destination.secure) {
    expected.names.insert(expected.names.end(), subject.domains.begin(), subject.domains.end());
  }
  expected.tlsa = dane.records;
  return decision;
}

// RFC 8461 §5
TlsDecision by_sts(const MtaStsPolicy& policy, const MxHost& host) {
  TlsDecision decision = verified(host, {host.name});
  decision.verified_as = "mta-sts";
  decision.policy.type = TlsPolicyType::sts;
  decision.policy.text = policy.lines;
  decision.policy.mx_hosts = policy.mx;
  const bool is_permitted = permits(policy, host.name);
  const std::string why =
      fmt::format("the MTA-STS policy does not name the host {} among its mx", host.name);
  if (policy.mode == MtaStsMode::enforce) {
    if (is_permitted) return decision;
    return refuse(std::move(decision), TlsFailureType::validation_failure, why);
  }
  decision.use = UseTls::if_offered;
  decision.is_enforced = false;
  if (!is_permitted) {
    decision.failure = TlsFailureType::validation_failure;
    decision.why = why;
    decision.verified_as.clear();
  }
  return decision;
}

TlsDecision by_dane_only(const TlsSubject& subject, const DaneAnswer& dane) {
  TlsDecision decision = plain(UseTls::always, subject.host);
  const bool is_usable = dane.status == DaneAnswer::Status::usable;
  if (is_usable && subject.destination.secure) return *by_dane(subject, dane);
  if (dane.status == DaneAnswer::Status::failed) return *by_dane(subject, dane);
  return refuse(std::move(decision), TlsFailureType::dane_required,
                fmt::format("tls_policy demands DANE, and {} has no TLSA record that DNSSEC "
                            "authenticates all the way",
                            subject.host.name));
}

TlsDecision by_terms(const TlsSubject& subject, const DaneAnswer& dane) {
  const MxHost& host = subject.host;
  const TlsTerms& terms = terms_of(subject);
  switch (terms.mode) {
    case TlsMode::off:
      return plain(UseTls::never, host);
    case TlsMode::opportunistic:
      return plain(UseTls::if_offered, host);
    case TlsMode::required:
      return plain(UseTls::always, host);
    case TlsMode::verified:
      return verified(host, terms.names.empty() ? std::vector{host.name} : terms.names);
    case TlsMode::dane:
      return by_dane_only(subject, dane);
    case TlsMode::automatic:
      break;
  }
  if (std::optional<TlsDecision> decision = by_dane(subject, dane)) return *std::move(decision);
  TlsDecision decision = terms.sts ? by_sts(*terms.sts, host) : plain(UseTls::if_offered, host);
  if (subject.provider_requires) decision.use = UseTls::always;
  return decision;
}

TlsDecision by_route(const TlsSubject& subject, const DaneAnswer& dane) {
  const MxHost& host = subject.host;
  switch (subject.destination.route->tls) {
    case RouteTls::off:
      return plain(UseTls::never, host);
    case RouteTls::required:
    case RouteTls::implicit:
      return verified(host, {host.name});
    case RouteTls::opportunistic:
      break;
  }
  if (std::optional<TlsDecision> decision = by_dane(subject, dane)) return *std::move(decision);
  return plain(subject.provider_requires ? UseTls::always : UseTls::if_offered, host);
}

// RFC 8689 §4.2.1
TlsDecision by_requiretls(const TlsSubject& subject, const DaneAnswer& dane) {
  const bool is_routed = subject.destination.route != nullptr;
  TlsDecision decision = is_routed ? by_route(subject, dane) : by_terms(subject, dane);
  if (decision.is_refused) return decision;
  const TlsTerms& terms = terms_of(subject);
  const bool is_name_known = subject.destination.secure ||
                             (terms.sts && permits(*terms.sts, subject.host.name)) ||
                             terms.mode == TlsMode::verified;
  if (decision.use == UseTls::never) {
    return refuse(std::move(decision), TlsFailureType::none,
                  "the message requires TLS, which is off for this host");
  }
  if (!is_name_known) {
    return refuse(std::move(decision), TlsFailureType::none,
                  fmt::format("the message requires TLS with a host whose name is certain, and "
                              "neither DNSSEC nor MTA-STS vouches for {}",
                              subject.host.name));
  }
  if (decision.expectation.kind != Kind::any) {
    decision.use = UseTls::always;
    decision.is_enforced = true;
    return decision;
  }
  TlsDecision strict = verified(subject.host, {subject.host.name});
  strict.policy = std::move(decision.policy);
  return strict;
}

}  // namespace

bool wants_dane(const TlsSubject& subject) {
  const Destination& destination = subject.destination;
  if (!subject.host.secure || is_literal(subject.host)) return false;
  if (destination.demand == TlsDemand::optional) return false;
  if (destination.route) return destination.route->tls == RouteTls::opportunistic;
  const TlsMode mode = terms_of(subject).mode;
  return mode == TlsMode::automatic || mode == TlsMode::dane;
}

TlsDecision decide_tls(const TlsSubject& subject, const DaneAnswer& dane) {
  const Destination& destination = subject.destination;
  if (destination.demand == TlsDemand::required) return by_requiretls(subject, dane);
  if (destination.demand == TlsDemand::optional) {
    // RFC 8689 §4.2.2: the recipient's policies are set aside; what the operator says is not.
    const bool is_off = destination.route ? destination.route->tls == RouteTls::off
                                          : terms_of(subject).mode == TlsMode::off;
    const bool is_strict = destination.route && (destination.route->tls == RouteTls::required ||
                                                 destination.route->tls == RouteTls::implicit);
    if (is_strict) return by_route(subject, dane);
    return plain(is_off ? UseTls::never : UseTls::if_offered, subject.host);
  }
  return destination.route ? by_route(subject, dane) : by_terms(subject, dane);
}

asio::awaitable<TlsDecision> find_tls(const TlsSubject& subject, Resolver* resolver) {
  DaneAnswer dane;
  if (resolver != nullptr && wants_dane(subject)) {
    dane = co_await look_up_dane(subject.host.name, subject.host.addresses.front().port, *resolver);
  }
  co_return decide_tls(subject, dane);
}

}  // namespace posthaste
