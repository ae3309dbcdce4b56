#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace boost::asio::ssl {
class context;
}

namespace posthaste {

// A TLS context for listeners: TLS 1.2 and later, forward secrecy and authenticated ciphers only
// (RFC 8314 §4, RFC 9325). `certificate` is a PEM chain, `key` its private key. Errors name the
// file and what is wrong with it.
Result<std::shared_ptr<boost::asio::ssl::context>> load_server_tls(const std::string& certificate,
                                                                   const std::string& key);

}  // namespace posthaste
