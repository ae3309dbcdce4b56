#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;  // OpenSSL's SSL

namespace boost::asio::ssl {
class context;
}

namespace posthaste {

struct IoResult {
  boost::system::error_code ec;
  std::size_t count = 0;  // octets moved, also when ec is set
};

// What a TLS handshake agreed on.
struct TlsInfo {
  std::string version;            // "TLSv1.3"
  std::string cipher;             // "TLS_AES_256_GCM_SHA384"
  std::string server_name;        // SNI, where sent
  bool is_peer_verified = false;  // chain and name, by the context's rules
  std::string peer_subject;       // of the peer's certificate (RFC 2253), "" if none
  std::string peer_fingerprint;   // its SHA-256 in hexadecimal, "" if none
  bool is_resumed = false;        // a session of before: the certificate is the one it had then
};

// How a client begins TLS.
struct TlsClientOptions {
  // Sent as SNI unless it is an address; the name or address that the certificate has to bear.
  std::string server_name;
  // Null, or the last word before the handshake: other names to bear, records of DANE, a session to
  // resume. Requires: what it uses outlives the handshake.
  std::function<void(ssl_st*)> prepare;
};

// What a client's handshake came to.
struct HandshakeResult {
  boost::system::error_code ec;
  // What is wrong with the peer's certificate, an X509_V_ERR_… of OpenSSL and its text; also of a
  // handshake that a context which verifies nothing let pass. X509_V_OK: nothing.
  int verify_error = 0;
  std::string verify_problem;
};

struct Endpoint {
  std::string address;  // "192.0.2.1" or "2001:db8::1"
  unsigned short port = 0;
};

// One connection's bytes: plain TCP, TLS, or a script in tests. A stream belongs to one loop, and
// has at most one read and one write pending. Nothing throws; every failure is in IoResult::ec.
class Stream {
 public:
  virtual ~Stream() = default;

  // Reads what is there, at least one octet. End of stream is boost::asio::error::eof.
  virtual boost::asio::awaitable<IoResult> read_some(boost::asio::mutable_buffer into) = 0;
  // Writes all of it.
  virtual boost::asio::awaitable<IoResult> write(
      std::span<const boost::asio::const_buffer> data) = 0;

  // TLS from here on (RFC 3207, RFC 8314). `context` outlives the stream. Octets that were read
  // before the call are the caller's to discard: none of them may be used after it.
  virtual boost::asio::awaitable<IoResult> handshake_server(boost::asio::ssl::context& context) = 0;
  // The context's verify mode decides whether a certificate that will not do ends the handshake.
  virtual boost::asio::awaitable<HandshakeResult> handshake_client(
      boost::asio::ssl::context& context, TlsClientOptions options) = 0;
  // Ends TLS politely where there is TLS: sends close_notify and waits for the peer's, so set a
  // deadline before.
  virtual boost::asio::awaitable<void> shutdown() = 0;
  // Ends every pending operation. May be called at any time, more than once, on the stream's loop.
  virtual void close() = 0;

  virtual const std::optional<TlsInfo>& tls() const = 0;
  virtual Endpoint peer() const = 0;
  virtual Endpoint local() const = 0;
};

}  // namespace posthaste
