#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/dns/authoritative_servers.h"
#include "platform/dns/json_resolver.h"

namespace posthaste {

// DNS from a file, for both sides of the doctor: json_resolver.h says the form. A key may end in
// "@SERVER", the name of a name server: then this is what that server says instead.
// "@authoritative" stands for every server, known or not:
//
//   {"example.com TXT": ["v=spf1 -all"],
//    "example.com TXT @authoritative": ["v=spf1 ip4:192.0.2.1 -all"],
//    "mail._domainkey.example.com TXT @ns2.example.net": "NXDOMAIN"}
//
// Where no key has a server, all sides say the same, and authoritative() is null.
class ModelledDns {
 public:
  static Result<ModelledDns> parse(std::string_view json);
  static Result<ModelledDns> read(const std::filesystem::path& file);

  Resolver& resolver() { return *resolver_; }
  AuthoritativeServers* authoritative() { return servers_.get(); }

 private:
  class Servers;

  ModelledDns(std::unique_ptr<JsonResolver> resolver, std::unique_ptr<AuthoritativeServers> servers)
      : resolver_(std::move(resolver)), servers_(std::move(servers)) {}

  std::unique_ptr<JsonResolver> resolver_;
  std::unique_ptr<AuthoritativeServers> servers_;
};

}  // namespace posthaste
