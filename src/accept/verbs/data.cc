// DATA (RFC 5321 §4.1.1.4).
#include "accept/smtp_session.h"

namespace posthaste {

void SmtpSession::on_data(Arguments arguments) {
  if (arguments.has_more) {
    // RFC 2920 §3.1: DATA is the last of a group. What came behind it may be a message or may be
    // commands; taking it for either is how messages are smuggled in.
    return refuse_and_close(
        {554, "5.5.0", "data came before the go-ahead: wait for 354", RejectionReason::sequence});
  }
  if (!arguments.text.empty()) {
    return refuse({501, "5.5.4", "DATA takes no argument", RejectionReason::syntax});
  }
  if (!is_in_transaction() || is_chunked_) {
    return refuse({503, "5.5.1", "send MAIL and RCPT first", RejectionReason::sequence});
  }
  if (envelope_.recipients.empty()) {
    return refuse(
        {503, "5.5.1", "no recipient was accepted: send RCPT first", RejectionReason::sequence});
  }
  const ListenerConfig& listener = settings_->listener;
  reader_.begin({listener.max_message_size.count(),
                 static_cast<std::size_t>(listener.max_line_length.count())},
                declared_size_);
  phase_ = Phase::data;
  reply_line(354, ' ', "go ahead, end with <CRLF>.<CRLF>");
}

void SmtpSession::finish_data() {
  phase_ = Phase::command;
  if (reader_.fault() != DataFault::none) return refuse_data(reader_.fault());
  need_ = Need::commit;
}

void SmtpSession::refuse_data(DataFault fault) {
  Refusal refusal{550, "5.6.0", "", RejectionReason::line_end};
  switch (fault) {
    case DataFault::bare_cr:
      refusal.text = "the message holds a bare CR: end every line with CRLF";
      break;
    case DataFault::bare_lf:
      refusal.text = "the message holds a bare LF: end every line with CRLF";
      break;
    case DataFault::nul:
      refusal.text = "the message holds a NUL: encode it";
      break;
    case DataFault::line_too_long:
      // RFC 5321 §4.5.3.1.6
      refusal.text = "the message holds a line that is too long: wrap or encode it";
      refusal.reason = RejectionReason::bad_message;
      break;
    case DataFault::message_too_large:
      // RFC 1870 §6.3
      refusal = {552, "5.3.4", "the message is larger than SIZE of EHLO allows",
                 RejectionReason::message_too_large};
      break;
    case DataFault::no_memory:
    case DataFault::none:
      refusal = {452, "4.3.1", "too much mail is coming in at the moment: try again later",
                 RejectionReason::storage};
      break;
  }
  refuse(refusal);
  reset_transaction();
}

}  // namespace posthaste
