#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "identity/transport/mta_sts.h"
#include "platform/dns/resolver.h"
#include "platform/http/https_client.h"

namespace posthaste {

// The policies of recipient domains (RFC 8461 §3.3, §5.1), kept until their max_age is over:
//
//   not known ──record, policy fetched──▶ known ──id changed, or half of its life over──▶ fetched
//   anew
//       │                                   │ a record or policy that cannot be had changes nothing
//       └──no record, or no policy──▶ absent, for as long as DNS says, 5 minutes to an hour
//
// What is known outlives restarts through `keep`. Any thread may call it.
class MtaStsCache final : public MtaStsPolicies {
 public:
  using Fetch = std::function<boost::asio::awaitable<Result<HttpsAnswer>>(HttpsRequest)>;
  // Keeps a value under a key, or forgets it. Any thread; never blocks.
  using Keep = std::function<void(std::string key, std::optional<std::string> value)>;
  // What an attempt to fetch came to, for metrics; none of failure is a success.
  using Observe = std::function<void(TlsFailureType failure)>;

  struct Parts {
    Resolver& resolver;
    Clock& clock;
    Fetch fetch;
    Keep keep = nullptr;             // null: nothing outlives the cache
    Observe observe = nullptr;       // null: nobody
    std::uint16_t port = 443;        // of policy hosts; another one for tests
    std::size_t capacity = 100'000;  // domains
  };
  explicit MtaStsCache(Parts parts);
  ~MtaStsCache() override;

  // What was kept under keys that begin with key_prefix(); before anything is asked.
  void restore(const std::vector<std::pair<std::string, std::string>>& kept);
  static constexpr const char* key_prefix() { return "mta-sts/"; }

  boost::asio::awaitable<MtaStsAnswer> policy_for(std::string domain) override;

  // Renews every hour what would be over before long, so that nobody can wait for its end
  // (RFC 8461 §10.2). Ends when cancelled.
  boost::asio::awaitable<void> keep_fresh();

  std::size_t size() const;

 private:
  struct Entry;
  struct Renewal;
  struct Known;
  using Table = std::unordered_map<std::string, std::shared_ptr<Entry>>;

  std::shared_ptr<Entry> entry_of(const std::string& domain);
  boost::asio::awaitable<void> renew(std::string domain, std::shared_ptr<Entry> entry);
  boost::asio::awaitable<void> fetch_policy(std::string domain, std::string id, Known& known);
  void make_room(Table& table);
  void keep(const std::string& domain, const Known& known) const;

  Parts parts_;
  Guarded<Table> table_;
};

}  // namespace posthaste
