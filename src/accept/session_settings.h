#pragma once

#include <memory>
#include <string>
#include <vector>

#include "accept/accept_config.h"
#include "accept/auth.h"
#include "accept/network_list.h"
#include "base/result.h"

namespace boost::asio::ssl {
class context;
}

namespace posthaste {

class DkimSigner;
class SenderHeaders;

// All that a session of one listener needs to know of the configuration. Never changed once made:
// a reload makes a new one for new sessions, and those that run keep theirs.
struct SessionSettings {
  ListenerConfig listener;
  std::string hostname;  // in greeting, Received and Message-ID
  NetworkList relay_from;
  NetworkList proxy_from;
  std::shared_ptr<boost::asio::ssl::context> tls;       // null: no TLS here
  std::shared_ptr<const CredentialSet> users;           // never null
  std::shared_ptr<const DkimSigner> signer;             // null: nothing is signed
  std::shared_ptr<const SenderHeaders> sender_headers;  // null: none are added
};

// What all listeners share.
struct ServerIdentity {
  std::string hostname;
  std::shared_ptr<const CredentialSet> users;
  std::shared_ptr<const DkimSigner> signer;
  std::shared_ptr<const SenderHeaders> sender_headers;
};

// Loads the certificate and parses the networks. Errors name the listener.
Result<std::shared_ptr<const SessionSettings>> make_session_settings(ListenerConfig listener,
                                                                     ServerIdentity identity);

}  // namespace posthaste
