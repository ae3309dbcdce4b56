#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

enum class BlocklistTier : std::uint8_t { page, warn, info, allow };
std::string_view to_string(BlocklistTier tier);

// What one zone says of one address or domain.
struct BlocklistAnswer {
  enum class Status : std::uint8_t {
    clear,
    listed,
    refused,   // an error code such as 127.255.255.254: no listing; asks too often, or from a
               // resolver it bars
    disabled,  // the zone failed its self-test (RFC 5782 §5)
    failed,    // DNS gave no answer
  };
  std::string zone;
  BlocklistTier tier = BlocklistTier::info;
  Status status = Status::clear;
  std::vector<std::string> codes;  // "127.0.0.2"
  std::string meaning;             // of the codes where known: "SBL"
  std::string text;                // the zone's TXT, if it gave one
  std::string remove_at;           // where to ask for removal
};

std::string_view to_string(BlocklistAnswer::Status status);

// Asks DNS blocklists (RFC 5782). Each zone is tested before its first use and every day after;
// answers are kept for their TTL; a zone is asked at most so often a minute. Any loop.
class Blocklists {
 public:
  virtual ~Blocklists() = default;
  // "192.0.2.1" or "2001:db8::1", in every zone for addresses.
  virtual boost::asio::awaitable<std::vector<BlocklistAnswer>> check_address(
      std::string address) = 0;
  virtual boost::asio::awaitable<std::vector<BlocklistAnswer>> check_domain(std::string domain) = 0;
};

}  // namespace posthaste
