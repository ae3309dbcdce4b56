#include "identity/authentication/authentication.h"

#include <utility>

#include "base/ascii.h"
#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dns_key_source.h"
#include "identity/dmarc/author_domain.h"
#include "mail/message.h"

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

// Positions of the fields that claim to be ours.
std::vector<std::string_view> forged_fields(std::string_view message,
                                            std::string_view authserv_id) {
  std::vector<std::string_view> forged;
  for (const DkimField& field : split_message(message).fields) {
    if (!is_named(field, "authentication-results")) continue;
    const auto read = parse_authentication_results(field.text.substr(field.text.find(':') + 1));
    // One that we cannot read may be read by others.
    if (!read || equals_ignoring_case(read->authserv_id, authserv_id)) forged.push_back(field.text);
  }
  return forged;
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

std::string without_forged_results(std::string message, std::string_view authserv_id) {
  const std::vector<std::string_view> forged = forged_fields(message, authserv_id);
  if (forged.empty()) return message;
  std::string kept;
  kept.reserve(message.size());
  const char* from = message.data();
  for (const std::string_view field : forged) {
    kept.append(from, field.data());
    from = field.data() + field.size();
  }
  return kept.append(from, static_cast<const char*>(message.data()) + message.size());
}

}  // namespace posthaste
