#include "mail/unsubscribe_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "mail/keyed_token.h"

namespace posthaste {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kSeal = 16;
constexpr std::size_t kHead = 1 + 16;
// Four texts of 255 octets, and what stands beside them.
constexpr std::size_t kMaxPlain = kHead + 4 * 256;
constexpr std::size_t kMaxText = (kSeal + kMaxPlain) * 8 / 5 + 1;

std::string seal_of(const std::string& key, std::string_view plain) {
  const KeyedHash hash = keyed_hash(key, "unsubscribe 1", plain);
  return {reinterpret_cast<const char*>(hash.data()), kSeal};
}

// AES-256-CTR: the same both ways. "" when the library fails.
std::string apply_cipher(const std::string& key, const std::string& seal, std::string_view text) {
  const KeyedHash cipher_key = keyed_hash(key, "unsubscribe seal 1", "");
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string result(text.size(), '\0');
  int size = 0;
  const bool is_done =
      context != nullptr &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, cipher_key.data(),
                         reinterpret_cast<const unsigned char*>(seal.data())) == 1 &&
      EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(result.data()), &size,
                        reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size())) == 1;
  return is_done ? result : std::string();
}

void append_text(std::string_view text, std::string& out) {
  text = text.substr(0, 255);
  out.push_back(static_cast<char>(text.size()));
  out += text;
}

std::optional<std::string> take_text(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const std::size_t size = static_cast<std::uint8_t>(rest.front());
  if (rest.size() < 1 + size) return std::nullopt;
  std::string text(rest.substr(1, size));
  rest.remove_prefix(1 + size);
  return text;
}

std::optional<UnsubscribeToken> parse_plain(std::string_view plain) {
  if (plain.size() < kHead || plain.front() != kVersion) return std::nullopt;
  UnsubscribeToken token;
  token.id = MessageId::from_octets(plain.substr(1, 16));
  plain.remove_prefix(kHead);
  const auto recipient = take_text(plain);
  auto tenant = take_text(plain);
  auto stream = take_text(plain);
  auto campaign = take_text(plain);
  if (!recipient || !tenant || !stream || !campaign || !plain.empty()) return std::nullopt;
  auto address = MailAddress::parse(*recipient);
  if (!address) return std::nullopt;
  token.recipient = std::move(*address);
  token.tenant = TenantId(std::move(*tenant));
  token.stream = std::move(*stream);
  token.campaign = CampaignId(std::move(*campaign));
  return token;
}

}  // namespace

Result<UnsubscribeCodec> UnsubscribeCodec::create(std::vector<std::string> keys) {
  const Result<void> are_right = check_token_keys(keys);
  if (!are_right) return are_right.error();
  return UnsubscribeCodec(std::move(keys));
}

std::string UnsubscribeCodec::make(const UnsubscribeToken& token) const {
  std::string plain(1, kVersion);
  plain += token.id.as_key();
  append_text(token.recipient.smtp_form(), plain);
  append_text(token.tenant.value(), plain);
  append_text(token.stream, plain);
  append_text(token.campaign.value(), plain);
  const std::string seal = seal_of(keys_.front(), plain);
  return encode_base32(seal + apply_cipher(keys_.front(), seal, plain));
}

std::optional<UnsubscribeToken> UnsubscribeCodec::read(std::string_view text) const {
  if (text.size() > kMaxText) return std::nullopt;
  const auto octets = decode_base32(text);
  if (!octets || octets->size() < kSeal + kHead) return std::nullopt;
  const std::string seal = octets->substr(0, kSeal);
  const std::string_view sealed = std::string_view(*octets).substr(kSeal);
  for (const std::string& key : keys_) {
    const std::string plain = apply_cipher(key, seal, sealed);
    if (CRYPTO_memcmp(seal_of(key, plain).data(), seal.data(), kSeal) != 0) continue;
    return parse_plain(plain);
  }
  return std::nullopt;
}

}  // namespace posthaste
