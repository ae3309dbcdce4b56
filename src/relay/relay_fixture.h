#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accept/session_settings.h"
#include "relay/relay_session.h"

namespace posthaste {

inline const std::string kEnvelope = "MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\n";

inline std::shared_ptr<SessionSettings> relay_settings(ListenerConfig listener = {}) {
  auto settings = std::make_shared<SessionSettings>();
  listener.name = "relay";
  listener.role = ListenerRole::analytics_relay;
  if (!listener.upstream) listener.upstream = *RouteTarget::parse("192.0.2.1:25");
  settings->hostname = "relay.example";
  settings->users = std::make_shared<CredentialSet>();
  settings->relay_from = NetworkList(listener.relay_from);
  settings->listener = std::move(listener);
  return settings;
}

// A RelaySession between a client and a next server, both played by a test. Octets reach the
// session `step` at a time.
class RelayDialogue {
 public:
  explicit RelayDialogue(std::shared_ptr<const SessionSettings> settings = relay_settings(),
                         std::string_view peer = "127.0.0.1")
      : session_(std::move(settings), peer) {}

  // The client says it; what the next server gets to see of it is returned. Octets that are not
  // taken yet are taken later.
  std::string client(std::string_view octets) {
    unread_ += octets;
    feed();
    return session_.take_to_upstream();
  }
  // The next server says it; returns what the client gets to see.
  std::string server(std::string_view octets) {
    for (std::size_t at = 0; at < octets.size(); at += std::min(step, octets.size() - at)) {
      session_.on_upstream(octets.substr(at, step));
      feed();
    }
    return session_.take_to_client();
  }
  std::string heard_by_client() { return session_.take_to_client(); }
  std::string heard_by_server() { return session_.take_to_upstream(); }

  // Greeting and EHLO are over.
  RelayDialogue& begin(std::string_view offer = "250-mx.example\r\n250 PIPELINING\r\n") {
    client("EHLO client.example\r\n");
    server(offer);
    return *this;
  }
  // A transaction up to the go-ahead.
  RelayDialogue& begin_content() {
    client("MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n");
    server("250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go ahead\r\n");
    return *this;
  }

  RelaySession& session() { return session_; }
  bool is_closed() const { return session_.need() == RelaySession::Need::close; }
  std::string_view unread() const { return unread_; }

  std::size_t step = std::string::npos;

 private:
  void feed() {
    while (!unread_.empty() && session_.need() == RelaySession::Need::input) {
      const std::string piece = unread_.substr(0, step);
      unread_.erase(0, session_.feed(piece));
    }
  }

  RelaySession session_;
  std::string unread_;  // of the client, by the session
};

}  // namespace posthaste
