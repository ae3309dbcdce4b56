#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/dns/resolver.h"
#include "platform/dns/zone_text.h"

namespace posthaste {

// Answers from a JSON text instead of the network, for the verbs that take --dns FILE:
//
//   {"example.com MX": ["10 mx.example.com."], "example.com TXT": ["v=spf1 -all"],
//    "mx.example.com A": "SERVFAIL"}
//
// In place of the list stands one of NODATA, NXDOMAIN, SERVFAIL, TIMEOUT. A type that the text
// does not give for a name it has is nodata, a name it does not have nxdomain; CNAMEs are followed.
// Nothing is DNSSEC authenticated. Immutable: any thread may ask.
class JsonResolver final : public Resolver {
 public:
  static Result<JsonResolver> parse(std::string_view json);
  static Result<JsonResolver> read(const std::filesystem::path& file);

  boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType type) override;

 private:
  explicit JsonResolver(ZoneText zone) : zone_(std::move(zone)) {}

  ZoneText zone_;
};

}  // namespace posthaste
