#include "platform/io/tcp_stream.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "platform/io/deadline.h"

namespace posthaste {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

Endpoint to_endpoint(const tcp::endpoint& endpoint) {
  return {endpoint.address().to_string(), endpoint.port()};
}

// Says whom a client expects.
void name_peer(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  boost::system::error_code not_an_address;
  asio::ip::make_address(name, not_an_address);
  if (!not_an_address) {
    X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str());
    return;
  }
  // SNI carries names only, never addresses (RFC 6066 §3).
  SSL_set_tlsext_host_name(ssl, name.c_str());
  // RFC 6125 §6.4.3: a wildcard is a whole label.
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(ssl, name.c_str());
}

std::string subject_of(X509* certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  // A peer may put anything there; more than this tells nobody anything.
  return {data, static_cast<std::size_t>(std::min(size, 256L))};
}

std::string fingerprint_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  std::string text;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace

TcpStream::TcpStream(tcp::socket socket) : socket_(std::move(socket)) {
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  if (const auto peer = socket_.remote_endpoint(ignored); !ignored) peer_ = to_endpoint(peer);
  if (const auto local = socket_.local_endpoint(ignored); !ignored) local_ = to_endpoint(local);
}

TcpStream::~TcpStream() = default;

asio::awaitable<IoResult> TcpStream::read_some(asio::mutable_buffer into) {
  if (tls_) {
    auto [ec, count] = co_await tls_->async_read_some(into, kAwait);
    co_return IoResult{ec, count};
  }
  auto [ec, count] = co_await socket_.async_read_some(into, kAwait);
  co_return IoResult{ec, count};
}

asio::awaitable<IoResult> TcpStream::write(std::span<const asio::const_buffer> data) {
  if (tls_) {
    auto [ec, count] = co_await asio::async_write(*tls_, data, kAwait);
    co_return IoResult{ec, count};
  }
  // Nearly every write fits the socket's buffer: try once before asking the reactor.
  socket_.non_blocking(true);
  boost::system::error_code ec;
  std::size_t total = asio::buffer_size(data);
  std::size_t done = socket_.write_some(data, ec);
  if (ec == asio::error::would_block) {
    ec = {};
  }
  if (ec || done == total) co_return IoResult{ec, done};
  for (const asio::const_buffer& piece : data) {
    const std::size_t skip = std::min(done, piece.size());
    done -= skip;
    if (skip == piece.size()) continue;
    auto [error, count] = co_await asio::async_write(socket_, piece + skip, kAwait);
    if (error) co_return IoResult{error, total};
  }
  co_return IoResult{{}, total};
}

asio::awaitable<IoResult> TcpStream::handshake_server(asio::ssl::context& context) {
  tls_ = std::make_unique<TlsStream>(socket_, context);
  auto [ec] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kAwait);
  if (!ec) record_tls();
  co_return IoResult{ec, 0};
}

asio::awaitable<HandshakeResult> TcpStream::handshake_client(asio::ssl::context& context,
                                                             TlsClientOptions options) {
  tls_ = std::make_unique<TlsStream>(socket_, context);
  SSL* ssl = tls_->native_handle();
  if (!options.server_name.empty()) name_peer(ssl, options.server_name);
  if (options.prepare) options.prepare(ssl);
  auto [ec] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAwait);
  HandshakeResult result{.ec = ec};
  result.verify_error = static_cast<int>(SSL_get_verify_result(ssl));
  if (result.verify_error != X509_V_OK) {
    result.verify_problem = X509_verify_cert_error_string(result.verify_error);
  }
  if (!ec) {
    record_tls();
    tls_info_->server_name = std::move(options.server_name);
  }
  co_return result;
}

void TcpStream::record_tls() {
  SSL* ssl = tls_->native_handle();
  TlsInfo info;
  info.version = SSL_get_version(ssl);
  info.cipher = SSL_get_cipher_name(ssl);
  info.is_resumed = SSL_session_reused(ssl) == 1;
  if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name))
    info.server_name = name;
  if (X509* certificate = SSL_get0_peer_certificate(ssl)) {
    info.is_peer_verified = SSL_get_verify_result(ssl) == X509_V_OK;
    info.peer_subject = subject_of(certificate);
    info.peer_fingerprint = fingerprint_of(certificate);
  }
  tls_info_ = std::move(info);
}

asio::awaitable<void> TcpStream::shutdown() {
  if (tls_) co_await tls_->async_shutdown(kAwait);
}

void TcpStream::close() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  socket_.close(ignored);
}

asio::awaitable<Result<std::unique_ptr<Stream>>> connect_tcp(ConnectOptions options, Clock& clock) {
  const auto executor = co_await asio::this_coro::executor;
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(options.to.address, ec);
  if (ec) co_return Error{ec, "\"" + options.to.address + "\" is no IP address"};
  const std::string where = options.to.address + " port " + std::to_string(options.to.port);

  tcp::socket socket(executor);
  socket.open(address.is_v4() ? tcp::v4() : tcp::v6(), ec);
  if (ec) co_return Error{ec, where + ": " + ec.message()};
  if (options.from_address) {
    const auto local = asio::ip::make_address(*options.from_address, ec);
    if (!ec) socket.bind(tcp::endpoint(local, 0), ec);
    if (ec) co_return Error{ec, "cannot send from " + *options.from_address + ": " + ec.message()};
  }

  TaskGroup timer_group(executor);
  bool timed_out = false;
  {
    Deadline deadline(timer_group, clock, [&socket] {
      boost::system::error_code ignored;
      socket.close(ignored);
    });
    deadline.set(options.timeout, "connect");
    const tcp::endpoint to(address, options.to.port);
    auto [error] = co_await socket.async_connect(to, kAwait);
    ec = error;
    timed_out = deadline.expired();
  }
  co_await timer_group.join();
  if (timed_out) ec = asio::error::timed_out;
  if (ec) co_return Error{ec, where + ": " + ec.message()};
  std::unique_ptr<Stream> stream = std::make_unique<TcpStream>(std::move(socket));
  co_return std::move(stream);
}

}  // namespace posthaste
