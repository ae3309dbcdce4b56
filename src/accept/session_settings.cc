#include "accept/session_settings.h"

#include <utility>

#include "accept/server_tls.h"

namespace posthaste {

Result<std::shared_ptr<const SessionSettings>> make_session_settings(ListenerConfig listener,
                                                                     ServerIdentity identity) {
  auto settings = std::make_shared<SessionSettings>();
  settings->hostname = std::move(identity.hostname);
  settings->users = std::move(identity.users);
  settings->signer = std::move(identity.signer);
  settings->sender_headers = std::move(identity.sender_headers);
  settings->relay_from = NetworkList(listener.relay_from);
  settings->proxy_from = NetworkList(listener.proxy_from);
  if (listener.tls != ListenerTls::off) {
    auto tls = load_server_tls(listener.certificate.string(), listener.key.string());
    if (!tls) {
      Error error = tls.error();
      error.detail = "listener \"" + listener.name + "\": " + error.detail;
      return error;
    }
    settings->tls = *std::move(tls);
  }
  settings->listener = std::move(listener);
  return std::shared_ptr<const SessionSettings>(std::move(settings));
}

}  // namespace posthaste
