#include "accept/server_tls.h"

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>

#include "accept/accept_error.h"

namespace posthaste {

namespace ssl = boost::asio::ssl;

namespace {

constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

Error unusable(const std::string& what, const boost::system::error_code& ec) {
  return {AcceptError::bad_certificate, what + " (" + ec.message() + "): check path and content"};
}

}  // namespace

Result<std::shared_ptr<ssl::context>> load_server_tls(const std::string& certificate,
                                                      const std::string& key) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(
      native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(native, kTls12Ciphers);
  // Idle connections hold no record buffers.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  static constexpr unsigned char kSessionContext[] = "posthaste";
  SSL_CTX_set_session_id_context(native, kSessionContext, sizeof kSessionContext - 1);

  boost::system::error_code ec;
  context->use_certificate_chain_file(certificate, ec);
  if (ec) return unusable("certificate \"" + certificate + "\" cannot be used", ec);
  context->use_private_key_file(key, ssl::context::pem, ec);
  if (ec) return unusable("key \"" + key + "\" cannot be used", ec);
  if (SSL_CTX_check_private_key(native) != 1) {
    return Error{AcceptError::bad_certificate, "key \"" + key + "\" is not that of certificate \"" +
                                                   certificate +
                                                   "\": give the key the certificate was made for"};
  }
  return context;
}

}  // namespace posthaste
