#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/dns/dns_config.h"
#include "platform/dns/resolver.h"
#include "platform/dns/zone_text.h"

namespace posthaste {

// The part of the name space that the configuration answers, so that nothing is asked outside:
//   1. every name in `local_data`, wildcards included;
//   2. everything in `local_zones` ("." is all names);
//   3. everything in a top-level domain that RFC 2606 §2 keeps for tests and examples (test,
//      example, invalid, localhost), if the local data has a name in it or no `servers` could know
//      it better.
// A name of these that has no data is nxdomain. Immutable.
class LocalData {
 public:
  static Result<LocalData> create(const DnsConfig& config);

  // Requires: a normalized name.
  bool covers(std::string_view name) const;
  // Requires: covers(name). A CNAME may leave: then canonical_name is not covered.
  DnsResult answer(std::string_view name, RecordType type) const {
    return data_.answer(name, type);
  }

 private:
  ZoneText data_;
  std::vector<std::string> zones_;
};

}  // namespace posthaste
