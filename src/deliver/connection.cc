#include "deliver/connection.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include "deliver/connection_stages.h"
#include "deliver/failure.h"
#include "deliver/proxy.h"
#include "deliver/verdict.h"
#include "platform/io/deadline.h"
#include "queue/message_event.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

// Pulled at one time: enough that crossing to the queue's loop costs little, few enough that
// other connections get their share.
constexpr std::size_t kPull = 8;
constexpr std::size_t kReadBuffer = 4096;

// One address of one host.
struct Peer {
  std::string host;
  Endpoint endpoint;
};

class Connection {
 public:
  Connection(ConnectionPlan plan, ConnectionParts parts, WorkSource& work)
      : plan_(std::move(plan)), parts_(std::move(parts)), work_(work) {}

  asio::awaitable<void> run();

 private:
  asio::awaitable<bool> open(Peer peer);
  asio::awaitable<bool> open_once(Peer peer, UseTls use_tls);
  asio::awaitable<Result<std::unique_ptr<Stream>>> connect(ConnectOptions options);
  asio::awaitable<bool> converse();
  asio::awaitable<bool> secure();
  void note_session(TlsFailureType failure, std::string detail);
  void note_missing_tls(UseTls wanted);
  void refuse_host(const MxHost& host);
  asio::awaitable<void> carry();
  asio::awaitable<bool> deliver(QueuedMessage message);
  asio::awaitable<bool> transact(const QueuedMessage& message);
  asio::awaitable<void> say_goodbye();
  asio::awaitable<bool> write_output();
  asio::awaitable<bool> read_reply();

  void note_error(SmtpStage stage, const boost::system::error_code& ec);
  AttemptFailure site_failure() const;
  void fill_peer(Event& event) const;

  ConnectionPlan plan_;
  ConnectionParts parts_;
  WorkSource& work_;

  Peer peer_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Deadline> deadline_;
  std::optional<SmtpClient> client_;
  ReplyParser parser_;
  std::array<char, kReadBuffer> buffer_;
  std::string_view unread_;
  std::optional<Refusal> broken_;  // what ended the connection, or the last try to make one
  TlsDecision tls_;                // for the host that is tried
  bool tls_failed_ = false;
  bool is_verified_ = false;       // the peer's certificate is what the decision expects
  bool is_tls_noted_ = false;      // the session of this try has been told of
  bool is_requiretls_out_ = true;  // what was tried so far does not do REQUIRETLS
  std::size_t delivered_ = 0;      // transactions on this connection
};

asio::awaitable<void> Connection::run() {
  for (const MxHost& host : plan_.destination.hosts) {
    const TlsSubject subject{plan_.destination, host, plan_.is_tls_required, plan_.domains};
    tls_ = co_await find_tls(subject, parts_.dane);
    if (tls_.is_refused) {
      refuse_host(host);
      continue;
    }
    for (const Endpoint& endpoint : host.addresses) {
      const auto& from = plan_.source.address;
      if (from && !from->can_reach(endpoint)) continue;
      const Peer peer{host.name, endpoint};
      const bool is_open = co_await open(peer);
      if (!is_open) continue;
      work_.site_reached();
      co_await carry();
      co_return;
    }
  }
  AttemptFailure failure = site_failure();
  std::vector<RuleMatch> matches;
  const Refusal refusal = broken_.value_or(Refusal{});
  if (const auto* rule = rule_for(plan_.rules.get(), plan_.provider, refusal)) {
    failure.classification = rule->classification.value_or(failure.classification);
    matches.push_back({rule, refusal.response, peer_.host});
  }
  work_.site_failed(std::move(failure), std::move(matches));
}

AttemptFailure Connection::site_failure() const {
  AttemptFailure failure = failure_of(broken_.value_or(Refusal{}));
  failure.site = plan_.destination.site.value();
  failure.peer_host = peer_.host;
  failure.peer_address = peer_.endpoint.address;
  if (plan_.destination.demand == TlsDemand::required && broken_ && is_requiretls_out_) {
    // RFC 8689 §4.2.1: no host does what the sender requires, and another hour changes nothing.
    failure.is_permanent = true;
    failure.classification = Classification::tls_failure;
    failure.enhanced_status = "5.7.30";
  }
  return failure;
}

void Connection::refuse_host(const MxHost& host) {
  peer_ = {host.name, host.addresses.front()};
  stream_.reset();
  client_.reset();
  broken_ = judge_tls(host.name + ": " + tls_.why);
  is_requiretls_out_ = false;
  if (tls_.failure != TlsFailureType::none) note_session(tls_.failure, tls_.why);
}

asio::awaitable<bool> Connection::open(Peer peer) {
  const bool is_broken = tls_.is_opportunistic() && parts_.tls.is_broken(peer.endpoint);
  const UseTls use_tls = is_broken ? UseTls::never : tls_.use;
  bool is_open = co_await open_once(peer, use_tls);
  if (!is_open && tls_failed_ && use_tls == UseTls::if_offered) {
    // Opportunistic TLS must not cost mail: the same peer once more, in plain text.
    parts_.tls.remember_broken(peer.endpoint);
    is_open = co_await open_once(peer, UseTls::never);
  }
  co_return is_open;
}

asio::awaitable<bool> Connection::open_once(Peer peer, UseTls use_tls) {
  peer_ = peer;
  deadline_.reset();
  stream_.reset();
  unread_ = {};
  parser_ = {};
  tls_failed_ = false;
  is_verified_ = false;
  is_tls_noted_ = false;
  ConnectOptions options;
  options.to = peer.endpoint;
  options.timeout = parts_.config->connect_timeout;
  if (plan_.source.address) options.from_address = plan_.source.address->text;
  auto connected = co_await connect(std::move(options));
  if (!connected) {
    broken_ = judge_error(SmtpStage::connect, connected.error());
    is_requiretls_out_ = false;
    co_return false;
  }
  stream_ = std::move(*connected);
  auto close = [stream = stream_.get()] { stream->close(); };
  deadline_ = std::make_unique<Deadline>(parts_.tasks, parts_.clock, close);

  SmtpClientOptions smtp = client_options(plan_, *parts_.config);
  smtp.ehlo_name = parts_.ehlo_name;
  smtp.tls = use_tls;
  client_.emplace(smtp);
  if (smtp.is_tls_already) {
    const bool is_secure = co_await secure();
    if (!is_secure) co_return false;
  }
  const bool is_open = co_await converse();
  note_missing_tls(use_tls);
  co_return is_open;
}

// The peer offers no TLS, or cannot do it now.
void Connection::note_missing_tls(UseTls wanted) {
  const auto& failure = client_->failure();
  const bool is_refused = failure && failure->stage == SmtpStage::starttls;
  const bool lacks_requiretls = failure && failure->reply.enhanced == EnhancedStatus{5, 7, 30};
  if (!is_refused && !lacks_requiretls) is_requiretls_out_ = false;
  const bool is_plain = client_->next() == SmtpClient::Next::ready && !stream_->tls();
  if (is_tls_noted_ || wanted == UseTls::never || !(is_refused || is_plain)) return;
  note_session(TlsFailureType::starttls_not_supported, is_refused ? failure->reply.text() : "");
}

asio::awaitable<Result<std::unique_ptr<Stream>>> Connection::connect(ConnectOptions options) {
  if (!plan_.source.proxy) co_return co_await parts_.connect(std::move(options), parts_.clock);
  co_return co_await connect_through(*plan_.source.proxy, std::move(options), parts_);
}

// Until the client is ready for a message, or the connection is of no use.
asio::awaitable<bool> Connection::converse() {
  while (client_->next() != SmtpClient::Next::ready) {
    if (client_->next() == SmtpClient::Next::closed) {
      if (const auto& failure = client_->failure()) {
        broken_ = judge_reply(failure->stage, failure->reply);
      }
      co_return false;
    }
    if (client_->next() == SmtpClient::Next::start_tls) {
      // RFC 3207 §6: nothing that came before TLS counts.
      unread_ = {};
      const bool is_secure = co_await secure();
      if (!is_secure) co_return false;
      client_->on_tls();
      continue;
    }
    const bool is_written = co_await write_output();
    if (!is_written) co_return false;
    const bool is_read = co_await read_reply();
    if (!is_read) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> Connection::secure() {
  deadline_->set(parts_.config->initial_220_timeout, "TLS handshake");
  TlsClientOptions options = parts_.tls.options_for(peer_.endpoint, tls_.expectation);
  const HandshakeResult result =
      co_await stream_->handshake_client(parts_.tls.context(), std::move(options));
  deadline_->clear();
  if (result.ec) {
    tls_failed_ = true;
    is_requiretls_out_ = false;
    note_error(SmtpStage::starttls, result.ec);
    note_session(TlsFailureType::validation_failure, "TLS handshake: " + result.ec.message());
    co_return false;
  }
  const bool is_checked = tls_.expectation.kind != TlsExpectation::Kind::any;
  is_verified_ = is_checked && result.verify_error == 0;
  if (!is_checked || is_verified_) {
    note_session(tls_.failure, tls_.why);
    co_return true;
  }
  note_session(failure_of(result.verify_error), result.verify_problem);
  if (!tls_.is_enforced) co_return true;
  is_requiretls_out_ = false;
  broken_ = judge_tls(peer_.host + ": the certificate will not do: " + result.verify_problem);
  co_return false;
}

void Connection::note_session(TlsFailureType failure, std::string detail) {
  is_tls_noted_ = true;
  if (!parts_.on_tls_session) return;
  TlsSession session;
  session.policy = tls_.policy;
  session.failure = failure;
  session.receiving_host = peer_.host;
  session.receiving_address = peer_.endpoint.address;
  if (stream_) session.sending_address = stream_->local().address;
  if (client_) session.receiving_helo = client_->peer_name();
  if (failure != TlsFailureType::none) session.failure_detail = std::move(detail);
  parts_.on_tls_session(session, plan_.domains);
}

asio::awaitable<bool> Connection::write_output() {
  std::vector<asio::const_buffer> output = client_->take_output();
  std::span<asio::const_buffer> rest = output;
  while (!rest.empty()) {
    const std::vector<asio::const_buffer> block = take_block(rest);
    // RFC 5321 §4.5.3.2.5: for each block anew, so a message may take as long as it flows.
    deadline_->set(parts_.config->data_block_timeout, "RFC 5321 §4.5.3.2.5");
    const IoResult result = co_await stream_->write(block);
    if (result.ec) {
      note_error(client_->awaited(), result.ec);
      co_return false;
    }
  }
  co_return true;
}

asio::awaitable<bool> Connection::read_reply() {
  const SmtpStage stage = client_->awaited();
  deadline_->set(timeout_of(*parts_.config, stage), to_string(stage));
  while (true) {
    auto reply = parser_.parse(unread_);
    if (!reply) {
      broken_ = judge_error(stage, reply.error());
      broken_->classification = Classification::protocol_error;
      co_return false;
    }
    if (*reply) {
      deadline_->clear();
      client_->on_reply(std::move(**reply));
      co_return true;
    }
    const IoResult result = co_await stream_->read_some(asio::buffer(buffer_));
    if (result.ec) {
      note_error(stage, result.ec);
      co_return false;
    }
    unread_ = std::string_view(buffer_.data(), result.count);
  }
}

void Connection::note_error(SmtpStage stage, const boost::system::error_code& ec) {
  std::string what = peer_.host + " [" + peer_.endpoint.address + "]: ";
  if (deadline_ && deadline_->expired()) {
    what += "no answer in time at " + std::string(to_string(stage));
  } else if (ec == asio::error::eof) {
    what += "the peer closed the connection at " + std::string(to_string(stage));
  } else {
    what += ec.message() + " at " + std::string(to_string(stage));
  }
  broken_ = judge_error(stage, Error{ec, what});
}

asio::awaitable<void> Connection::carry() {
  std::size_t limit =
      plan_.limits.messages_per_connection.value_or(parts_.config->messages_per_connection);
  if (client_->features().max_messages > 0) {
    limit = std::min<std::size_t>(limit, client_->features().max_messages);
  }
  while (delivered_ < limit) {
    std::vector<QueuedMessage> messages = co_await work_.pull(std::min(kPull, limit - delivered_));
    if (messages.empty()) break;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const bool is_alive = co_await deliver(std::move(messages[i]));
      if (is_alive) continue;
      messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      if (!messages.empty()) work_.put_back(std::move(messages));
      stream_->close();
      co_return;
    }
  }
  co_await say_goodbye();
}

// False when the connection is of no further use.
asio::awaitable<bool> Connection::deliver(QueuedMessage message) {
  const auto began = parts_.clock.now();
  const bool is_alive = co_await transact(message);
  const bool was_answered = client_->was_answered();
  const bool is_in_doubt = client_->is_in_doubt();
  const std::vector<RecipientResult> results = client_->take_results();
  ++delivered_;
  if (!is_alive && !was_answered && !is_in_doubt && delivered_ > 1) {
    // The peer closed a connection that had served: its way to say "enough". Nothing was tried.
    std::vector<QueuedMessage> untried;
    untried.push_back(std::move(message));
    work_.put_back(std::move(untried));
    co_return false;
  }
  CellOutcome outcome;
  outcome.took = parts_.clock.now() - began;
  const AttemptView attempt{
      plan_, message, results, client_->features().dsn, broken_, parts_.clock.wall(), peer_.host};
  std::vector<RecipientVerdict> verdicts = judge_attempt(attempt, outcome);
  for (RecipientVerdict& verdict : verdicts) fill_peer(verdict.event);
  work_.settle(std::move(message), std::move(verdicts), std::move(outcome));
  co_return is_alive;
}

asio::awaitable<bool> Connection::transact(const QueuedMessage& message) {
  broken_.reset();
  std::size_t recipients = client_->recipients_at_once(
      message,
      plan_.limits.recipients_per_transaction.value_or(parts_.config->recipients_per_transaction));
  std::optional<ReversePath> return_path;
  if (parts_.return_paths) {
    recipients = parts_.return_paths->recipients_at_once(message, recipients);
    return_path = parts_.return_paths->make(message, recipients);
  }
  client_->begin(message, recipients, std::move(return_path));
  co_return co_await converse();
}

void Connection::fill_peer(Event& event) const {
  event.site = plan_.destination.site.value();
  event.peer_host = peer_.host;
  event.peer_address = peer_.endpoint.address;
  event.source = plan_.source.name;
  event.provider = plan_.provider;
  event.source_address =
      plan_.source.address ? plan_.source.address->text : stream_->local().address;
  if (stream_->tls()) fill_tls(event, *stream_->tls());
  if (is_verified_) event.tls_verified = tls_.verified_as;
}

asio::awaitable<void> Connection::say_goodbye() {
  client_->quit();
  const bool is_written = co_await write_output();
  if (is_written) (void)co_await read_reply();
  stream_->close();
}

}  // namespace

asio::awaitable<void> run_connection(ConnectionPlan plan, ConnectionParts parts, WorkSource& work) {
  Connection connection(std::move(plan), std::move(parts), work);
  co_await connection.run();
}

}  // namespace posthaste
