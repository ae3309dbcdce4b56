// What SmtpSession says: replies, refusals, and the end of a session from our side.
#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "accept/smtp_session.h"

namespace posthaste {

std::string SmtpSession::take_output() {
  return std::exchange(output_, std::string());
}

void SmtpSession::reply_line(std::uint32_t code, char separator, std::string_view text) {
  fmt::format_to(std::back_inserter(output_), "{}{}{}\r\n", code, separator, text);
}

// RFC 2034 §4: every reply but those to EHLO and HELO, and the greeting, has its status.
void SmtpSession::reply(std::uint32_t code, std::string_view enhanced_status,
                        std::string_view text) {
  // RFC 5321 §4.2.1: of several lines all but the last have a hyphen.
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const std::string_view line = text.substr(0, end);
    fmt::format_to(std::back_inserter(output_), "{}-{} {}\r\n", code, enhanced_status, line);
    text.remove_prefix(end + 1);
  }
  fmt::format_to(std::back_inserter(output_), "{} {} {}\r\n", code, enhanced_status, text);
}

void SmtpSession::observe(const Refusal& refusal, std::uint64_t size) {
  const std::string sender = envelope_.sender.smtp_form();
  Rejection rejection;
  rejection.reason = refusal.reason;
  rejection.time = services_.clock.wall();
  rejection.listener = facts_.listener;
  rejection.session_id = facts_.session_id;
  rejection.peer_address = facts_.peer_address;
  rejection.helo = facts_.helo;
  rejection.user = facts_.user;
  rejection.sender = sender;
  rejection.recipient = refusal.recipient;
  rejection.size = size;
  rejection.smtp_code = refusal.code;
  rejection.enhanced_status = refusal.enhanced_status;
  rejection.response = refusal.text;
  services_.observer.on_rejection(rejection);
}

void SmtpSession::refuse(const Refusal& refusal) {
  reply(refusal.code, refusal.enhanced_status, refusal.text);
  observe(refusal, reader_.size());
  // What is to be tried again later is no fault of the client, and it cannot know our list.
  if (refusal.code < 500 || refusal.reason == RejectionReason::suppressed) return;
  if (++errors_ >= settings_->listener.max_errors) end_with_421(RejectionReason::too_many_errors);
}

void SmtpSession::refuse_and_close(const Refusal& refusal) {
  reply(refusal.code, refusal.enhanced_status, refusal.text);
  observe(refusal, 0);
  need_ = Need::close;
}

void SmtpSession::end_with_421(RejectionReason reason) {
  if (need_ == Need::close) return;
  // RFC 5321 §3.8: the server may end a session with 421 at any time.
  switch (reason) {
    case RejectionReason::shutdown:
      return refuse_and_close({421, "4.3.2", "shutting down: connect again in a moment", reason});
    case RejectionReason::timeout:
      return refuse_and_close({421, "4.4.2", "timeout: you were silent for too long", reason});
    case RejectionReason::too_many_connections:
      return refuse_and_close(
          {421, "4.7.0", "too many connections: close some, or connect again later", reason});
    case RejectionReason::too_many_transactions:
      return refuse_and_close(
          {421, "4.7.0", "too many messages on one connection: connect again", reason});
    case RejectionReason::authentication:
      return refuse_and_close(
          {421, "4.7.0", "too many failed logins: check user and password", reason});
    default:
      return refuse_and_close(
          {421, "4.7.0", "too many errors: read the replies and connect again", reason});
  }
}

void SmtpSession::reset_transaction() {
  has_sender_ = false;
  envelope_ = Envelope();
  declared_size_ = 0;
  reader_.release();
  is_chunked_ = false;
  is_last_chunk_ = false;
  is_chunk_refused_ = false;
  chunk_size_ = chunk_left_ = 0;
  phase_ = Phase::command;
}

void SmtpSession::on_commit(const ReceptionOutcome& outcome) {
  need_ = Need::input;
  if (outcome.is_accepted) {
    reply(outcome.code, outcome.enhanced_status, outcome.text);
    services_.observer.on_message_received(facts_.listener, outcome.size);
  } else {
    refuse({outcome.code, outcome.enhanced_status, outcome.text, outcome.reason});
  }
  reset_transaction();
  if (is_draining_) drain();
}

}  // namespace posthaste
