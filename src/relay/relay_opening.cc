// A relayed connection until both sides are there.
#include <array>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "accept/proxy_protocol.h"
#include "relay/relay_connection.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr auto kFarewellTimeout = std::chrono::seconds(5);

}  // namespace

// False when the connection is of no further use; the client has been told where that is possible.
asio::awaitable<bool> RelayConnection::open(SmtpSession::Opening opening) {
  const ListenerConfig& listener = settings_->listener;
  is_early_ = opening == SmtpSession::Opening::spoke_early;
  if (settings_->proxy_from.contains(peer_.address)) {
    const bool is_known = co_await skip_proxy_header();
    if (!is_known) co_return false;
  }
  facts_.peer_address = peer_.address;
  auto lease = counter_.admit(peer_.address,
                              {listener.max_connections, listener.max_connections_per_address});
  if (lease) lease_.emplace(*std::move(lease));
  if (listener.tls == ListenerTls::implicit) {
    // RFC 8314 §3: the client speaks TLS first, so it cannot be too early. In the clear it would
    // not understand a refusal.
    is_early_ = false;
    if (!lease_) co_return false;
    const bool has_tls = co_await start_tls();
    if (!has_tls) co_return false;
  }
  if (!lease_) {
    co_await turn_away("421 4.7.0 too many connections: close some, or connect again later");
    co_return false;
  }
  if (is_early_ && listener.refuse_early_talkers) {
    co_await turn_away("554 5.5.0 you spoke before the greeting: wait for it");
    co_return false;
  }
  co_return co_await reach_upstream();
}

asio::awaitable<bool> RelayConnection::skip_proxy_header() {
  client_deadline_.set(settings_->listener.handshake_timeout, "PROXY header");
  const Result<ProxyPreamble> preamble =
      co_await read_proxy_header(*client_, asio::buffer(buffer_.get(), kBuffer));
  client_deadline_.clear();
  if (!preamble) co_return false;
  if (preamble->header.client) peer_ = *preamble->header.client;
  input_ = {buffer_.get(), preamble->filled};
  input_.remove_prefix(preamble->header.length);
  is_early_ = !input_.empty();
  co_return true;
}

asio::awaitable<bool> RelayConnection::start_tls() {
  // RFC 3207 §6: what was read before the handshake is never used after it.
  input_ = {};
  client_deadline_.set(settings_->listener.handshake_timeout, "TLS handshake");
  const IoResult shaken = co_await client_->handshake_server(*settings_->tls);
  client_deadline_.clear();
  if (shaken.ec) co_return false;
  facts_.tls_version = client_->tls()->version;
  facts_.tls_cipher = client_->tls()->cipher;
  co_return true;
}

asio::awaitable<bool> RelayConnection::reach_upstream() {
  const ListenerConfig& listener = settings_->listener;
  UpstreamPlan plan;
  plan.to = *listener.upstream;
  plan.tls = listener.upstream_tls;
  plan.tell_client = listener.tell_client;
  plan.timeout = listener.upstream_timeout;
  plan.ehlo_name = settings_->hostname;
  plan.client = peer_;
  UpstreamParts parts{services_.clock, services_.tls, group_};
  auto opened = co_await open_upstream(std::move(plan), parts);
  if (!opened) {
    services_.journal.count_failure(listener.name);
    co_await turn_away("421 4.3.2 " + settings_->hostname +
                       " cannot reach the next server: try again later");
    co_return false;
  }
  upstream_ = std::move(opened->stream);
  session_.emplace(settings_, peer_.address);
  if (client_->tls()) session_->set_tls();
  session_->greet(opened->greeting, opened->greeted);
  co_return true;
}

asio::awaitable<void> RelayConnection::turn_away(std::string last_words) {
  const std::string line = last_words + "\r\n";
  write_deadline_.set(kFarewellTimeout, "farewell");
  const std::array<asio::const_buffer, 1> buffers{asio::buffer(line)};
  co_await client_->write(buffers);
  write_deadline_.clear();
}

}  // namespace posthaste
