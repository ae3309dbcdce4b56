#pragma once

#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/reply.h"
#include "spool/queued_message.h"

namespace posthaste {

// Where in the dialogue something happened.
enum class SmtpStage : std::uint8_t {
  connect,
  greeting,
  ehlo,
  starttls,
  auth,
  mail,
  rcpt,
  data,
  end_of_data,
  rset,
  quit,
};
std::string_view to_string(SmtpStage stage);

// What a server offers in its reply to EHLO.
struct ServerFeatures {
  bool pipelining = false;      // RFC 2920
  bool eight_bit_mime = false;  // RFC 6152
  bool smtputf8 = false;        // RFC 6531
  bool chunking = false;        // RFC 3030
  bool starttls = false;        // RFC 3207
  bool dsn = false;             // RFC 3461
  bool auth_plain = false;      // RFC 4954
  bool auth_login = false;
  bool requiretls = false;           // RFC 8689
  bool has_size = false;             // RFC 1870
  std::uint64_t max_size = 0;        // octets; 0: not said
  std::uint32_t max_messages = 0;    // LIMITS MAILMAX, RFC 9422; 0: not said
  std::uint32_t max_recipients = 0;  // LIMITS RCPTMAX, RFC 9422; 0: not said

  static ServerFeatures parse(const Reply& ehlo);
};

enum class UseTls : std::uint8_t { never, if_offered, always };

struct SmtpClientOptions {
  std::string ehlo_name;
  UseTls tls = UseTls::if_offered;
  bool is_tls_already = false;  // RFC 8314: the connection began with TLS
  bool chunking = false;
  bool needs_requiretls = false;  // of the peer: who does not offer REQUIRETLS is of no use
  std::string user;               // "" : no AUTH
  std::string password;
};

// What happened to one recipient in a transaction.
struct RecipientResult {
  enum class Kind : std::uint8_t {
    accepted,    // the peer has taken the message for it
    refused,     // by `reply` at `stage`
    impossible,  // we did not send, for `reply`'s reason, which is ours
    untried      // the transaction did not come to it
  };
  Kind kind = Kind::untried;
  SmtpStage stage = SmtpStage::mail;
  Reply reply;
};

// The client's side of SMTP (RFC 5321 §3) without I/O: told what the server replied, it says what
// to write and what to wait for.
//
//   while (client.next() != Next::ready) {
//     write(client.output());
//     client.on_reply(read_reply());
//   }
//   client.begin(message);  ...the same until ready...  client.take_results();
//
// States: greeting → ehlo (→ helo) (→ starttls → tls → ehlo) (→ auth) → ready ⇄ transaction; any →
// closed. on_reply() makes every transition, one handler a stage.
class SmtpClient {
 public:
  enum class Next : std::uint8_t {
    read_reply,  // write output(), then read one reply
    start_tls,   // do the handshake, then on_tls()
    ready,       // nothing to do: begin() a transaction or quit()
    closed       // of no further use; failure() says why, unless quit() was called
  };

  explicit SmtpClient(SmtpClientOptions options);

  Next next() const { return next_; }
  // What to write now; taken once. The views hold until the next call of any on_… or begin().
  std::vector<boost::asio::const_buffer> take_output();
  // What the next reply will answer: tells the timeout.
  SmtpStage awaited() const;

  void on_reply(Reply reply);
  void on_tls();

  // How many recipients of a message a transaction can have, of `max` that it may.
  std::size_t recipients_at_once(const QueuedMessage& message, std::size_t max) const;
  // Begins to send a message to its first `max_recipients` recipients, from `return_path` where
  // that is given, else from the message's own sender.
  // Requires: next() == ready, and a body. `message` outlives the transaction.
  void begin(const QueuedMessage& message, std::size_t max_recipients,
             std::optional<ReversePath> return_path = {});
  // One for each recipient of the message begun last. After next() is ready or closed again, or
  // after the connection broke: what had no answer is untried.
  std::vector<RecipientResult> take_results();
  // True when the end of the message was written and not answered: the peer may have taken it.
  bool is_in_doubt() const;
  // True when the peer had answered something of the transaction begun last.
  bool was_answered() const { return was_answered_; }

  void quit();

  const ServerFeatures& features() const { return features_; }
  // How the peer called itself in its greeting; "" if it did not.
  const std::string& peer_name() const { return peer_name_; }
  // What ended the session, when the peer's reply did.
  struct Failure {
    SmtpStage stage = SmtpStage::greeting;
    Reply reply;
  };
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  struct Awaited {
    SmtpStage stage;
    std::size_t recipient = 0;
  };

  void send(SmtpStage stage, std::string line);
  void send_ehlo(bool is_helo);
  void after_ehlo();
  void fail(SmtpStage stage, Reply reply);

  void on_greeting(Reply reply);
  void on_ehlo(Reply reply);
  void on_starttls(Reply reply);
  void on_auth(Reply reply);
  void on_transaction_reply(Awaited awaited, Reply reply);
  void on_data_reply(Reply reply);

  // smtp_transaction.cc
  std::optional<Reply> refuse_here() const;
  std::string mail_command() const;
  std::string rcpt_command(const Recipient& recipient) const;
  void send_mail();
  void send_recipients_and_data();
  void go_on();
  void send_chunk();
  void send_body();
  void set_all(RecipientResult::Kind kind, SmtpStage stage, const Reply& reply);
  bool has_accepted() const;
  void end_transaction();

  SmtpClientOptions options_;
  ServerFeatures features_;
  std::string peer_name_;
  Next next_ = Next::read_reply;
  std::optional<Failure> failure_;
  bool is_tls_ = false;
  bool tried_helo_ = false;
  bool sends_login_user_ = false;

  std::deque<Awaited> awaited_;
  std::deque<std::string> lines_;  // of the output, where it is ours
  std::vector<boost::asio::const_buffer> output_;

  const QueuedMessage* message_ = nullptr;
  ReversePath return_path_;
  std::size_t recipients_ = 0;      // of this transaction
  std::size_t next_recipient_ = 0;  // without pipelining: the next to send
  bool sent_mail_ = false;
  bool mail_accepted_ = false;
  bool uses_chunking_ = false;
  bool sent_data_ = false;
  bool sent_body_ = false;
  bool needs_reset_ = false;
  bool was_answered_ = false;
  std::vector<RecipientResult> results_;
};

}  // namespace posthaste
