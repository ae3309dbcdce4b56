#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "deliver/client_tls.h"
#include "identity/transport/tls_verification.h"
#include "platform/io/certificate_fixture.h"
#include "platform/io/task_group.h"
#include "platform/io/tcp_stream.h"

namespace posthaste {

// In hexadecimal, as TLSA records have it.
inline std::string digest_of(const std::string& octets, const EVP_MD* md = EVP_sha256()) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(octets.data(), octets.size(), digest, &size, md, nullptr);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

// Handshakes between a client's TLS and a server with one certificate, over loopback.
class HandshakePair {
 public:
  explicit HandshakePair(ClientTls& tls) : tls_(tls) {}

  struct Outcome {
    HandshakeResult client;
    TlsInfo info;
  };
  Outcome shake_hands(const TlsExpectation& expectation, boost::asio::ssl::context& server) {
    Outcome outcome;
    tasks_.spawn(serve(server));
    tasks_.spawn(call(expectation, outcome));
    context_.restart();
    context_.run();
    return outcome;
  }

 private:
  boost::asio::awaitable<void> serve(boost::asio::ssl::context& server) {
    auto [ec, socket] =
        co_await acceptor_.async_accept(boost::asio::as_tuple(boost::asio::use_awaitable));
    TcpStream stream(std::move(socket));
    const IoResult shaken = co_await stream.handshake_server(server);
    if (shaken.ec) co_return;
    // Session tickets come with the first octets.
    static constexpr char kOctet = 'x';
    const std::array<boost::asio::const_buffer, 1> octet{boost::asio::buffer(&kOctet, 1)};
    co_await stream.write(octet);
    char end = 0;
    co_await stream.read_some(boost::asio::buffer(&end, 1));
  }
  boost::asio::awaitable<void> call(TlsExpectation expectation, Outcome& outcome) {
    ConnectOptions to;
    to.to = {"127.0.0.1", acceptor_.local_endpoint().port()};
    auto connected = co_await connect_tcp(std::move(to), clock_);
    if (!connected) co_return;
    const std::unique_ptr<Stream> stream = std::move(*connected);
    TlsClientOptions options = tls_.options_for({"192.0.2.1", 25}, expectation);
    outcome.client = co_await stream->handshake_client(tls_.context(), std::move(options));
    char octet = 0;
    co_await stream->read_some(boost::asio::buffer(&octet, 1));
    if (stream->tls()) outcome.info = *stream->tls();
    stream->close();
  }

  ClientTls& tls_;
  SystemClock clock_;
  boost::asio::io_context context_{1};
  boost::asio::ip::tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
  TaskGroup tasks_{context_.get_executor()};
};

// The X509_V_ERR_… of a handshake with a server that has this certificate, of `chain` where that
// is not empty.
inline int shake_hands(const TlsExpectation& expectation, const TestCertificate& certificate,
                       const std::vector<TestCertificate>& chain = {}) {
  ManualClock clock;
  ClientTls tls(clock);
  boost::asio::ssl::context server(boost::asio::ssl::context::tls_server);
  certificate.give_to(server, chain);
  const auto outcome = HandshakePair(tls).shake_hands(expectation, server);
  EXPECT_FALSE(outcome.client.ec) << outcome.client.ec.message();
  return outcome.client.verify_error;
}

}  // namespace posthaste
