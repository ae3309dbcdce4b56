#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "identity/spf/spf_record.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// An SPF record as a list of terms that can be changed and written again.
class SpfEdit {
 public:
  // Requires: is_spf_record(text).
  static SpfEdit of(std::string_view text);
  // All sound terms of several records, each once; of their "all" the mildest that is still a
  // policy.
  static SpfEdit merged(const std::vector<std::string>& records);
  // A record of networks alone ("ip4:192.0.2.0/24"), closed by `all`.
  static SpfEdit flat(std::vector<std::string> networks, const std::string& all);

  // `ip4:` or `ip6:`, before "all" and "redirect=".
  void authorize(const std::string& address);
  // Replaces "all" (and "redirect=", which it would make void) or adds it.
  void set_all(const std::string& all);
  void remove_mechanism(SpfMechanism mechanism);
  void remove_term(std::string_view term);
  // Takes out what no SPF record may hold (RFC 7208 §4.6.1), and what stands twice.
  void remove_malformed();

  bool has_all() const;
  const std::vector<std::string>& terms() const { return terms_; }
  std::string text() const;

 private:
  std::vector<std::string> terms_;
};

// Where a term of the record of `domain` leads: by TXT to another record (include, redirect), by A
// or MX to hosts. No domain: nowhere, or where depends on the mail (macros).
struct SpfTarget {
  std::string domain;
  RecordType type = RecordType::txt;
};
SpfTarget spf_target(std::string_view term, const std::string& domain);

// Answers one TXT question as if `text` had been published, everything else as `below` does: to try
// a remedy before it is told.
class SpfOverlay final : public Resolver {
 public:
  SpfOverlay(Resolver& below, std::string name, std::string text)
      : below_(below), name_(std::move(name)), text_(std::move(text)) {}

  boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType type) override;

 private:
  Resolver& below_;
  std::string name_;
  std::string text_;
};

}  // namespace posthaste
