#include "mail/return_path.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <utility>

#include "mail/folded_address.h"

namespace posthaste {
namespace {

constexpr std::string_view kPrefix = "b-";
constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kMinKey = 16;
constexpr std::size_t kNamed = 16 + 4;
constexpr std::size_t kMac = 10;
// 240 bits: a whole number of characters, so that no two texts are one token.
constexpr std::size_t kOctets = kNamed + kMac;
constexpr std::size_t kCharacters = kOctets * 8 / 5;

// `purpose` keeps the two uses of the key apart.
std::array<std::uint8_t, 32> keyed_hash(const std::string& key, std::string_view purpose,
                                        std::string_view text) {
  std::string input(purpose);
  input += text;
  std::array<std::uint8_t, 32> hash{};
  unsigned size = hash.size();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const std::uint8_t*>(input.data()), input.size(), hash.data(), &size);
  return hash;
}

std::string mac_of(const std::string& key, std::string_view named) {
  const auto hash = keyed_hash(key, "return path 1", named);
  return {reinterpret_cast<const char*>(hash.data()), kMac};
}

std::uint32_t hash_of(const std::string& key, const MessageId& id, const MailAddress& recipient) {
  const std::string text = std::string(id.as_key()) + folded(recipient).smtp_form();
  const auto hash = keyed_hash(key, "recipient 1", text);
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | hash[i];
  return std::max(number, std::uint32_t{1});  // 0 is nobody
}

std::string encode(std::string_view octets) {
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char octet : octets) {
    bits = bits << 8 | static_cast<std::uint8_t>(octet);
    for (held += 8; held >= 5; held -= 5) text.push_back(kAlphabet[bits >> (held - 5) & 0x1f]);
  }
  return text;
}

std::optional<std::string> decode(std::string_view text) {
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
  return octets;
}

}  // namespace

Result<ReturnPathCodec> ReturnPathCodec::create(std::vector<std::string> keys) {
  const bool are_right =
      !keys.empty() && std::all_of(keys.begin(), keys.end(),
                                   [](const std::string& key) { return key.size() >= kMinKey; });
  if (!are_right) {
    return Error{make_error_code(boost::system::errc::invalid_argument),
                 "a key of return paths is missing or shorter than " + std::to_string(kMinKey) +
                     " octets: make one with `openssl rand -hex 32`"};
  }
  return ReturnPathCodec(std::move(keys));
}

LocalPart ReturnPathCodec::write(const MessageId& id, std::uint32_t recipient) const {
  std::string octets(id.as_key());
  for (int shift = 24; shift >= 0; shift -= 8) {
    octets.push_back(static_cast<char>(recipient >> shift & 0xff));
  }
  octets += mac_of(keys_.front(), octets);
  return *LocalPart::parse(std::string(kPrefix) + encode(octets));
}

LocalPart ReturnPathCodec::make(const MessageId& id, const MailAddress& recipient) const {
  return write(id, hash_of(keys_.front(), id, recipient));
}

LocalPart ReturnPathCodec::make(const MessageId& id) const {
  return write(id, 0);
}

std::optional<ReturnPathToken> ReturnPathCodec::read(const LocalPart& local) const {
  std::string_view text = local.unquoted();
  if (text.size() != kPrefix.size() + kCharacters) return std::nullopt;
  if ((text[0] | 0x20) != kPrefix[0] || text[1] != kPrefix[1]) return std::nullopt;
  const auto octets = decode(text.substr(kPrefix.size()));
  if (!octets || octets->size() != kOctets) return std::nullopt;
  const std::string_view named = std::string_view(*octets).substr(0, kNamed);
  const std::string_view mac = std::string_view(*octets).substr(kNamed);
  const bool is_ours = std::any_of(keys_.begin(), keys_.end(), [&](const std::string& key) {
    return CRYPTO_memcmp(mac_of(key, named).data(), mac.data(), kMac) == 0;
  });
  if (!is_ours) return std::nullopt;
  ReturnPathToken token;
  token.id = MessageId::from_octets(named.substr(0, 16));
  for (const char octet : named.substr(16)) {
    token.recipient = token.recipient << 8 | static_cast<std::uint8_t>(octet);
  }
  return token;
}

bool ReturnPathCodec::names(const ReturnPathToken& token, const MailAddress& recipient) const {
  if (!token.names_recipient()) return false;
  return std::any_of(keys_.begin(), keys_.end(), [&](const std::string& key) {
    return hash_of(key, token.id, recipient) == token.recipient;
  });
}

}  // namespace posthaste
