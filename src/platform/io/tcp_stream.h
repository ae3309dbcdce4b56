#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "platform/io/stream.h"
#include "platform/io/task_group.h"

namespace posthaste {

// A connected TCP socket, with or without TLS on it.
class TcpStream final : public Stream {
 public:
  explicit TcpStream(boost::asio::ip::tcp::socket socket);
  ~TcpStream() override;

  boost::asio::awaitable<IoResult> read_some(boost::asio::mutable_buffer into) override;
  boost::asio::awaitable<IoResult> write(std::span<const boost::asio::const_buffer> data) override;
  boost::asio::awaitable<IoResult> handshake_server(boost::asio::ssl::context& context) override;
  boost::asio::awaitable<HandshakeResult> handshake_client(boost::asio::ssl::context& context,
                                                           TlsClientOptions options) override;
  boost::asio::awaitable<void> shutdown() override;
  void close() override;

  const std::optional<TlsInfo>& tls() const override { return tls_info_; }
  Endpoint peer() const override { return peer_; }
  Endpoint local() const override { return local_; }

 private:
  using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

  void record_tls();

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<TlsStream> tls_;
  std::optional<TlsInfo> tls_info_;
  Endpoint peer_;
  Endpoint local_;
};

struct ConnectOptions {
  Endpoint to;
  std::optional<std::string> from_address;  // the local address to bind
  Clock::duration timeout = std::chrono::seconds(30);
};

// Opens one TCP connection on the caller's loop; the error says which address and why.
boost::asio::awaitable<Result<std::unique_ptr<Stream>>> connect_tcp(ConnectOptions options,
                                                                    Clock& clock);

}  // namespace posthaste
