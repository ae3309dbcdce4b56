#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accept/session_settings.h"
#include "mail/reply.h"
#include "platform/io/stream.h"
#include "relay/content_scanner.h"
#include "relay/header_capture.h"
#include "relay/relay_outcome.h"

namespace posthaste {

// An SMTP dialogue that is passed on, without any I/O: the client's octets go in by feed(), the
// next server's by on_upstream(), and what is to be written to either side comes out. Commands go
// on line by line and replies come back as they are; only EHLO's is made to fit (ehlo_offer). What
// the relay has to say itself keeps its place among the replies, so that pipelining works.
//
//   need()         the driver then
//   input          writes what there is, reads from the client, calls feed()
//   reply          reads nothing from the client until the next server has answered
//   tls_handshake  writes, discards what it has read, makes the handshake, calls on_tls()
//   close          writes, closes both sides
//
// Invariants:
// 1. What is a command and what is content is decided by the next server's reply alone: DATA stops
//    the reading until it is answered, and so does the end of a message.
// 2. Where the content cannot be passed on, or the client is gone, the next server never sees the
//    end of the message: is_upstream_cut() says to close that side as it is.
// 3. Nothing is held of a message but its header, up to a limit.
//
//   command ──AUTH 334──▶ auth_response    command ──DATA 354──▶ content ──fault──▶ discarding
//      ▲  └──BDAT──▶ chunk                    ▲────────end of the content──────────────┘
//
// Belongs to one connection and its loop.
class RelaySession {
 public:
  enum class Need : std::uint8_t { input, reply, tls_handshake, close };

  RelaySession(std::shared_ptr<const SessionSettings> settings, std::string_view peer_address);

  // The next server's greeting, as it came, which becomes ours.
  void greet(const std::string& greeting, const Reply& reply);
  // TLS with the client: from the start, and later the answer to Need::tls_handshake.
  void set_tls() { has_tls_ = true; }
  void on_tls();

  // Takes octets of the client until it needs something else than input; returns how many.
  // Requires: need() == Need::input.
  std::size_t feed(std::string_view octets);
  void on_upstream(std::string_view octets);
  // `why`: "has closed the connection", "does not answer".
  void on_upstream_lost(std::string_view why);
  // Replies that are still to come are awaited, so that what they tell is known.
  void on_client_gone();
  void on_client_timeout();
  // Ends after the transaction in flight; at once where there is none.
  void drain();

  Need need() const;
  // Whether the next octets are a message's.
  bool is_in_content() const { return phase_ == Phase::content || phase_ == Phase::discarding; }
  bool is_upstream_cut() const { return is_upstream_cut_; }
  bool awaits_reply() const { return !awaited_.empty(); }
  // Whether that is the reply to a whole message.
  bool awaits_final_reply() const;

  // What is to be written; taken once.
  std::string take_to_upstream() { return std::exchange(to_upstream_, {}); }
  std::string take_to_client() { return std::exchange(to_client_, {}); }
  std::vector<RelayOutcome> take_outcomes() { return std::exchange(outcomes_, {}); }

 private:
  enum class Phase : std::uint8_t { command, auth_response, content, chunk, discarding };
  // What a reply answers; `own` is a reply of ours that waits for its turn.
  enum class Stage : std::uint8_t {
    hello,
    ehlo,
    mail,
    rcpt,
    data,
    content,
    chunk,
    last_chunk,
    auth,
    reset,
    quit,
    noop,
    other,
    own
  };
  enum class Then : std::uint8_t { go_on, start_tls, close };  // after a reply of ours
  struct Awaited {
    Stage stage = Stage::other;
    std::string text;  // of mail and rcpt: the path; of own: the reply
    Then then = Then::go_on;
  };
  struct Transaction {
    std::string sender;
    std::vector<std::string> recipients;  // that were accepted
  };
  struct Command;

  // relay_session.cc: what the client says.
  std::size_t feed_line(std::string_view octets);
  std::size_t feed_content(std::string_view octets);
  std::size_t feed_chunk(std::string_view octets);
  void run_line(std::string_view line, bool has_more);
  void run_command(const Command& command);
  void run_data(const Command& command);
  void run_chunk(const Command& command);
  void run_auth(const Command& command);
  void run_starttls();
  std::string_view refusal_of(Stage stage) const;
  void pass_on(Stage stage, std::string_view line, std::string path = {});
  void say(std::string_view reply, Then then = Then::go_on);
  void refuse(std::string_view reply);
  void finish_content();

  // relay_replies.cc: what the next server answers.
  void on_reply(const Reply& reply, const std::string& as_it_came);
  void follow(const Awaited& awaited, const Reply& reply);
  bool is_expected(Stage stage, const Reply& reply) const;
  void on_unasked(const Reply& reply, const std::string& as_it_came);
  void tell(bool is_taken, std::vector<std::string> recipients, const Reply& reply);
  void tell_all(const Reply& reply, bool is_taken = false);
  void discard_content(std::string final_reply);
  void settle();
  void end(std::string_view last_words);
  bool may_end() const;
  bool passes_auth() const;

  std::shared_ptr<const SessionSettings> settings_;
  Phase phase_ = Phase::command;
  bool is_over_ = false;
  bool is_upstream_cut_ = false;
  bool is_client_gone_ = false;
  bool is_draining_ = false;
  bool has_tls_ = false;
  bool wants_tls_ = false;
  bool has_helo_ = false;
  bool may_send_ = false;       // by address, or logged in
  bool has_logged_in_ = false;  // the next server has said so
  bool offers_chunking_ = false;
  bool waits_for_all_ = false;  // reads no command until every reply is there
  std::uint32_t refusals_ = 0;

  std::string line_;  // a command that has not ended yet
  std::deque<Awaited> awaited_;
  std::string to_upstream_;
  std::string to_client_;
  ReplyParser parser_;
  std::string raw_reply_;  // what parser_ has taken of a reply

  std::optional<Transaction> transaction_;  // MAIL was accepted
  ContentScanner scanner_;
  HeaderCapture header_;
  std::uint64_t size_ = 0;  // of the chunks so far
  bool is_chunked_ = false;
  std::uint64_t chunk_left_ = 0;
  std::string final_reply_;  // of a message that is being discarded
  std::vector<RelayOutcome> outcomes_;
};

}  // namespace posthaste
