#include "mail/keyed_token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace posthaste {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kMinKey = 16;

}  // namespace

KeyedHash keyed_hash(const std::string& key, std::string_view purpose, std::string_view text) {
  std::string input(purpose);
  input += text;
  KeyedHash hash{};
  unsigned size = hash.size();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const std::uint8_t*>(input.data()), input.size(), hash.data(), &size);
  return hash;
}

std::string encode_base32(std::string_view octets) {
  std::string text;
  text.reserve(octets.size() * 8 / 5 + 1);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char octet : octets) {
    bits = bits << 8 | static_cast<std::uint8_t>(octet);
    for (held += 8; held >= 5; held -= 5) text.push_back(kAlphabet[bits >> (held - 5) & 0x1f]);
  }
  if (held > 0) text.push_back(kAlphabet[bits << (5 - held) & 0x1f]);
  return text;
}

std::optional<std::string> decode_base32(std::string_view text) {
  std::string octets;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    const std::size_t value = kAlphabet.find(lower);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 5 | static_cast<std::uint32_t>(value);
    held += 5;
    if (held < 8) continue;
    held -= 8;
    octets.push_back(static_cast<char>(bits >> held & 0xff));
  }
  // Bits that no octet has are nought, and fewer than a character's.
  const bool is_canonical = held < 5 && (bits & ((1U << held) - 1)) == 0;
  return is_canonical ? std::optional(std::move(octets)) : std::nullopt;
}

Result<void> check_token_keys(const std::vector<std::string>& keys) {
  const bool are_right =
      !keys.empty() && std::all_of(keys.begin(), keys.end(),
                                   [](const std::string& key) { return key.size() >= kMinKey; });
  if (are_right) return {};
  return Error{make_error_code(boost::system::errc::invalid_argument),
               "a key of return paths is missing or shorter than " + std::to_string(kMinKey) +
                   " octets: make one with `openssl rand -hex 32`"};
}

}  // namespace posthaste
