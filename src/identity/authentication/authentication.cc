#include "identity/authentication/authentication.h"

#include <utility>

#include "identity/dkim/dkim_verifier.h"
#include "identity/dkim/dns_key_source.h"
#include "identity/dmarc/author_domain.h"

namespace posthaste {
namespace {

DmarcQuery dmarc_query(const Authentication& found) {
  DmarcQuery query;
  query.from_domain = found.header_from;
  query.had_temporary_failure = found.spf.result == SpfResult::temperror;
  if (found.spf.result == SpfResult::pass) query.spf_domain = found.spf.domain;
  for (const DkimVerdict& verdict : found.dkim) {
    if (verdict.result == DkimResult::pass) query.dkim_domains.push_back(verdict.domain);
    if (verdict.result == DkimResult::temperror) query.had_temporary_failure = true;
  }
  return query;
}

}  // namespace

boost::asio::awaitable<Authentication> authenticate(IncomingMessage received, std::string our_name,
                                                    AuthenticationParts parts) {
  Authentication found;
  const WallTime now = parts.clock.wall();
  SpfQuery spf{received.client_address, received.helo, received.mail_from, std::move(our_name)};
  found.spf = co_await check_spf(std::move(spf), parts.resolver, parts.clock);
  DnsKeySource keys(parts.resolver, &parts.keys);
  found.dkim = co_await verify_dkim(received.message, now, keys);
  const AuthorDomain author = find_author_domain(*received.message);
  found.header_from = author.domain;
  if (found.header_from.empty()) {
    found.dmarc.result = DmarcResult::permerror;
    found.dmarc.problem = author.problem;
  } else {
    DmarcQuery query = dmarc_query(found);
    found.dmarc = co_await evaluate_dmarc(std::move(query), parts.resolver);
  }
  found.arc = co_await verify_arc(received.message, now, keys);
  co_return found;
}

}  // namespace posthaste
