#include "relay/upstream.h"

#include <array>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "deliver/proxy.h"
#include "deliver/smtp_client.h"
#include "platform/io/deadline.h"
#include "platform/io/tcp_stream.h"
#include "relay/ehlo_offer.h"

namespace posthaste {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using Await = asio::as_tuple_t<asio::use_awaitable_t<>>;
constexpr Await kAwait{asio::use_awaitable};
constexpr std::uint16_t kSmtpPort = 25;
constexpr auto kLookupTimeout = std::chrono::seconds(30);
constexpr auto kConnectTimeout = std::chrono::seconds(30);

Error unusable(std::string why) {
  return {asio::error::connection_refused, std::move(why)};
}

struct RawReply {
  Reply reply;
  std::string as_it_came;
};

// Commands and replies before the client's turn. Its deadline closes the stream.
class Talk {
 public:
  Talk(Stream& stream, Duration timeout, UpstreamParts parts)
      : stream_(stream),
        timeout_(timeout),
        deadline_(parts.tasks, parts.clock, [&stream] { stream.close(); }) {}

  asio::awaitable<Result<void>> write(std::string octets) {
    deadline_.set(timeout_, "write");
    const std::array<asio::const_buffer, 1> buffers{asio::buffer(octets)};
    const IoResult written = co_await stream_.write(buffers);
    deadline_.clear();
    if (written.ec) co_return failure(written.ec);
    co_return Result<void>{};
  }

  asio::awaitable<Result<RawReply>> read() {
    deadline_.set(timeout_, "reply");
    ReplyParser parser;
    RawReply raw;
    while (true) {
      const std::string_view before = unread_;
      const auto reply = parser.parse(unread_);
      if (!reply) co_return reply.error();
      raw.as_it_came += before.substr(0, before.size() - unread_.size());
      if (*reply) {
        raw.reply = **reply;
        deadline_.clear();
        co_return raw;
      }
      const IoResult read = co_await stream_.read_some(asio::buffer(buffer_));
      if (read.ec) co_return failure(read.ec);
      unread_ = {buffer_.data(), read.count};
    }
  }

  asio::awaitable<Result<RawReply>> ask(std::string command) {
    const Result<void> written = co_await write(command + "\r\n");
    if (!written) co_return written.error();
    co_return co_await read();
  }

  asio::awaitable<HandshakeResult> shake_hands(UpstreamParts parts, TlsExpectation expectation) {
    deadline_.set(timeout_, "TLS handshake");
    TlsClientOptions options = parts.tls.options_for(stream_.peer(), expectation);
    const HandshakeResult shaken =
        co_await stream_.handshake_client(parts.tls.context(), std::move(options));
    deadline_.clear();
    co_return shaken;
  }

  // Octets that nobody asked for.
  bool has_unread() const { return !unread_.empty(); }

 private:
  Error failure(const boost::system::error_code& ec) const {
    return {ec, deadline_.expired() ? "it does not answer" : ec.message()};
  }

  Stream& stream_;
  Duration timeout_;
  Deadline deadline_;
  std::array<char, 4096> buffer_{};
  std::string_view unread_;
};

// One lookup by the system, which cannot be cut short (getaddrinfo): who gives up waiting leaves it
// to itself. Belongs to one loop.
class Lookup : public std::enable_shared_from_this<Lookup> {
 public:
  using Found = tcp::resolver::results_type;
  using Handler = asio::any_completion_handler<void(error_code, Found)>;

  Lookup(asio::any_io_executor loop, const RouteTarget& target, std::uint16_t port)
      : loop_(loop), resolver_(loop), host_(target.host), port_(std::to_string(port)) {}

  void start(std::shared_ptr<Handler> waiter) {
    waiter_ = std::move(waiter);
    const auto self = shared_from_this();
    auto slot = asio::get_associated_cancellation_slot(*waiter_);
    if (slot.is_connected()) {
      slot.assign([self](asio::cancellation_type) { self->end(asio::error::operation_aborted); });
    }
    resolver_.async_resolve(
        host_, port_, [self](error_code ec, Found found) { self->end(ec, std::move(found)); });
  }
  // The first to come ends the wait.
  void end(error_code ec, Found found = {}) {
    if (!waiter_) return;
    auto parcel = std::make_shared<Found>(std::move(found));
    asio::post(loop_, [waiter = std::exchange(waiter_, nullptr), ec, parcel] {
      std::move (*waiter)(ec, std::move(*parcel));
    });
  }

 private:
  asio::any_io_executor loop_;
  tcp::resolver resolver_;
  std::string host_;
  std::string port_;
  std::shared_ptr<Handler> waiter_;
};

asio::awaitable<std::pair<error_code, Lookup::Found>> look_up(RouteTarget target,
                                                              std::uint16_t port,
                                                              UpstreamParts parts) {
  const asio::any_io_executor loop = co_await asio::this_coro::executor;
  const auto lookup = std::make_shared<Lookup>(loop, target, port);
  Deadline deadline(parts.tasks, parts.clock, [lookup] { lookup->end(asio::error::timed_out); });
  deadline.set(kLookupTimeout, "lookup");
  auto initiate = [lookup](auto handler) {
    lookup->start(std::make_shared<Lookup::Handler>(std::move(handler)));
  };
  auto [ec, found] = co_await asio::async_initiate<const Await&, void(error_code, Lookup::Found)>(
      initiate, kAwait);
  co_return std::pair(ec, std::move(found));
}

asio::awaitable<Result<std::vector<Endpoint>>> find_addresses(RouteTarget target,
                                                              UpstreamParts parts) {
  const std::uint16_t port = target.port != 0 ? target.port : kSmtpPort;
  std::vector<Endpoint> found;
  if (target.is_address) {
    found.push_back({target.host, port});
    co_return found;
  }
  auto [ec, results] = co_await look_up(target, port, parts);
  if (ec) co_return Error{ec, target.host + ": " + ec.message()};
  for (const auto& result : results) {
    found.push_back({result.endpoint().address().to_string(), port});
  }
  co_return found;
}

// The header has room for addresses of one family only.
std::string proxy_header(Endpoint client, Endpoint server) {
  const bool is_client_v6 = client.address.find(':') != std::string::npos;
  const bool is_server_v6 = server.address.find(':') != std::string::npos;
  if (is_client_v6 && !is_server_v6) server.address.insert(0, "::ffff:");
  if (!is_client_v6 && is_server_v6) client.address.insert(0, "::ffff:");
  return write_proxy_header(client, server);
}

// https://www.postfix.org/XCLIENT_README.html
std::string xclient_command(const Endpoint& client) {
  const bool is_v6 = client.address.find(':') != std::string::npos;
  return "XCLIENT ADDR=" + std::string(is_v6 ? "IPV6:" : "") + client.address;
}

// One connection, from its first octet to where the client's EHLO comes.
class Opening {
 public:
  Opening(const UpstreamPlan& plan, UpstreamParts parts, Stream& stream)
      : plan_(plan), parts_(parts), stream_(stream), talk_(stream, plan.timeout, parts) {}

  asio::awaitable<Result<RawReply>> run() {
    if (plan_.tell_client == ClientNotice::proxy) {
      std::string header = proxy_header(plan_.client, stream_.peer());
      const Result<void> written = co_await talk_.write(std::move(header));
      if (!written) co_return written.error();
    }
    if (plan_.tls == RouteTls::implicit) {
      const Result<void> secured = co_await secure();
      if (!secured) co_return secured.error();
    }
    const auto greeting = co_await talk_.read();
    if (!greeting || !greeting->reply.is_positive()) co_return greeting;
    const Result<void> prepared = co_await prepare();
    if (!prepared) co_return prepared.error();
    if (talk_.has_unread()) co_return unusable("it speaks before it is asked");
    co_return greeting;
  }

 private:
  // STARTTLS and XCLIENT.
  asio::awaitable<Result<void>> prepare() {
    const bool may_use_tls =
        plan_.tls == RouteTls::required ||
        (plan_.tls == RouteTls::opportunistic && !parts_.tls.is_broken(stream_.peer()));
    if (may_use_tls) {
      const Result<void> started = co_await start_tls();
      if (!started) co_return started;
    }
    if (plan_.tell_client != ClientNotice::xclient) co_return Result<void>{};
    const auto offer = co_await talk_.ask("EHLO " + plan_.ehlo_name);
    if (!offer) co_return offer.error();
    if (!offers(offer->as_it_came, "XCLIENT")) co_return unusable("it does not take XCLIENT");
    const auto told = co_await talk_.ask(xclient_command(plan_.client));
    if (!told) co_return told.error();
    if (!told->reply.is_positive()) co_return unusable("XCLIENT: " + told->reply.text());
    co_return Result<void>{};
  }

  asio::awaitable<Result<void>> start_tls() {
    const bool is_required = plan_.tls == RouteTls::required;
    const auto offer = co_await talk_.ask("EHLO " + plan_.ehlo_name);
    if (!offer) co_return offer.error();
    if (!offer->reply.is_positive() || !offers(offer->as_it_came, "STARTTLS")) {
      if (is_required) co_return unusable("it does not offer TLS");
      co_return Result<void>{};
    }
    const auto started = co_await talk_.ask("STARTTLS");
    if (!started) co_return started.error();
    if (!started->reply.is_positive()) {
      if (is_required) co_return unusable("STARTTLS: " + started->reply.text());
      co_return Result<void>{};
    }
    // RFC 3207 §6: nothing that came before TLS counts.
    if (talk_.has_unread()) co_return unusable("it speaks before TLS");
    co_return co_await secure();
  }

  asio::awaitable<Result<void>> secure() {
    TlsExpectation expectation;
    expectation.server_name = plan_.to.host;
    const bool is_checked = plan_.tls != RouteTls::opportunistic;
    if (is_checked) {
      expectation.kind = TlsExpectation::Kind::pkix;
      expectation.names = {plan_.to.host};
    }
    const HandshakeResult shaken = co_await talk_.shake_hands(parts_, std::move(expectation));
    if (shaken.ec) {
      if (!is_checked) parts_.tls.remember_broken(stream_.peer());
      co_return unusable("TLS handshake: " + shaken.ec.message());
    }
    if (is_checked && shaken.verify_error != 0) {
      co_return unusable("its certificate will not do: " + shaken.verify_problem);
    }
    co_return Result<void>{};
  }

  const UpstreamPlan& plan_;
  UpstreamParts parts_;
  Stream& stream_;
  Talk talk_;
};

asio::awaitable<Result<Upstream>> open_at(const UpstreamPlan& plan, UpstreamParts parts,
                                          Endpoint endpoint) {
  ConnectOptions options;
  options.to = endpoint;
  options.timeout = kConnectTimeout;
  auto connected = co_await connect_tcp(options, parts.clock);
  if (!connected) co_return connected.error();
  Upstream upstream;
  upstream.stream = std::move(*connected);
  Opening opening(plan, parts, *upstream.stream);
  auto greeting = co_await opening.run();
  if (!greeting) co_return greeting.error();
  upstream.greeting = std::move(greeting->as_it_came);
  upstream.greeted = std::move(greeting->reply);
  co_return std::move(upstream);
}

}  // namespace

asio::awaitable<Result<Upstream>> open_upstream(UpstreamPlan plan, UpstreamParts parts) {
  const auto addresses = co_await find_addresses(plan.to, parts);
  if (!addresses) co_return addresses.error();
  Error last = unusable(plan.to.host + " has no address");
  for (const Endpoint& endpoint : *addresses) {
    // Twice: where a handshake has failed, the second goes without TLS.
    for (int i = 0; i < 2; ++i) {
      const bool was_broken = parts.tls.is_broken(endpoint);
      auto opened = co_await open_at(plan, parts, endpoint);
      if (opened) co_return std::move(opened);
      last = opened.error();
      if (was_broken || !parts.tls.is_broken(endpoint)) break;
    }
  }
  co_return last;
}

}  // namespace posthaste
