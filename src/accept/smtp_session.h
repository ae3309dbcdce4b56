#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "accept/auth.h"
#include "accept/data_reader.h"
#include "accept/reception_observer.h"
#include "accept/recipient_check.h"
#include "accept/session_settings.h"
#include "accept/transaction.h"
#include "base/clock.h"
#include "mail/message_sink.h"
#include "platform/io/stream.h"

namespace posthaste {

// The server's side of one SMTP dialogue (RFC 5321, RFC 6409), without any I/O: octets go in,
// replies come out, and need() says what the session waits for. The verbs stand in verbs/, a file
// each; this class cuts commands from the stream, and keeps the state they share.
//
//   need()          the driver then                                            and calls
//   input           writes take_output(), reads                                feed()
//   tls_handshake   writes, discards what it has read, makes the handshake     on_tls()
//   authenticate    checks auth_attempt()                                      on_auth()
//   check_recipient  asks whether recipient() may get mail                    on_recipient()
//   commit          hands take_transaction() to the reception                  on_commit()
//   close           writes, closes
//
// Belongs to one connection and its loop.
class SmtpSession {
 public:
  enum class Need : std::uint8_t {
    input,
    tls_handshake,
    authenticate,
    check_recipient,
    commit,
    close
  };

  struct Services {
    Clock& clock;
    const MessageSink& sink;
    ReceptionBudget& budget;
    ReceptionObserver& observer;
    bool checks_recipients = false;  // else that need never comes up
  };
  struct Peer {
    std::string address;
    std::string session_id;
  };

  SmtpSession(std::shared_ptr<const SessionSettings> settings, Peer peer, Services services);

  // What the connection has seen before the greeting.
  enum class Opening : std::uint8_t { silent, spoke_early };
  // Begins the dialogue. With implicit TLS, call set_tls() first.
  void greet(Opening opening);
  // TLS that was there from the start (RFC 8314).
  void set_tls(const TlsInfo& tls);

  // Takes octets until it needs something else than input; returns how many it has taken. The
  // rest is fed again when the need is met.
  // Requires: need() == Need::input.
  std::size_t feed(std::string_view octets);

  Need need() const { return need_; }
  // Replies to be written, in order; empty when there is nothing to say.
  std::string take_output();

  // Requires: the need it answers.
  void on_tls(const TlsInfo& tls);
  const AuthAttempt& auth_attempt() const { return auth_attempt_; }
  void on_auth(AuthOutcome outcome);
  const MailAddress& recipient() const { return recipient_.address; }
  // With why it is refused; nothing: it is welcome.
  void on_recipient(const std::optional<RecipientRefusal>& refusal);
  Transaction take_transaction();
  void on_commit(const ReceptionOutcome& outcome);

  // Ends the dialogue from our side, with 421.
  void end_with_421(RejectionReason reason);
  // Serve what is in flight, then end. Ends at once where nothing is.
  void drain();
  // True between MAIL and the reply to the message.
  bool is_in_transaction() const { return has_sender_; }
  // True while content comes: reads may be large.
  bool is_receiving() const { return phase_ == Phase::data || chunk_left_ > 0; }

  const SessionFacts& facts() const { return facts_; }

 private:
  enum class Phase : std::uint8_t {
    command,
    data,
    auth_plain,
    auth_login_user,
    auth_login_password
  };
  struct Refusal {
    std::uint32_t code;
    std::string_view enhanced_status;
    std::string_view text;
    RejectionReason reason;
    std::string_view recipient = {};
  };
  // What stands after the verb; `has_more` tells that the client has sent on without waiting.
  struct Arguments {
    std::string_view text;
    bool has_more = false;
  };
  struct Verb {
    std::string_view name;
    void (SmtpSession::*run)(Arguments);
  };
  static const Verb* find_verb(std::string_view name);

  // Commands from the stream: smtp_session.cc.
  std::size_t feed_line(std::string_view octets);
  std::size_t skip_line(std::string_view octets);
  std::size_t refuse_line(std::size_t taken, Refusal refusal);
  void run_line(std::string_view line, bool has_more);
  void run_command(std::string_view line, bool has_more);

  // Replies: session_reply.cc.
  void reply(std::uint32_t code, std::string_view enhanced_status, std::string_view text);
  void reply_line(std::uint32_t code, char separator, std::string_view text);
  // Refuses a command: counts it, tells the observer, and ends the session when it is enough.
  void refuse(const Refusal& refusal);
  // Refuses and ends the session.
  void refuse_and_close(const Refusal& refusal);
  void observe(const Refusal& refusal, std::uint64_t size);
  void reset_transaction();

  // verbs/
  void on_helo(Arguments arguments);
  void on_ehlo(Arguments arguments);
  void greet_client(std::string_view verb, std::string_view name);
  void on_starttls(Arguments arguments);
  void on_auth_command(Arguments arguments);
  void begin_auth(std::string_view mechanism, std::optional<std::string> response);
  void on_auth_line(std::string_view line);
  void check_plain(const std::string& decoded);
  bool offers_auth() const;
  void on_mail(Arguments arguments);
  bool take_mail_parameters(std::string_view text);
  void on_rcpt(Arguments arguments);
  bool take_rcpt_parameters(std::string_view text, Recipient& recipient);
  bool may_relay() const;
  void on_data(Arguments arguments);
  void finish_data();
  void refuse_data(DataFault fault);
  void on_bdat(Arguments arguments);
  std::size_t feed_chunk(std::string_view octets);
  void finish_chunk();
  void on_rset(Arguments arguments);
  void on_noop(Arguments arguments);
  void on_quit(Arguments arguments);
  void on_vrfy(Arguments arguments);
  void on_expn(Arguments arguments);
  void on_help(Arguments arguments);

  std::shared_ptr<const SessionSettings> settings_;
  Services services_;
  SessionFacts facts_;
  Need need_ = Need::input;
  Phase phase_ = Phase::command;
  std::string output_;

  std::string line_;               // of a command that has not come whole
  bool is_skipping_line_ = false;  // one that was refused before its end
  std::uint32_t errors_ = 0;
  std::uint32_t transactions_ = 0;
  bool is_draining_ = false;
  bool has_tls_ = false;
  bool may_relay_by_address_ = false;

  AuthAttempt auth_attempt_;
  std::uint32_t auth_failures_ = 0;

  bool has_sender_ = false;
  Envelope envelope_;
  Recipient recipient_;  // of an RCPT that is not answered yet
  std::uint64_t declared_size_ = 0;
  DataReader reader_;
  std::uint64_t chunk_size_ = 0;  // of the BDAT that is being read
  std::uint64_t chunk_left_ = 0;
  bool is_last_chunk_ = false;
  bool is_chunked_ = false;        // BDAT has begun, so DATA may not
  bool is_chunk_refused_ = false;  // read it, then say refused_chunk_
};

}  // namespace posthaste
