// STARTTLS.
#include "accept/smtp_session.h"

namespace posthaste {

void SmtpSession::on_starttls(Arguments arguments) {
  if (arguments.has_more) {
    // RFC 3207 §6: what was sent in the clear behind STARTTLS may be an attacker's. No octet of it
    // is looked at, and the session does not go on.
    return refuse_and_close({554, "5.5.0", "commands came behind STARTTLS: wait for the reply",
                             RejectionReason::sequence});
  }
  if (!arguments.text.empty()) {
    return refuse({501, "5.5.4", "STARTTLS takes no argument", RejectionReason::syntax});
  }
  if (has_tls_) {
    return refuse({503, "5.5.1", "TLS is already active", RejectionReason::sequence});
  }
  if (!settings_->tls) {
    return refuse({502, "5.5.1", "TLS is not available here", RejectionReason::sequence});
  }
  reply(220, "2.0.0", "ready to start TLS");
  need_ = Need::tls_handshake;
}

}  // namespace posthaste
