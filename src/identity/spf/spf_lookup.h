#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "identity/spf/spf.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// What one check may still ask of DNS (RFC 7208 §4.6.4), and the asking. Every limit is here.
class SpfLookup {
 public:
  // Both outlive it.
  SpfLookup(Resolver& resolver, Clock& clock);

  // Counts a term that needs DNS. False: it is one too many, and the check a permerror.
  bool begin_term();
  // Counts the answer to a term when it is that there is nothing. False: it is one too many.
  bool count_void(DnsStatus status);

  boost::asio::awaitable<DnsResult> ask(std::string name, RecordType type);
  boost::asio::awaitable<std::vector<DnsResult>> ask_all(std::vector<DnsQuestion> questions);

  // The names of the client that its address confirms (RFC 7208 §5.5), of the first ten that DNS
  // gives; asked once a check.
  boost::asio::awaitable<std::vector<std::string>> validated_names(boost::asio::ip::address client);
  // What DNS said when it was asked for them.
  DnsStatus name_status() const { return name_status_; }

  int lookups() const { return lookups_; }
  int void_lookups() const { return void_lookups_; }

 private:
  bool is_out_of_time() const;

  Resolver& resolver_;
  Clock& clock_;
  Clock::time_point end_;
  int lookups_ = 0;
  int void_lookups_ = 0;
  std::optional<std::vector<std::string>> validated_names_;
  DnsStatus name_status_ = DnsStatus::nodata;
};

inline constexpr int kMaxSpfLookups = 10;
inline constexpr int kMaxSpfVoidLookups = 2;
inline constexpr std::size_t kMaxSpfHosts = 10;  // of one "mx", and names of one client

}  // namespace posthaste
