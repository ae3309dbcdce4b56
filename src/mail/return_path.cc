#include "mail/return_path.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "mail/folded_address.h"
#include "mail/keyed_token.h"

namespace posthaste {
namespace {

constexpr std::size_t kPrefix = 2;
constexpr std::size_t kNamed = 16 + 4;
constexpr std::size_t kMac = 10;
// 240 bits: a whole number of characters.
constexpr std::size_t kOctets = kNamed + kMac;
constexpr std::size_t kCharacters = kOctets * 8 / 5;

std::string_view prefix_of(AddressUse use) {
  return use == AddressUse::returns ? "b-" : "u-";
}

std::string_view purpose_of(AddressUse use) {
  return use == AddressUse::returns ? "return path 1" : "unsubscribe address 1";
}

std::string mac_of(const std::string& key, AddressUse use, std::string_view named) {
  const auto hash = keyed_hash(key, purpose_of(use), named);
  return {reinterpret_cast<const char*>(hash.data()), kMac};
}

std::uint32_t hash_of(const std::string& key, const MessageId& id, const MailAddress& recipient) {
  const std::string text = std::string(id.as_key()) + folded(recipient).smtp_form();
  const auto hash = keyed_hash(key, "recipient 1", text);
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | hash[i];
  return std::max(number, std::uint32_t{1});  // 0 is nobody
}

}  // namespace

Result<ReturnPathCodec> ReturnPathCodec::create(std::vector<std::string> keys, AddressUse use) {
  const Result<void> are_right = check_token_keys(keys);
  if (!are_right) return are_right.error();
  return ReturnPathCodec(std::move(keys), use);
}

LocalPart ReturnPathCodec::write(const MessageId& id, std::uint32_t recipient) const {
  std::string octets(id.as_key());
  for (int shift = 24; shift >= 0; shift -= 8) {
    octets.push_back(static_cast<char>(recipient >> shift & 0xff));
  }
  octets += mac_of(keys_.front(), use_, octets);
  return *LocalPart::parse(std::string(prefix_of(use_)) + encode_base32(octets));
}

LocalPart ReturnPathCodec::make(const MessageId& id, const MailAddress& recipient) const {
  return write(id, hash_of(keys_.front(), id, recipient));
}

LocalPart ReturnPathCodec::make(const MessageId& id) const {
  return write(id, 0);
}

std::optional<ReturnPathToken> ReturnPathCodec::read(const LocalPart& local) const {
  std::string_view text = local.unquoted();
  const std::string_view prefix = prefix_of(use_);
  if (text.size() != kPrefix + kCharacters) return std::nullopt;
  if ((text[0] | 0x20) != prefix[0] || text[1] != prefix[1]) return std::nullopt;
  const auto octets = decode_base32(text.substr(kPrefix));
  if (!octets || octets->size() != kOctets) return std::nullopt;
  const std::string_view named = std::string_view(*octets).substr(0, kNamed);
  const std::string_view mac = std::string_view(*octets).substr(kNamed);
  const bool is_ours = std::any_of(keys_.begin(), keys_.end(), [&](const std::string& key) {
    return CRYPTO_memcmp(mac_of(key, use_, named).data(), mac.data(), kMac) == 0;
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
