#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/dmarc/dmarc_record.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// One name of a tree walk, and what stands at "_dmarc." before it.
struct DmarcStop {
  std::string domain;
  bool is_failure = false;  // DNS did not answer
  std::string text;         // of the one record there
  std::optional<DmarcRecord> record;
};

// The walk from a domain up the tree (RFC 9989 §4.10), the longest name first; it ends with the
// first record that says "psd=y" or "psd=n".
struct DmarcWalk {
  std::vector<DmarcStop> stops;

  // RFC 9989 §4.10.2
  std::string organizational_domain() const;
  // Whether a name was not answered that lies in `domain`, or is it. With "" any name does.
  bool has_failure_in(std::string_view domain) const;
  bool has_psd_tag() const;  // y or n
};

// At most eight names.
std::vector<std::string> dmarc_walk_names(std::string_view domain);

// The walks of one evaluation; no name is asked for twice.
class DmarcTree {
 public:
  // `resolver` outlives it.
  explicit DmarcTree(Resolver& resolver) : resolver_(resolver) {}

  // Asks, all at one time, for what the walks from these need.
  boost::asio::awaitable<void> fetch(std::vector<std::string> domains);
  bool has(std::string_view domain) const { return known_.contains(domain); }
  // Requires: it was fetched.
  DmarcWalk walk(std::string_view domain) const;
  int lookups() const { return static_cast<int>(known_.size()); }

 private:
  Resolver& resolver_;
  std::map<std::string, DmarcStop, std::less<>> known_;
};

}  // namespace posthaste
