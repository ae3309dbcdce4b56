// RSET, NOOP, QUIT, VRFY, EXPN, HELP: the verbs that carry no mail.
#include "accept/smtp_session.h"
#include "mail/address.h"

namespace posthaste {

void SmtpSession::on_rset(Arguments arguments) {
  if (!arguments.text.empty()) {
    return refuse({501, "5.5.4", "RSET takes no argument", RejectionReason::syntax});
  }
  reset_transaction();
  reply(250, "2.0.0", "flushed");
}

// RFC 5321 §4.1.1.9: an argument is ignored.
void SmtpSession::on_noop(Arguments) {
  reply(250, "2.0.0", "ok");
}

void SmtpSession::on_quit(Arguments arguments) {
  if (!arguments.text.empty()) {
    return refuse({501, "5.5.4", "QUIT takes no argument", RejectionReason::syntax});
  }
  reply(221, "2.0.0", "bye");
  need_ = Need::close;
}

// RFC 5321 §3.5.3: 252 tells nobody which mailboxes exist.
void SmtpSession::on_vrfy(Arguments arguments) {
  std::string_view text = arguments.text;
  if (text.size() > 2 && text.front() == '<' && text.back() == '>') {
    text = text.substr(1, text.size() - 2);
  }
  const bool is_mailbox = text.find('@') == std::string_view::npos
                              ? LocalPart::parse(text).has_value()
                              : MailAddress::parse(text).has_value();
  if (text.empty() || !is_mailbox) {
    return refuse({501, "5.5.4", "write VRFY and an address", RejectionReason::syntax});
  }
  reply(252, "2.5.0", "addresses are not verified here: send the message and see");
}

void SmtpSession::on_expn(Arguments) {
  refuse({502, "5.5.1", "EXPN is not available: there are no lists here", RejectionReason::syntax});
}

void SmtpSession::on_help(Arguments arguments) {
  if (!arguments.text.empty() && find_verb(arguments.text) == nullptr) {
    return refuse(
        {504, "5.5.4", "there is no such command: HELP lists them", RejectionReason::syntax});
  }
  reply(214, "2.0.0",
        "EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT (RFC 5321)");
}

}  // namespace posthaste
