#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// DNS records written as text, one a line, and the answers that follow from them:
//
//   example.test.  300 IN MX 10 mx.example.test.   TTL and class may be left out
//   *.bulk.test.   MX 10 mx.example.test.          stands for names that are not written (RFC 4592)
//   example.test.  TXT "v=spf1 -all"
//   broken.test.   SERVFAIL     every question for this name and below; also TIMEOUT, BOGUS,
//                               NODATA and NXDOMAIN
//   slow.test.     MX TIMEOUT   this question only
//   signed.test.   SECURE       answers for this name and below count as DNSSEC authenticated
//
// Blank lines and comments, which begin with ";", are skipped. Not thread-safe while it changes.
class ZoneText {
 public:
  // Adds one line. The error says what is wrong with it.
  Result<void> add(std::string_view line);
  // The same, in parts. Requires: a name as normalize_dns_name gives it.
  void add_record(const std::string& name, RecordType type, Rdata record);
  void set_status(const std::string& name, RecordType type, DnsStatus status);

  // Answers from these records alone. CNAMEs are followed; one that leaves the records ends with
  // status nxdomain and, in canonical_name, the name it left for.
  DnsResult answer(std::string_view name, RecordType type) const;

  // Whether some line is about this name: its own, a wildcard, or a status above it. Normalized.
  bool has(std::string_view name) const;
  // Every name that has a line of its own; wildcards with their "*".
  std::vector<std::string> owners() const;

 private:
  struct Entry {
    std::map<RecordType, std::vector<Rdata>> records;
    std::map<RecordType, DnsStatus> statuses;
    std::optional<DnsStatus> status;  // of this name and below
    bool is_secure = false;           // of this name and below
    std::uint32_t ttl = 300;          // the smallest of its lines
  };

  Entry& entry(const std::string& name);
  bool add_directive(const std::string& name, std::string_view word);
  const Entry* find(std::string_view name) const;
  std::optional<DnsStatus> status_of(std::string_view name, RecordType type) const;
  bool is_secure(std::string_view name) const;

  std::map<std::string, Entry, std::less<>> entries_;
  // Names above one that has a line: they exist, whether they have a line or not.
  std::set<std::string, std::less<>> inner_;
};

}  // namespace posthaste
