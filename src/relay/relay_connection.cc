#include "relay/relay_connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <chrono>
#include <utility>

#include "mail/message_id.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr auto kCloseTimeout = std::chrono::seconds(5);
// RFC 5321 §4.5.3.2.6
constexpr Duration kFinalReplyTimeout = std::chrono::minutes(10);

}  // namespace

RelayConnection::RelayConnection(AcceptedSocket accepted, RelayServices services)
    : client_(std::move(accepted.stream)),
      settings_(std::move(accepted.settings)),
      counter_(accepted.counter),
      group_(accepted.group),
      services_(services),
      peer_(client_->peer()),
      buffer_(std::make_unique_for_overwrite<char[]>(kBuffer)),
      client_deadline_(group_, services.clock, [this] { on_client_late(); }),
      write_deadline_(group_, services.clock, [this] { close(); }),
      upstream_deadline_(group_, services.clock, [this] { upstream_->close(); }) {
  const ListenerConfig& listener = settings_->listener;
  facts_.listener = listener.name;
  facts_.session_id = MessageId::generate(services_.clock.wall()).to_string();
  facts_.upstream = listener.upstream->to_string();
  facts_.headers = listener.headers;
  services_.observer.on_connection_opened(listener.name);
}

RelayConnection::~RelayConnection() {
  services_.observer.on_connection_closed(settings_->listener.name);
}

asio::awaitable<void> RelayConnection::run(std::shared_ptr<ListenerConnection> self,
                                           SmtpSession::Opening opening) {
  self_ = std::static_pointer_cast<RelayConnection>(self);
  const bool is_open = co_await open(opening);
  if (!is_open || is_finished_) co_return close();
  co_await flush_client();
  resume_client();
  co_await read_upstream();
}

// The client's end is left to read_client() where a message is still to be read away.
asio::awaitable<void> RelayConnection::read_upstream() {
  std::array<char, 4096> buffer{};
  while (session_->need() != RelaySession::Need::close && !session_->is_upstream_cut()) {
    const IoResult read = co_await upstream_->read_some(asio::buffer(buffer));
    if (read.ec) {
      session_->on_upstream_lost(upstream_deadline_.expired() ? "does not answer"
                                                              : "has closed the connection");
    } else {
      session_->on_upstream({buffer.data(), read.count});
    }
    watch_upstream();
    record_outcomes();
    co_await flush_client();
    resume_client();
  }
  if (session_->is_upstream_cut()) upstream_->close();
  if (session_->need() == RelaySession::Need::close) co_await finish();
}

void RelayConnection::resume_client() {
  if (is_reading_client_ || is_finished_) return;
  const auto need = session_->need();
  if (need != RelaySession::Need::input && need != RelaySession::Need::tls_handshake) return;
  is_reading_client_ = true;
  group_.spawn(read_client(self_.lock()));
}

asio::awaitable<void> RelayConnection::read_client(std::shared_ptr<RelayConnection> self) {
  bool goes_on = true;
  while (goes_on && !self->is_finished_) {
    goes_on = co_await self->take_input();
  }
  self->is_reading_client_ = false;
  if (self->session_->need() == RelaySession::Need::close) co_await self->finish();
}

// False when the session takes no more.
asio::awaitable<bool> RelayConnection::take_input() {
  if (session_->need() == RelaySession::Need::tls_handshake) {
    co_await flush_client();
    const bool has_tls = co_await start_tls();
    if (!has_tls) {
      session_->on_client_gone();
      co_return false;
    }
    session_->on_tls();
  }
  if (session_->need() != RelaySession::Need::input) co_return false;
  if (input_.empty()) {
    const ListenerConfig& listener = settings_->listener;
    if (session_->is_in_content()) {
      // RFC 5321 §4.5.3.2.5
      client_deadline_.set(listener.data_timeout, "data block");
    } else {
      // RFC 5321 §4.5.3.2.7
      client_deadline_.set(listener.command_timeout, "command");
    }
    const IoResult read = co_await client_->read_some(asio::buffer(buffer_.get(), kBuffer));
    client_deadline_.clear();
    if (read.ec) {
      session_->on_client_gone();
      if (session_->is_upstream_cut()) upstream_->close();
      co_return false;
    }
    input_ = {buffer_.get(), read.count};
  }
  // Meanwhile the session may have come to want something else.
  if (session_->need() == RelaySession::Need::input) {
    input_.remove_prefix(session_->feed(input_));
  }
  record_outcomes();
  co_await flush_upstream();
  co_await flush_client();
  co_return session_->need() != RelaySession::Need::close;
}

// Whoever writes takes along what comes up meanwhile.
asio::awaitable<void> RelayConnection::flush_client() {
  if (is_writing_client_) co_return;
  is_writing_client_ = true;
  while (true) {
    const std::string output = session_->take_to_client();
    if (output.empty()) break;
    write_deadline_.set(settings_->listener.command_timeout, "reply");
    const std::array<asio::const_buffer, 1> buffers{asio::buffer(output)};
    const IoResult written = co_await client_->write(buffers);
    write_deadline_.clear();
    // What is still to come of the next server is worth knowing; the client's reader ends.
    if (written.ec) client_->close();
  }
  is_writing_client_ = false;
}

// Requires: !is_writing_upstream_; of the client's reader there is one, and finish() looks.
asio::awaitable<void> RelayConnection::flush_upstream() {
  const std::string output = session_->take_to_upstream();
  if (session_->is_upstream_cut()) co_return upstream_->close();
  if (output.empty()) co_return;
  is_writing_upstream_ = true;
  upstream_deadline_.set(settings_->listener.upstream_timeout, "write");
  const std::array<asio::const_buffer, 1> buffers{asio::buffer(output)};
  const IoResult written = co_await upstream_->write(buffers);
  is_writing_upstream_ = false;
  // Its reader tells the session.
  if (written.ec) co_return upstream_->close();
  watch_upstream();
}

void RelayConnection::watch_upstream() {
  if (is_writing_upstream_) return;
  const Duration timeout = settings_->listener.upstream_timeout;
  if (session_->awaits_final_reply()) {
    upstream_deadline_.set(std::max(timeout, kFinalReplyTimeout), "final reply");
  } else if (session_->awaits_reply()) {
    upstream_deadline_.set(timeout, "reply");
  } else {
    upstream_deadline_.clear();
  }
}

void RelayConnection::record_outcomes() {
  for (const RelayOutcome& outcome : session_->take_outcomes()) {
    services_.journal.record(outcome, facts_);
  }
}

void RelayConnection::drain() {
  if (!session_) {
    is_finished_ = true;
    return close();
  }
  session_->drain();
  if (session_->need() == RelaySession::Need::close) group_.spawn(say_farewell(self_.lock()));
}

void RelayConnection::on_client_late() {
  // Nothing can be said in the middle of a handshake, nor after the last words.
  const bool is_silent = !session_ || session_->need() == RelaySession::Need::tls_handshake;
  if (is_silent || is_finished_) return close();
  session_->on_client_timeout();
  if (session_->is_upstream_cut()) upstream_->close();
  group_.spawn(say_farewell(self_.lock()));
}

asio::awaitable<void> RelayConnection::say_farewell(std::shared_ptr<RelayConnection> self) {
  co_await self->finish();
}

// Says what is left to say to both sides, and closes them. Where the client is being written to,
// its writer comes here, too.
asio::awaitable<void> RelayConnection::finish() {
  if (is_finished_ || is_writing_client_) co_return;
  is_finished_ = true;
  record_outcomes();
  co_await flush_client();
  if (!is_writing_upstream_) co_await flush_upstream();
  if (!is_reading_client_) {
    client_deadline_.set(kCloseTimeout, "close");
    co_await client_->shutdown();
  }
  close();
}

void RelayConnection::close() {
  client_->close();
  if (upstream_) upstream_->close();
}

}  // namespace posthaste
