#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace posthaste {

// What the sink saw. Each loop keeps its own; they are added up when somebody asks.
struct SinkCounts {
  using ByName = std::unordered_map<std::string, std::uint64_t>;
  struct Client {
    std::uint64_t connections = 0;
    std::uint64_t messages = 0;
    std::uint64_t recipients = 0;
    std::uint64_t refused = 0;
  };

  std::uint64_t connections = 0;
  std::uint64_t open = 0;  // connections now
  std::uint64_t tls = 0;   // connections that went over to TLS
  std::uint64_t messages = 0;
  std::uint64_t recipients = 0;
  std::uint64_t octets = 0;
  std::uint64_t without_id = 0;
  ByName refused;     // by the rule or limit that refused, or what was wrong
  ByName violations;  // by the limit, or the standard's rule, that was broken
  ByName domains;     // recipients taken, by their domain
  std::unordered_map<std::string, Client> clients;

  // Adds to an entry. Peers make up names: what comes beyond 100,000 is counted as "other".
  static void add_to(ByName& counts, std::string_view name, std::uint64_t by = 1);
  Client& client(const std::string& address);

  SinkCounts& operator+=(const SinkCounts& other);
  // All but what is true now.
  void clear();
};

}  // namespace posthaste
