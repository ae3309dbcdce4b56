#include "accept/smtp_connection.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <chrono>
#include <cstring>
#include <utility>

#include "accept/proxy_protocol.h"
#include "mail/message_id.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

// An idle connection holds the least; one whose client sends a message holds what takes most
// messages in one read, and one whose client fills that holds what large messages ask for.
constexpr std::size_t kIdleBuffer = 4 * 1024;
constexpr std::size_t kMessageBuffer = 16 * 1024;
constexpr std::size_t kLargeBuffer = 64 * 1024;

constexpr auto kCloseTimeout = std::chrono::seconds(5);
constexpr std::size_t kMaxDiscarded = 1024 * 1024;

}  // namespace

SmtpConnection::SmtpConnection(AcceptedSocket accepted, ConnectionServices services)
    : stream_(std::move(accepted.stream)),
      settings_(std::move(accepted.settings)),
      counter_(accepted.counter),
      group_(accepted.group),
      services_(services),
      peer_address_(stream_->peer().address),
      deadline_(group_, services.clock, [this] { on_deadline(); }) {
  services_.observer.on_connection_opened(settings_->listener.name);
}

SmtpConnection::~SmtpConnection() {
  services_.observer.on_connection_closed(settings_->listener.name);
}

asio::awaitable<void> SmtpConnection::run(std::shared_ptr<ListenerConnection> self,
                                          Opening opening) {
  self_ = std::static_pointer_cast<SmtpConnection>(self);
  co_await live(opening);
}

asio::awaitable<void> SmtpConnection::live(Opening opening) {
  bool is_known = true;
  if (settings_->proxy_from.contains(peer_address_)) {
    is_known = co_await skip_proxy_header();
    if (!input_.empty()) opening = Opening::spoke_early;
  }
  if (is_known) {
    co_await open(opening);
    if (!is_leaving_) co_await close_politely(opening);
  }
  // Where a farewell is being written, it closes.
  if (!is_leaving_) stream_->close();
}

asio::awaitable<void> SmtpConnection::open(Opening opening) {
  const ListenerConfig& listener = settings_->listener;
  if (auto lease = counter_.admit(
          peer_address_, {listener.max_connections, listener.max_connections_per_address})) {
    lease_.emplace(*std::move(lease));
  }
  const bool is_implicit_tls = listener.tls == ListenerTls::implicit;
  if (is_implicit_tls && lease_) {
    // RFC 8314 §3: the client speaks TLS first, so it cannot be too early.
    opening = Opening::silent;
    const bool has_tls = co_await start_tls();
    if (!has_tls) co_return;
  }
  SmtpSession::Peer peer{peer_address_, MessageId::generate(services_.clock.wall()).to_string()};
  session_.emplace(settings_, std::move(peer),
                   SmtpSession::Services{services_.clock, services_.sink, services_.budget,
                                         services_.observer, services_.recipients != nullptr});
  if (!lease_) {
    session_->end_with_421(RejectionReason::too_many_connections);
    // In the clear to a client that expects TLS it would say nothing.
    if (is_implicit_tls) co_return;
  } else {
    if (stream_->tls()) session_->set_tls(*stream_->tls());
    session_->greet(opening);
  }
  co_await serve();
}

asio::awaitable<bool> SmtpConnection::skip_proxy_header() {
  size_buffer();
  deadline_.set(settings_->listener.handshake_timeout, "PROXY header");
  const Result<ProxyPreamble> preamble =
      co_await read_proxy_header(*stream_, asio::buffer(buffer_.get(), buffer_size_));
  if (!preamble) co_return false;
  if (preamble->header.client) peer_address_ = preamble->header.client->address;
  input_ = {buffer_.get(), preamble->filled};
  input_.remove_prefix(preamble->header.length);
  deadline_.clear();
  co_return true;
}

asio::awaitable<bool> SmtpConnection::start_tls() {
  // RFC 3207 §6: what was read before the handshake is never used after it.
  input_ = {};
  deadline_.set(settings_->listener.handshake_timeout, "TLS handshake");
  const IoResult shaken = co_await stream_->handshake_server(*settings_->tls);
  deadline_.clear();
  co_return !shaken.ec;
}

// GCC 12 lays out the frame wrongly where co_await stands in a condition, so results have names.
asio::awaitable<void> SmtpConnection::serve() {
  while (session_->need() != SmtpSession::Need::close && !is_leaving_) {
    if (session_->need() != SmtpSession::Need::input) {
      const bool is_met = co_await meet_need();
      if (!is_met) co_return;
    } else if (!input_.empty()) {
      input_.remove_prefix(session_->feed(input_));
    } else {
      const bool is_written = co_await flush();
      if (!is_written) co_return;
      const bool is_read = co_await read_input();
      if (!is_read) co_return;
    }
  }
}

asio::awaitable<bool> SmtpConnection::meet_need() {
  switch (session_->need()) {
    case SmtpSession::Need::tls_handshake: {
      const bool is_written = co_await flush();
      if (!is_written) co_return false;
      const bool has_tls = co_await start_tls();
      if (!has_tls) co_return false;
      session_->on_tls(*stream_->tls());
      co_return true;
    }
    case SmtpSession::Need::authenticate: {
      AuthAttempt attempt = session_->auth_attempt();
      AuthOutcome outcome =
          co_await services_.authenticator.verify(settings_->users, std::move(attempt));
      session_->on_auth(std::move(outcome));
      co_return true;
    }
    case SmtpSession::Need::check_recipient: {
      MailAddress recipient = session_->recipient();
      TenantId tenant = session_->facts().tenant;
      const auto refusal =
          co_await services_.recipients->refusal(std::move(recipient), std::move(tenant));
      session_->on_recipient(refusal);
      co_return true;
    }
    case SmtpSession::Need::commit: {
      Transaction transaction = session_->take_transaction();
      const ReceptionOutcome outcome = co_await services_.reception.receive(
          std::move(transaction), session_->facts(), settings_);
      session_->on_commit(outcome);
      co_return true;
    }
    default:
      co_return true;
  }
}

void SmtpConnection::size_buffer() {
  std::size_t wanted = kIdleBuffer;
  if (session_ && session_->is_receiving()) wanted = std::max(kMessageBuffer, buffer_size_);
  if (wanted == buffer_size_) return;
  buffer_ = std::make_unique_for_overwrite<char[]>(wanted);
  buffer_size_ = wanted;
}

asio::awaitable<bool> SmtpConnection::read_input() {
  size_buffer();
  const ListenerConfig& listener = settings_->listener;
  if (session_->is_receiving()) {
    // RFC 5321 §4.5.3.2.5
    deadline_.set(listener.data_timeout, "data block");
  } else {
    // RFC 5321 §4.5.3.2.7
    deadline_.set(listener.command_timeout, "command");
  }
  is_reading_ = true;
  const IoResult read = co_await stream_->read_some(asio::buffer(buffer_.get(), buffer_size_));
  is_reading_ = false;
  if (read.ec || is_leaving_) co_return false;
  deadline_.clear();
  input_ = {buffer_.get(), read.count};
  input_.remove_prefix(session_->feed(input_));
  if (read.count == buffer_size_ && input_.empty() && session_->is_receiving()) {
    // The client fills what we offer: offer more.
    buffer_size_ = kLargeBuffer;
    buffer_ = std::make_unique_for_overwrite<char[]>(buffer_size_);
  }
  co_return true;
}

asio::awaitable<bool> SmtpConnection::flush() {
  const std::string output = session_->take_output();
  if (output.empty()) co_return true;
  deadline_.set(settings_->listener.command_timeout, "reply");
  const std::array<asio::const_buffer, 1> buffers = {asio::buffer(output)};
  const IoResult written = co_await stream_->write(buffers);
  deadline_.clear();
  co_return !written.ec;
}

asio::awaitable<void> SmtpConnection::close_politely(Opening opening) {
  if (!session_ || session_->need() != SmtpSession::Need::close) co_return;
  const bool is_written = co_await flush();
  if (!is_written) co_return;
  deadline_.set(kCloseTimeout, "close");
  co_await stream_->shutdown();
  if (opening == Opening::silent && input_.empty()) co_return;
  // Closing on octets that were not read resets the connection, and the client may never see why.
  size_buffer();
  for (std::size_t discarded = 0; discarded < kMaxDiscarded && !stream_->tls();) {
    const IoResult read = co_await stream_->read_some(asio::buffer(buffer_.get(), buffer_size_));
    if (read.ec) co_return;
    discarded += read.count;
  }
}

void SmtpConnection::drain() {
  if (!session_) return stream_->close();
  session_->drain();
  if (session_->need() == SmtpSession::Need::close && is_reading_) leave();
}

void SmtpConnection::on_deadline() {
  if (!is_reading_ || is_leaving_) return stream_->close();
  session_->end_with_421(RejectionReason::timeout);
  leave();
}

void SmtpConnection::leave() {
  if (is_leaving_) return;
  is_leaving_ = true;
  group_.spawn(say_farewell(self_.lock()));
}

asio::awaitable<void> SmtpConnection::say_farewell(std::shared_ptr<SmtpConnection> self) {
  const std::string output = self->session_->take_output();
  self->deadline_.set(kCloseTimeout, "farewell");
  const std::array<asio::const_buffer, 1> buffers = {asio::buffer(output)};
  co_await self->stream_->write(buffers);
  self->stream_->close();
}

}  // namespace posthaste
