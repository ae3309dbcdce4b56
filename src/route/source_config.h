#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/config_schema.h"
#include "platform/io/stream.h"
#include "route/limits.h"
#include "route/warmup_config.h"

namespace posthaste {

// An address of this machine that mail is sent from.
struct SourceAddress {
  std::string text;  // "192.0.2.1", "2001:db8::1"

  static Result<SourceAddress> parse(std::string_view text);
  const std::string& to_string() const { return text; }
  static std::string config_type_name() { return "IPv4 or IPv6 address"; }
  // Whether the two are of one family.
  bool can_reach(const Endpoint& to) const {
    return (text.find(':') == std::string::npos) == (to.address.find(':') == std::string::npos);
  }
  auto operator<=>(const SourceAddress&) const = default;
};

// What outgoing connections go through.
struct SourceProxy {
  enum class Kind : std::uint8_t {
    haproxy,  // the PROXY protocol, version 2, tells a proxy where to connect from and to
    socks5,   // RFC 1928
  };
  Kind kind = Kind::socks5;
  std::string host;  // an address
  std::uint16_t port = 0;

  // "haproxy://192.0.2.9:5000", "socks5://[2001:db8::9]:1080".
  static Result<SourceProxy> parse(std::string_view text);
  std::string to_string() const;
  static std::string config_type_name() {
    return "haproxy://ADDRESS:PORT or socks5://ADDRESS:PORT";
  }
  auto operator<=>(const SourceProxy&) const = default;
};

// A source block: one sending address.
struct SourceConfig : Limits {
  std::string name;
  std::optional<SourceAddress> address;  // not set: the one that the system chooses
  // What the world sees, where another machine translates it; not set: `address`.
  std::optional<SourceAddress> public_address;
  std::string hostname;  // in EHLO; "": that of the server
  std::optional<SourceProxy> proxy;
  std::optional<WarmupConfig> warmup;  // not set: the address is warm
  std::vector<PairLimits> providers;
  ConfigLocation where;
};

// One source of a pool.
struct PoolMember {
  std::string source;
  std::uint32_t weight = 1;
  ConfigLocation where;
};

// A pool block: sources that share mail.
struct PoolConfig : Limits {
  std::string name;
  std::vector<PoolMember> members;
  std::vector<PairLimits> providers;
  ConfigLocation where;
};

const BlockSchema<SourceConfig>& source_schema();
const BlockSchema<PoolConfig>& pool_schema();

}  // namespace posthaste
