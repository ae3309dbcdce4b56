#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/strong.h"
#include "event/event.h"
#include "mail/address.h"
#include "platform/dns/resolver.h"
#include "platform/io/stream.h"
#include "route/route_config.h"
#include "route/tls_terms.h"

namespace posthaste {

// Where mail goes: the set of MX hosts, sorted and joined with "+", or the targets of a route.
// Domains with the same MX hosts share it, whatever the hosts' preferences are.
using SiteName = Strong<struct SiteNameTag, std::string>;

struct MxHost {
  std::string name;  // lower-case A-labels, or an address literal "[192.0.2.1]"
  std::uint16_t preference = 0;
  std::vector<Endpoint> addresses;  // in the order to try; never empty
  bool secure = false;              // DNSSEC authenticated the addresses
};

// Where the mail for one domain goes now.
struct Destination {
  SiteName site;
  std::vector<MxHost> hosts;  // in the order to try (RFC 5321 §5.1); never empty
  // The route block that decided, null when it was the domain's MX.
  std::shared_ptr<const RouteConfig> route;
  // The names of the hosts can be trusted: DNSSEC authenticated the MX records, or that there are
  // none (RFC 7672 §2.2.1), or a route names the hosts.
  bool secure = false;
  std::shared_ptr<const TlsTerms> tls;  // null: the ordinary terms, or a route, which has its own
  TlsDemand demand = TlsDemand::none;
  // The site without what TLS adds to its name: whose limits hold. "": `site` itself.
  SiteName mx_site;
  // When to ask again.
  Clock::time_point expires;

  const SiteName& limits_site() const { return mx_site.value().empty() ? site : mx_site; }
};

// The destination for messages that demand this of TLS: a site of its own, with the same limits.
Destination with_demand(Destination destination, TlsDemand demand);
SiteName site_with_demand(const Destination& destination, TlsDemand demand);

// Why there is no place for the mail of a domain, now or ever.
struct DestinationFailure {
  bool is_permanent = false;
  std::uint32_t code = 451;
  std::string enhanced_status;  // "5.1.2"
  Classification classification = Classification::other;
  std::string text;  // what is wrong, for the sender of the mail
  Clock::time_point expires;
};

using DestinationResult = std::variant<Destination, DestinationFailure>;

// Finds where mail for a domain goes: by the route blocks, else by DNS (RFC 5321 §5.1).
//
//   DestinationResult result = co_await destinations.find(domain);
//
// Keeps nothing: the caller keeps the result until it expires. Safe to call from any loop as far as
// `random` is.
class DestinationFinder {
 public:
  // Any 64 bits; decides the order of hosts of one preference.
  using Random = std::function<std::uint64_t()>;

  // `resolver`, `clock` and `tls` outlive the finder; without `tls` all domains have the ordinary
  // terms. Routes can be replaced only with a new finder.
  DestinationFinder(Resolver& resolver, Clock& clock, DestinationOptions options, Random random,
                    TlsTermsSource* tls = nullptr);

  boost::asio::awaitable<DestinationResult> find(Domain domain) const;

 private:
  struct Search;

  Resolver& resolver_;
  Clock& clock_;
  DestinationOptions options_;
  Random random_;
  TlsTermsSource* tls_;
};

}  // namespace posthaste
