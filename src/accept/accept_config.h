#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "accept/network_list.h"
#include "base/units.h"
#include "platform/config.h"
#include "route/route_config.h"

namespace posthaste {

enum class ListenerProtocol : std::uint8_t { smtp, http };
enum class ListenerRole : std::uint8_t { submission, inbound, analytics_relay, api, admin };
// RFC 3207 and, for implicit, RFC 8314 §3.3.
enum class ListenerTls : std::uint8_t { off, opportunistic, required, implicit };
enum class ListenerAuth : std::uint8_t { off, optional, required };
// Of an analytics relay: whether AUTH is passed on.
enum class AuthPassing : std::uint8_t { never, with_tls, always };
// How an analytics relay tells the next server who its client is.
enum class ClientNotice : std::uint8_t { none, xclient, proxy };

template <>
struct ConfigNames<ListenerProtocol> {
  static constexpr std::array names{std::pair{"smtp", ListenerProtocol::smtp},
                                    std::pair{"http", ListenerProtocol::http}};
};
template <>
struct ConfigNames<ListenerRole> {
  static constexpr std::array names{std::pair{"submission", ListenerRole::submission},
                                    std::pair{"inbound", ListenerRole::inbound},
                                    std::pair{"analytics_relay", ListenerRole::analytics_relay},
                                    std::pair{"api", ListenerRole::api},
                                    std::pair{"admin", ListenerRole::admin}};
};
template <>
struct ConfigNames<ListenerTls> {
  static constexpr std::array names{
      std::pair{"off", ListenerTls::off}, std::pair{"opportunistic", ListenerTls::opportunistic},
      std::pair{"required", ListenerTls::required}, std::pair{"implicit", ListenerTls::implicit}};
};
template <>
struct ConfigNames<ListenerAuth> {
  static constexpr std::array names{std::pair{"off", ListenerAuth::off},
                                    std::pair{"optional", ListenerAuth::optional},
                                    std::pair{"required", ListenerAuth::required}};
};
template <>
struct ConfigNames<AuthPassing> {
  static constexpr std::array names{std::pair{"never", AuthPassing::never},
                                    std::pair{"with_tls", AuthPassing::with_tls},
                                    std::pair{"always", AuthPassing::always}};
};
template <>
struct ConfigNames<ClientNotice> {
  static constexpr std::array names{std::pair{"none", ClientNotice::none},
                                    std::pair{"xclient", ClientNotice::xclient},
                                    std::pair{"proxy", ClientNotice::proxy}};
};

// A `listener` block. HTTP listeners use the upper part only.
struct ListenerConfig {
  std::string name;
  ListenerProtocol protocol = ListenerProtocol::smtp;
  SocketAddress address;
  std::optional<ListenerRole> role;
  ListenerTls tls = ListenerTls::off;
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::uint32_t max_connections = 10'000;

  ListenerAuth auth = ListenerAuth::off;
  bool auth_without_tls = false;  // beyond loopback, where it is always allowed
  std::vector<Network> relay_from = loopback_networks();
  std::vector<Network> proxy_from;  // balancers that speak the PROXY protocol
  std::uint32_t max_connections_per_address = 1'000;
  Bytes max_message_size{50'000'000};
  Bytes max_header_size{1024 * 1024};
  Bytes max_line_length{64 * 1024};
  std::uint32_t max_recipients = 1'000;
  std::uint32_t max_transactions = 100'000;  // of one connection
  std::uint32_t max_errors = 20;             // of one connection
  std::uint32_t max_hops = 100;              // RFC 5321 §6.3
  bool refuse_early_talkers = true;
  Duration greeting_delay{0};
  Duration command_timeout = std::chrono::minutes(5);    // RFC 5321 §4.5.3.2.7
  Duration data_timeout = std::chrono::minutes(3);       // RFC 5321 §4.5.3.2.5
  Duration handshake_timeout = std::chrono::minutes(1);  // TLS and PROXY header

  // Of role analytics_relay only.
  std::optional<RouteTarget> upstream;
  RouteTls upstream_tls = RouteTls::opportunistic;
  Duration upstream_timeout = std::chrono::minutes(5);  // RFC 5321 §4.5.3.2
  AuthPassing pass_auth = AuthPassing::with_tls;
  ClientNotice tell_client = ClientNotice::none;
  std::vector<std::string> headers;  // that its events show

  // The role given, else submission for smtp and api for http.
  ListenerRole effective_role() const;
  // Of one message: max_recipients, but fewer where mail comes back, for each of them costs a
  // reading of the message.
  std::uint32_t recipients_at_once() const;
};

// A `user` block: who may submit mail.
struct UserConfig {
  std::string name;
  // A crypt(3) hash ("$y$…", "$6$…", "$2b$…"), or "{plain}" and the password itself.
  std::string password;
  std::filesystem::path password_file;  // holds the same, in its first line
  std::string tenant;                   // "" for none
};

const BlockSchema<ListenerConfig>& listener_schema();
const BlockSchema<UserConfig>& user_schema();

}  // namespace posthaste
