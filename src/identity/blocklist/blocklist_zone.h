#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "identity/blocklist/blocklist.h"
#include "platform/config_value.h"

namespace posthaste {

// What a zone lists, and so how it is asked.
enum class BlocklistKind : std::uint8_t { ipv4, ipv6, domain };
std::string_view to_string(BlocklistKind kind);

// One or several neighbouring answers and what they mean: "127.0.0.10-11 PBL: not to send mail".
struct BlocklistCode {
  std::uint32_t first = 0;  // 127.0.0.10, as a number
  std::uint32_t last = 0;
  std::string meaning;

  bool operator==(const BlocklistCode&) const = default;
  static Result<BlocklistCode> parse(std::string_view text);
  std::string to_string() const;
  static std::string config_type_name() { return "answer and its meaning"; }
};

// A bit of the last octet and what it means: "8 PH: phishing".
struct BlocklistBit {
  std::uint8_t mask = 0;
  std::string meaning;

  bool operator==(const BlocklistBit&) const = default;
  static Result<BlocklistBit> parse(std::string_view text);
  std::string to_string() const;
  static std::string config_type_name() { return "bit and its meaning"; }
};

// All that is known of one zone.
struct BlocklistZone {
  std::string name;    // for people, and in reports; never holds a key
  std::string suffix;  // what is asked: the name, or the one with the key in it
  BlocklistTier tier = BlocklistTier::warn;
  std::vector<BlocklistKind> lists;
  std::vector<std::string> test = {"test"};  // domains, one of which at least is always listed
  std::vector<BlocklistCode> codes;
  std::vector<BlocklistBit> bits;
  std::vector<BlocklistCode> errors;  // answers that refuse the question
  bool registered_only = false;       // knows registered domains, not the names below them
  std::string remove_at;              // "{query}" stands for what was asked about
  Rate rate{60, std::chrono::minutes(1)};
  Duration keep{0};  // answers are kept so long at least

  bool has(BlocklistKind kind) const;
};

// What the A records of an answer say.
struct BlocklistReading {
  BlocklistAnswer::Status status = BlocklistAnswer::Status::clear;
  std::vector<std::string> codes;
  std::string meaning;
};
// Requires: `addresses` are IPv4. Whatever is no listing makes the whole answer `refused`: an
// address outside 127/8, which is somebody else's answer, 127.255.255.x, and the zone's errors.
BlocklistReading read_blocklist_answer(const BlocklistZone& zone,
                                       const std::vector<std::string>& addresses);

// RFC 5782 §2.1, §2.4: "1.2.0.192" of "192.0.2.1", 32 nibbles of an IPv6 address. Nothing when it
// is no address. An IPv4 address mapped into IPv6 is asked for as IPv4.
std::optional<std::pair<BlocklistKind, std::string>> reversed_address(const std::string& address);

// "example.co.uk" of "mail.example.co.uk", by the public suffix list; the name itself when it has
// none.
std::string registered_domain(const std::string& domain);

// Why a zone is not to be asked any more: "closed in June 2024". Nothing when it lives, as far as
// is known. Below a dead zone all is dead.
std::optional<std::string_view> dead_blocklist(std::string_view zone);

template <>
struct ConfigNames<BlocklistTier> {
  static constexpr std::array names{
      std::pair{"page", BlocklistTier::page}, std::pair{"warn", BlocklistTier::warn},
      std::pair{"info", BlocklistTier::info}, std::pair{"allow", BlocklistTier::allow}};
};

template <>
struct ConfigNames<BlocklistKind> {
  static constexpr std::array names{std::pair{"ipv4", BlocklistKind::ipv4},
                                    std::pair{"ipv6", BlocklistKind::ipv6},
                                    std::pair{"domain", BlocklistKind::domain}};
};

}  // namespace posthaste
