#include "accept/smtp_session.h"

#include <array>
#include <cstring>
#include <utility>

#include "base/ascii.h"

namespace posthaste {
namespace {

// RFC 5321 §4.5.3.1.4 gives a command 512 octets; SIZE, BODY, DSN, AUTH and SMTPUTF8 add to that,
// the largest being RFC 3461 §4.2 and RFC 4954 §5 with 500 each.
constexpr std::size_t kMaxCommandLine = 2048;
// RFC 4954 §4
constexpr std::size_t kMaxAuthLine = 12288;

}  // namespace

SmtpSession::SmtpSession(std::shared_ptr<const SessionSettings> settings, Peer peer,
                         Services services)
    : settings_(std::move(settings)), services_(services), reader_(services.budget) {
  facts_.listener = settings_->listener.name;
  facts_.session_id = std::move(peer.session_id);
  facts_.peer_address = std::move(peer.address);
  may_relay_by_address_ = settings_->relay_from.contains(facts_.peer_address);
}

void SmtpSession::greet(Opening opening) {
  // RFC 5321 §4.3.1: the client waits for the greeting.
  if (opening == Opening::spoke_early && settings_->listener.refuse_early_talkers) {
    return refuse_and_close({554, "5.5.0", "you spoke before the greeting: wait for it",
                             RejectionReason::early_talker});
  }
  reply_line(220, ' ', settings_->hostname + " ESMTP Posthaste");
}

void SmtpSession::set_tls(const TlsInfo& tls) {
  has_tls_ = true;
  facts_.tls_version = tls.version;
  facts_.tls_cipher = tls.cipher;
}

const SmtpSession::Verb* SmtpSession::find_verb(std::string_view name) {
  static constexpr std::array<Verb, 14> kVerbs = {{
      {"MAIL", &SmtpSession::on_mail},
      {"RCPT", &SmtpSession::on_rcpt},
      {"DATA", &SmtpSession::on_data},
      {"BDAT", &SmtpSession::on_bdat},
      {"EHLO", &SmtpSession::on_ehlo},
      {"HELO", &SmtpSession::on_helo},
      {"AUTH", &SmtpSession::on_auth_command},
      {"STARTTLS", &SmtpSession::on_starttls},
      {"RSET", &SmtpSession::on_rset},
      {"NOOP", &SmtpSession::on_noop},
      {"QUIT", &SmtpSession::on_quit},
      {"VRFY", &SmtpSession::on_vrfy},
      {"EXPN", &SmtpSession::on_expn},
      {"HELP", &SmtpSession::on_help},
  }};
  for (const Verb& verb : kVerbs) {
    if (equals_ignoring_case(name, verb.name)) return &verb;
  }
  return nullptr;
}

std::size_t SmtpSession::feed(std::string_view octets) {
  std::size_t taken = 0;
  while (need_ == Need::input && taken < octets.size()) {
    const std::string_view rest = octets.substr(taken);
    if (chunk_left_ > 0) {
      taken += feed_chunk(rest);
    } else if (phase_ == Phase::data) {
      taken += reader_.feed_data(rest);
      if (reader_.is_complete()) finish_data();
    } else if (is_skipping_line_) {
      taken += skip_line(rest);
    } else {
      taken += feed_line(rest);
    }
    if (is_draining_) drain();
  }
  return taken;
}

std::size_t SmtpSession::feed_line(std::string_view octets) {
  const std::size_t limit = phase_ == Phase::command ? kMaxCommandLine : kMaxAuthLine;
  const auto lf = octets.find('\n');
  const std::size_t taken = lf == std::string_view::npos ? octets.size() : lf + 1;
  const bool has_end = lf != std::string_view::npos;
  const bool has_crlf = has_end && (lf > 0 ? octets[lf - 1] == '\r' : line_.ends_with('\r'));
  if (line_.size() + taken > limit) {
    is_skipping_line_ = !has_crlf;
    return refuse_line(taken, {500, "5.5.2", "line too long: keep commands below 2048 octets",
                               RejectionReason::syntax});
  }
  if (!has_end) {
    line_.append(octets);
    return taken;
  }
  if (!has_crlf) {
    // RFC 5321 §2.3.8: what stands behind a bare LF is not a command. It is dropped to its CRLF,
    // but a client that knows no CRLF hears of it now.
    is_skipping_line_ = true;
    return refuse_line(
        taken, {500, "5.5.2", "bare LF: end every line with CRLF", RejectionReason::line_end});
  }
  const bool has_more = taken < octets.size();
  if (line_.empty()) {
    run_line(octets.substr(0, lf - 1), has_more);
  } else {
    std::string line = std::exchange(line_, std::string());
    line.append(octets.substr(0, taken));
    line.resize(line.size() - 2);
    run_line(line, has_more);
  }
  return taken;
}

std::size_t SmtpSession::refuse_line(std::size_t taken, Refusal refusal) {
  line_.clear();
  phase_ = Phase::command;
  refuse(refusal);
  return taken;
}

std::size_t SmtpSession::skip_line(std::string_view octets) {
  // line_ remembers a CR at the end of what came before.
  const bool ends_now = !line_.empty() && octets.front() == '\n';
  line_.clear();
  const auto crlf = ends_now ? 0 : octets.find("\r\n");
  if (crlf == std::string_view::npos) {
    if (octets.back() == '\r') line_ = "\r";
    return octets.size();
  }
  is_skipping_line_ = false;
  return ends_now ? 1 : crlf + 2;
}

void SmtpSession::run_line(std::string_view line, bool has_more) {
  if (line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos) {
    phase_ = Phase::command;
    return refuse({500, "5.5.2", "the line holds a bare CR or a NUL: leave it out",
                   RejectionReason::line_end});
  }
  if (phase_ == Phase::command) {
    run_command(line, has_more);
  } else {
    on_auth_line(line);
  }
}

void SmtpSession::run_command(std::string_view line, bool has_more) {
  const auto space = line.find(' ');
  const std::string_view name = trim_blanks(line.substr(0, space));
  if (const Verb* verb = find_verb(name)) {
    const auto text = space == std::string_view::npos ? std::string_view() : line.substr(space);
    return (this->*verb->run)({trim_blanks(text), has_more});
  }
  // A browser that was tricked into posting here must not get to speak SMTP in its body.
  for (std::string_view http : {"GET", "POST", "PUT", "CONNECT", "OPTIONS"}) {
    if (name == http) {
      return refuse_and_close({500, "5.5.1", "this is an SMTP server: HTTP is not spoken here",
                               RejectionReason::syntax});
    }
  }
  refuse({500, "5.5.1", "unknown command: HELP lists the commands", RejectionReason::syntax});
}

Transaction SmtpSession::take_transaction() {
  const ReversePath sender = envelope_.sender;  // still to be told, should the message be refused
  // RFC 6152 §3 asks for BODY=8BITMIME; programs forget it, and the next hop must know.
  if (reader_.has_eight_bit() && envelope_.body_type == BodyType::seven_bit) {
    envelope_.body_type = BodyType::eight_bit_mime;
  }
  Transaction transaction{std::move(envelope_), reader_.take_content()};
  envelope_ = Envelope();
  envelope_.sender = sender;
  return transaction;
}

void SmtpSession::on_tls(const TlsInfo& tls) {
  // RFC 3207 §4.2: nothing that was said in the clear is remembered.
  reset_transaction();
  facts_.helo.clear();
  facts_.is_esmtp = false;
  facts_.user.clear();
  facts_.tenant = TenantId();
  line_.clear();
  is_skipping_line_ = false;
  phase_ = Phase::command;
  set_tls(tls);
  need_ = Need::input;
  if (is_draining_) drain();
}

void SmtpSession::drain() {
  is_draining_ = true;
  if (need_ == Need::input && !is_in_transaction()) end_with_421(RejectionReason::shutdown);
}

}  // namespace posthaste
