#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "identity/dkim/dkim_verdict.h"
#include "identity/dkim/published_key.h"
#include "mail/envelope.h"

namespace posthaste {

struct DkimKeyAnswer {
  enum class Status : std::uint8_t {
    found,
    absent,       // NXDOMAIN, or no TXT record there
    unavailable,  // SERVFAIL, timeout: ask again later
  };
  Status status = Status::absent;
  std::vector<std::string> records;  // each with its strings joined
};

// Where key records come from: DNS in life, a table in tests.
class DkimKeySource {
 public:
  virtual ~DkimKeySource() = default;
  // `name` is "selector._domainkey.domain".
  virtual boost::asio::awaitable<DkimKeyAnswer> look_up(std::string name) = 0;
  // The key that the text of a record holds; a source may keep keys that it has read.
  virtual std::shared_ptr<const DkimPublishedKey> read(const std::string& record_text) {
    return read_published_key(record_text);
  }
};

// A hostile message may carry any number of signatures; more than these are not judged.
inline constexpr std::size_t kMaxJudgedSignatures = 10;

// Verifies every signature of a message (RFC 6376 §6), the topmost first. Signatures by other
// domains are judged like those of the author: what a pass is worth is the caller's to decide.
// `keys` outlives the call. Requires: lines of `message` end in CRLF.
boost::asio::awaitable<std::vector<DkimVerdict>> verify_dkim(SharedBody message, WallTime now,
                                                             DkimKeySource& keys);

}  // namespace posthaste
