#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "reputation/authorized_api.h"
#include "reputation/snds_report.h"

namespace posthaste {

// Where old links of automated access lead; each holds its own key and expires after 30 days.
struct SndsLinks {
  std::string data;
  std::string status;  // "": not asked
};

// Microsoft's Smart Network Data Services: with an account through its REST interface, or by the
// links. Lives on one loop.
class Snds {
 public:
  // The portal's own application.
  static constexpr const char* kScope =
      "a53a6cc1-a1cd-46f7-a4aa-281cdabec33c/.default offline_access";

  explicit Snds(AuthorizedApi api) : api_(std::move(api)) {}
  Snds(SndsLinks links, HttpFetch fetch) : links_(std::move(links)), fetch_(std::move(fetch)) {}

  struct Report {
    std::vector<SndsRow> rows;  // of the latest day that there is
    std::vector<SndsRange> ranges;
  };
  // Errors: `not_found` when the link has expired, or the addresses are not ours any more.
  boost::asio::awaitable<Result<Report>> report();

 private:
  boost::asio::awaitable<Result<std::string>> fetch(std::string path, std::string link);

  std::optional<AuthorizedApi> api_;
  SndsLinks links_;
  HttpFetch fetch_;
};

}  // namespace posthaste
