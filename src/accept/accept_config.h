#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/units.h"

namespace posthaste {

enum class ListenerProtocol : std::uint8_t { smtp, http };
enum class ListenerRole : std::uint8_t { submission, inbound, analytics_relay, api, admin };
// RFC 3207 and, for implicit, RFC 8314 §3.3.
enum class ListenerTls : std::uint8_t { off, opportunistic, required, implicit };
enum class ListenerAuth : std::uint8_t { off, optional, required };

// A `listener` block. HTTP listeners use the upper part only.
struct ListenerConfig {
  std::string name;
  ListenerProtocol protocol = ListenerProtocol::smtp;
  std::string address;  // "127.0.0.1:2525", "[::1]:0"
  ListenerRole role = ListenerRole::submission;
  ListenerTls tls = ListenerTls::off;
  std::string certificate;
  std::string key;
  std::uint32_t max_connections = 10'000;

  ListenerAuth auth = ListenerAuth::off;
  bool auth_without_tls = false;  // beyond loopback, where it is always allowed
  std::vector<std::string> relay_from = {"127.0.0.0/8", "::1"};
  std::vector<std::string> proxy_from;
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
};

}  // namespace posthaste
