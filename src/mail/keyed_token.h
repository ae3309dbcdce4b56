#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthaste {

// What the tokens are made of that we put into addresses, links and header fields: whoever shows
// one again can only have it from us.

using KeyedHash = std::array<std::uint8_t, 32>;

// HMAC-SHA-256 (RFC 2104) of `purpose` and `text`. The purpose keeps the uses of one key apart.
// Requires: no purpose is the beginning of another.
KeyedHash keyed_hash(const std::string& key, std::string_view purpose, std::string_view text);

// The alphabet of RFC 4648 §6 in lower case, without padding: letters and digits that need no
// quotes in a local part and no escape in a URL.
std::string encode_base32(std::string_view octets);
// Reads any case. Nothing when it is none, or is not what encode_base32() writes, case apart: no
// two texts are one token.
std::optional<std::string> decode_base32(std::string_view text);

// Errors: no key, or one of less than 16 octets.
Result<void> check_token_keys(const std::vector<std::string>& keys);

}  // namespace posthaste
