#include "identity/authentication/authentication.h"

#include <utility>

#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dns_key_source.h"
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

boost::asio::awaitable<Authentication> authenticate(ReceivedMessage received, std::string our_name,
                                                    AuthenticationParts parts, WallTime now) {
  Authentication found;
  SpfQuery spf{received.client_address, received.helo, received.mail_from, std::move(our_name)};
  found.spf = co_await check_spf(std::move(spf), parts.resolver, now);
  DnsKeySource keys(parts.resolver, &parts.keys);
  found.dkim = co_await verify_dkim(received.message, now, keys);
  found.header_from = domain_of_from(*received.message);
  if (found.header_from.empty()) {
    found.dmarc.result = DmarcResult::permerror;
    found.dmarc.problem = "the message has no single author domain in From";
  } else {
    DmarcQuery query = dmarc_query(found);
    found.dmarc = co_await evaluate_dmarc(std::move(query), parts.resolver);
  }
  found.arc = co_await verify_arc(received.message, now, keys);
  co_return found;
}

std::string domain_of_from(std::string_view message) {
  const MessageView view(message);
  if (view.count("From") != 1) return {};
  std::string domain;
  for (const std::string& text : addresses_of(view.find("From")->value)) {
    const Result<MailAddress> address = MailAddress::parse(text);
    if (!address || address->domain().is_literal()) return {};
    const std::string& next = address->domain().ascii();
    if (!domain.empty() && domain != next) return {};
    domain = next;
  }
  return domain;
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
