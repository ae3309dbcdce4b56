#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "reputation/authorized_api.h"

namespace posthaste {

// What Gmail says of one domain on one day. Shares are 0 to 1.
struct PostmasterDay {
  std::chrono::sys_days day{};
  std::map<std::string, double> figures;  // "spam_rate", "spf_success_rate", "reject_rate", …
};

// Whether a domain keeps to one of the rules for senders.
struct PostmasterRule {
  std::string requirement;  // "DMARC_ALIGNMENT"
  std::string status;       // "COMPLIANT", "NEEDS_WORK"
  std::string reason;       // "NO_UNSUB_GENERAL", where one is given
};

struct PostmasterDomain {
  std::string domain;
  std::vector<PostmasterDay> days;  // the oldest first
  std::vector<PostmasterRule> rules;
};

// --- the documents of version 2 of the API

// The names of domains that may be asked about. Errors: no such document.
struct PostmasterDomains {
  std::vector<std::string> names;
  std::string next_page;
};
Result<PostmasterDomains> parse_postmaster_domains(std::string_view json);
Result<std::vector<PostmasterRule>> parse_postmaster_rules(std::string_view json);
// Adds a page of figures to `days`; returns the token of the next page.
Result<std::string> parse_postmaster_stats(std::string_view json, std::vector<PostmasterDay>& days);
// The body of domainStats:query, for the days `first` to `last`.
std::string postmaster_query(std::chrono::sys_days first, std::chrono::sys_days last,
                             const std::string& page);

// Google's Postmaster Tools API, version 2. Lives on one loop.
class PostmasterTools {
 public:
  static constexpr const char* kScope =
      "https://www.googleapis.com/auth/postmaster.domain "
      "https://www.googleapis.com/auth/postmaster.traffic.readonly";

  explicit PostmasterTools(AuthorizedApi api) : api_(std::move(api)) {}

  // All verified domains of the account.
  boost::asio::awaitable<Result<std::vector<std::string>>> domains();
  boost::asio::awaitable<Result<PostmasterDomain>> domain(std::string name,
                                                          std::chrono::sys_days first,
                                                          std::chrono::sys_days last);

 private:
  AuthorizedApi api_;
};

}  // namespace posthaste
