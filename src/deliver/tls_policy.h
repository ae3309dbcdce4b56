#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <vector>

#include "deliver/smtp_client.h"
#include "identity/transport/dane.h"
#include "identity/transport/tls_report.h"
#include "identity/transport/tls_verification.h"
#include "platform/dns/resolver.h"
#include "route/destination.h"

namespace posthaste {

// What is to be decided: TLS with one host of a destination.
struct TlsSubject {
  const Destination& destination;
  const MxHost& host;
  bool provider_requires = false;      // by its provider block, with any certificate
  std::vector<std::string> domains{};  // recipient domains of the mail
};

// How a host is to be spoken to. What decides, the first that applies:
//   1. TLS-Required: No (RFC 8689 §4.2.2): whatever can be had, where the operator leaves it open
//   2. the route's tls, or the domain's tls_policy block unless it is auto
//   3. DANE (RFC 7672 §2.2): the host has secure addresses and TLSA records
//   4. the domain's MTA-STS policy (RFC 8461 §5)
//   5. the provider block; else opportunistic TLS (RFC 7435)
// REQUIRETLS (RFC 8689 §4.2.1) makes of what comes out verified TLS, or refuses the host.
struct TlsDecision {
  bool is_refused = false;  // nothing may be sent to this host now
  std::string why;          // of a refusal, and of `failure`
  // To be reported: of a refusal; else whatever the session comes to (testing, unusable records).
  TlsFailureType failure = TlsFailureType::none;

  UseTls use = UseTls::if_offered;
  bool is_enforced = false;  // a certificate that will not do is the end; else it is only reported
  TlsExpectation expectation;
  TlsPolicyFacts policy;    // for reports; the domain of an STS policy is the recipient's, and ""
  std::string verified_as;  // for events, where verification succeeds: "dane", "mta-sts", …

  // The memory of broken peers may turn TLS off.
  bool is_opportunistic() const {
    return use == UseTls::if_offered && policy.type == TlsPolicyType::no_policy_found;
  }
};

// Whether the host's TLSA records matter for the decision.
bool wants_dane(const TlsSubject& subject);
TlsDecision decide_tls(const TlsSubject& subject, const DaneAnswer& dane);
// Looks up what has to be. `resolver` null: DANE is not used. All outlive the call.
boost::asio::awaitable<TlsDecision> find_tls(const TlsSubject& subject, Resolver* resolver);

// Who hears of every session that was tried, with the recipient domains that it was for. Any
// thread; does not block.
using TlsSessionObserver =
    std::function<void(const TlsSession& session, const std::vector<std::string>& domains)>;

}  // namespace posthaste
