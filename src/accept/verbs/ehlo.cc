// HELO and EHLO.
#include <algorithm>

#include "accept/smtp_session.h"

namespace posthaste {
namespace {

// RFC 5321 §4.1.4: a name that is not the client's is no reason to refuse mail. Programs give all
// sorts of names; only what could not stand in a trace header is refused.
bool is_bearable_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c != 127; });
}

}  // namespace

void SmtpSession::greet_client(std::string_view verb, std::string_view name) {
  name = name.substr(0, name.find(' '));
  if (!is_bearable_name(name)) {
    facts_.helo.clear();
    return;
  }
  // RFC 5321 §4.1.4: EHLO in mid-session is RSET and more.
  reset_transaction();
  facts_.helo = name;
  facts_.is_esmtp = verb == "EHLO";
}

void SmtpSession::on_helo(Arguments arguments) {
  greet_client("HELO", arguments.text);
  if (facts_.helo.empty()) {
    return refuse({501, "5.5.4", "write HELO and your host name", RejectionReason::syntax});
  }
  reply_line(250, ' ', settings_->hostname);
}

void SmtpSession::on_ehlo(Arguments arguments) {
  greet_client("EHLO", arguments.text);
  if (facts_.helo.empty()) {
    return refuse({501, "5.5.4", "write EHLO and your host name", RejectionReason::syntax});
  }
  const ListenerConfig& listener = settings_->listener;
  const bool is_inbound = listener.effective_role() == ListenerRole::inbound;
  reply_line(250, '-', settings_->hostname);
  reply_line(250, '-', "PIPELINING");                                                 // RFC 2920
  reply_line(250, '-', "SIZE " + std::to_string(listener.max_message_size.count()));  // RFC 1870
  if (settings_->tls && !has_tls_) reply_line(250, '-', "STARTTLS");                  // RFC 3207
  if (offers_auth()) reply_line(250, '-', "AUTH PLAIN LOGIN");                        // RFC 4954
  reply_line(250, '-', "8BITMIME");                                                   // RFC 6152
  reply_line(250, '-', "SMTPUTF8");                                                   // RFC 6531
  // RFC 3461 §4: what comes back has arrived, and nothing is reported of it.
  if (!is_inbound) reply_line(250, '-', "DSN");
  reply_line(250, '-', "CHUNKING");  // RFC 3030
  reply_line(250, '-',
             "LIMITS RCPTMAX=" + std::to_string(listener.recipients_at_once()));  // RFC 9422
  if (has_tls_) reply_line(250, '-', "REQUIRETLS");                               // RFC 8689
  reply_line(250, ' ', "ENHANCEDSTATUSCODES");                                    // RFC 2034
}

}  // namespace posthaste
