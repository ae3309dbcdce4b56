// What the next server answers, and what follows from it.
#include <algorithm>

#include "relay/ehlo_offer.h"
#include "relay/relay_session.h"

namespace posthaste {
namespace {

// A client that does not read its replies is not owed more than that.
constexpr std::size_t kMaxToClient = 1024 * 1024;

}  // namespace

void RelaySession::on_upstream(std::string_view octets) {
  while (!octets.empty() && !is_over_ && !is_upstream_cut_) {
    const std::string_view before = octets;
    const auto reply = parser_.parse(octets);
    if (!reply) return on_upstream_lost("does not speak SMTP");
    raw_reply_ += before.substr(0, before.size() - octets.size());
    if (!*reply) return;
    const std::string as_it_came = std::exchange(raw_reply_, {});
    on_reply(**reply, as_it_came);
    if (to_client_.size() > kMaxToClient) return on_upstream_lost("says too much");
  }
}

void RelaySession::on_reply(const Reply& reply, const std::string& as_it_came) {
  if (awaited_.empty()) return on_unasked(reply, as_it_came);
  const Awaited awaited = std::move(awaited_.front());
  if (!is_expected(awaited.stage, reply)) {
    awaited_.front() = awaited;
    return on_upstream_lost("does not speak SMTP");
  }
  awaited_.pop_front();
  if (awaited.stage == Stage::ehlo && reply.is_positive()) {
    offers_chunking_ = offers(as_it_came, "CHUNKING");
    to_client_ += pass_offer(as_it_came, {settings_->tls && !has_tls_, passes_auth()});
  } else {
    to_client_ += as_it_came;
  }
  follow(awaited, reply);
  // RFC 5321 §3.8: it closes the connection.
  if (reply.code == 421) is_over_ = true;
  settle();
}

// Replies that ask for more stand where something can follow, and nowhere else.
bool RelaySession::is_expected(Stage stage, const Reply& reply) const {
  if (reply.code < 300 || reply.code >= 400) return reply.code >= 200;
  return (stage == Stage::data && reply.code == 354) || (stage == Stage::auth && reply.code == 334);
}

void RelaySession::follow(const Awaited& awaited, const Reply& reply) {
  const bool is_positive = reply.is_positive();
  switch (awaited.stage) {
    case Stage::ehlo:
    case Stage::hello:
      if (!is_positive) return;
      has_helo_ = true;
      if (awaited.stage == Stage::hello) offers_chunking_ = false;
      transaction_.reset();
      is_chunked_ = false;
      return;
    case Stage::reset:
      if (is_positive) transaction_.reset();
      return;
    case Stage::mail: {
      Transaction begun{awaited.text, {}};
      if (is_positive) {
        transaction_ = std::move(begun);
      } else if (!transaction_) {
        transaction_ = std::move(begun);
        tell(false, {}, reply);
        transaction_.reset();
      }
      return;
    }
    case Stage::rcpt:
      if (!transaction_) return;
      if (!is_positive) return tell(false, {awaited.text}, reply);
      return transaction_->recipients.push_back(awaited.text);
    case Stage::data:
      if (reply.code != 354) return tell_all(reply);
      phase_ = Phase::content;
      scanner_ = ContentScanner();
      header_ = HeaderCapture();
      return;
    case Stage::content:
    case Stage::last_chunk:
      tell_all(reply, is_positive);
      is_chunked_ = false;
      return;
    case Stage::chunk:
      // RFC 3030 §2: the rest of the transaction fails, too.
      if (!is_positive) tell_all(reply);
      return;
    case Stage::auth:
      if (reply.code == 334) {
        phase_ = Phase::auth_response;
      } else if (reply.code == 235) {
        has_logged_in_ = true;
        may_send_ = true;
      }
      return;
    case Stage::quit:
      is_over_ = true;
      return;
    default:
      return;
  }
}

void RelaySession::on_unasked(const Reply& reply, const std::string& as_it_came) {
  if (phase_ == Phase::content && !reply.is_positive()) {
    // It has read enough of the message. Its word waits for the end, where the client reads it.
    return discard_content(as_it_came);
  }
  if (reply.code != 421) return on_upstream_lost("does not speak SMTP");
  to_client_ += as_it_came;
  is_over_ = true;
}

void RelaySession::on_upstream_lost(std::string_view why) {
  if (is_over_ || is_upstream_cut_) return;
  const std::string what = "4.4.2 the next server " + std::string(why) + ": try again later";
  if (phase_ == Phase::content) return discard_content("451 " + what + "\r\n");
  is_upstream_cut_ = true;
  const bool is_about_a_message =
      !awaited_.empty() && (awaits_final_reply() || awaited_.front().stage == Stage::chunk);
  if (is_about_a_message) {
    Reply reply{451, EnhancedStatus{4, 4, 2}, {"the next server " + std::string(why)}};
    to_client_ += "451 " + what + "\r\n";
    tell_all(reply);
  }
  end(what);
}

void RelaySession::discard_content(std::string final_reply) {
  phase_ = Phase::discarding;
  final_reply_ = std::move(final_reply);
  is_upstream_cut_ = true;
}

void RelaySession::on_client_gone() {
  is_client_gone_ = true;
  line_.clear();
  // Without its end the next server throws the message away (RFC 5321 §4.1.1.4).
  if (is_in_content() || phase_ == Phase::chunk) is_upstream_cut_ = true;
  settle();
}

void RelaySession::on_client_timeout() {
  if (is_in_content() || phase_ == Phase::chunk) is_upstream_cut_ = true;
  end("4.4.2 timeout: you were silent for too long");
}

void RelaySession::drain() {
  is_draining_ = true;
  settle();
}

bool RelaySession::may_end() const {
  if (is_client_gone_) return is_upstream_cut_ || awaited_.empty();
  return is_draining_ && phase_ == Phase::command && awaited_.empty() && !transaction_ &&
         !wants_tls_ && line_.empty();
}

// Says what of ours has come to its turn, and sees whether anything is left to wait for.
void RelaySession::settle() {
  while (!is_over_ && !awaited_.empty() && awaited_.front().stage == Stage::own) {
    const Awaited own = std::move(awaited_.front());
    awaited_.pop_front();
    to_client_ += own.text;
    if (own.then == Then::start_tls) wants_tls_ = true;
    if (own.then == Then::close) is_over_ = true;
  }
  if (awaited_.empty()) waits_for_all_ = false;
  if (is_client_gone_ && phase_ == Phase::content) is_upstream_cut_ = true;
  if (!is_over_ && may_end()) {
    end(is_client_gone_ ? "" : "4.3.2 shutting down: connect again in a moment");
  }
}

// RFC 5321 §3.8: a session may end with 421 at any time. The next server is told, where it would
// not take that for something else.
void RelaySession::end(std::string_view last_words) {
  if (is_over_) return;
  is_over_ = true;
  if (!last_words.empty()) to_client_ += "421 " + std::string(last_words) + "\r\n";
  if (!is_upstream_cut_ && phase_ == Phase::command && awaited_.empty()) to_upstream_ += "QUIT\r\n";
}

void RelaySession::tell(bool is_taken, std::vector<std::string> recipients, const Reply& reply) {
  RelayOutcome outcome;
  outcome.is_taken = is_taken;
  outcome.sender = transaction_ ? transaction_->sender : std::string();
  outcome.recipients = std::move(recipients);
  outcome.reply = reply;
  outcomes_.push_back(std::move(outcome));
}

// Of all recipients that were accepted; the transaction is over.
void RelaySession::tell_all(const Reply& reply, bool is_taken) {
  // A client that does not wait for what becomes of its chunks may be at the next message already.
  const bool is_next_begun = std::any_of(awaited_.begin(), awaited_.end(), [](const Awaited& one) {
    return one.stage == Stage::mail;
  });
  if (transaction_ && !transaction_->recipients.empty()) {
    tell(is_taken, transaction_->recipients, reply);
    if (!is_next_begun) {
      outcomes_.back().size = is_chunked_ ? size_ : scanner_.size();
      outcomes_.back().header = header_.take();
    }
  }
  transaction_.reset();
  scanner_ = ContentScanner();
  if (!is_next_begun) header_ = HeaderCapture();
}

}  // namespace posthaste
