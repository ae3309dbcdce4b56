#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "sink/data_scanner.h"
#include "sink/persona.h"
#include "sink/sink_state.h"

namespace posthaste {

// What the session wants after its output has been sent.
struct SinkStep {
  enum Kind : std::uint8_t {
    read,       // more input
    pause,      // to be fed again after `delay`
    start_tls,  // a handshake, then on_tls()
    hang,       // nothing: swallow input until the peer goes
    close,
  };
  Kind kind = read;
  Duration delay{0};
};

// The sink's side of one SMTP connection, without I/O: octets in, octets out, as its persona wants
// it. It parses no more than it must. Lives on one loop.
//
// State: greeting → commands ⇄ data (DATA, until the lone dot) or chunk (BDAT, so many octets).
// A persona's delay suspends it at a stage, and feed() takes it up again: ask() → pause → answer().
class SinkSession {
 public:
  // `state` and `counts` outlive it.
  SinkSession(SinkState& state, Guarded<SinkCounts>& counts, std::string client);
  SinkSession(const SinkSession&) = delete;
  SinkSession& operator=(const SinkSession&) = delete;
  ~SinkSession();

  // To be called first, then after every read and pause. Takes what it understands off `input`;
  // what is left it wants to see again, with more behind it.
  SinkStep feed(std::string_view& input);
  // After start_tls.
  void on_tls();

  // What is to be sent; the caller empties it.
  std::string& output() { return output_; }

 private:
  enum class State : std::uint8_t { greeting, commands, data, chunk };

  // What a persona makes of a stage.
  struct Verdict {
    Duration delay{0};
    const PersonaRule* rule = nullptr;      // null: none holds
    const PersonaReply* refusal = nullptr;  // set: a limit or the provider refuses, not a rule
    std::string reason;                     // of the refusal
    bool is_violation = false;
  };
  struct Pause {
    PersonaStage stage;
    Verdict verdict;
  };

  const Persona& persona() const { return in_force_->persona; }

  SinkStep feed_line(std::string_view& input);
  SinkStep feed_chunk(std::string_view& input);
  SinkStep take_command(std::string_view line);
  SinkStep take_greeting(std::string_view verb, std::string_view argument);
  SinkStep take_mail(std::string_view argument);
  SinkStep take_rcpt(std::string_view argument);
  SinkStep take_data();
  SinkStep take_bdat(std::string_view argument);
  SinkStep take_starttls(std::string_view& input);
  SinkStep end_message();

  // A stage begins: asks the persona; it may want to wait first.
  SinkStep ask(PersonaStage stage);
  // The stage's answer.
  SinkStep answer(const Pause& pause);
  SinkStep act(PersonaStage stage, const PersonaRule& rule);
  SinkStep refuse(PersonaStage stage, const PersonaReply& reply, const std::string& reason);
  // Nothing hinders: what a plain server does. `reply` takes the place of its words where given.
  SinkStep proceed(PersonaStage stage, const std::string& reply);
  void say_extensions();
  // Takes responsibility for the message; false when it could not be kept.
  bool take_message();

  Verdict judge(PersonaStage stage);
  const PersonaLimit* take_limit(PersonaStage stage);
  // What the persona answers because of what it remembers of this client.
  ProviderModel::Verdict ask_provider(PersonaStage stage);
  // The message that it let in has ended.
  void count_accepted();
  void abandon_message();
  Duration tarpit() const;
  bool holds(const PersonaRule& rule, PersonaStage stage);
  bool recipient_matches(const PersonaRule& rule, PersonaStage stage) const;

  std::string filled(const std::string& wire) const;
  SinkStep say(std::string_view reply);
  SinkStep protocol_error(std::string_view reply);
  // For what a client may have sent before it saw a refusal.
  SinkStep out_of_order(std::string_view reply);
  void count_refusal(const std::string& reason);
  void count_violation(const std::string& what, std::uint64_t by);
  void reset_transaction();

  SinkState& state_of_sink_;
  Guarded<SinkCounts>& counts_;
  const std::string client_;
  std::shared_ptr<PersonaInForce> in_force_;
  std::shared_ptr<PersonaInForce> connection_granted_by_;  // null: not granted
  std::mt19937_64 random_;

  State state_ = State::greeting;
  std::optional<Pause> paused_;
  std::string output_;
  bool is_tls_ = false;
  bool is_extended_ = false;  // greeted with EHLO
  SinkEnvelope envelope_;
  std::string recipient_;  // of the RCPT being answered, with parameters
  bool has_sender_ = false;
  bool is_refused_ = false;  // something was, in this transaction
  bool is_let_in_ = false;   // the provider holds one of its allowance for this message
  bool has_chunks_ = false;
  bool is_chunk_void_ = false;  // it came without a transaction: to be swallowed
  bool is_last_chunk_ = false;
  std::uint64_t chunk_left_ = 0;
  std::uint32_t errors_ = 0;
  std::uint32_t refusals_ = 0;
  DataScanner scanner_;
};

}  // namespace posthaste
