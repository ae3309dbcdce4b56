#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/dkim_tag_list.h"

namespace posthaste {
namespace {

std::string read(const std::string& name) {
  std::ifstream file(POSTHASTE_CORPORA "/dkim/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// RFC 8410 §7: PKCS #8 around the 32 octets that RFC 8463 §A.2 publishes.
std::string pem_of(const std::string& seed) {
  const std::string der("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16);
  return "-----BEGIN PRIVATE KEY-----\n" + encode_base64(der + seed) +
         "\n-----END PRIVATE KEY-----\n";
}

std::string without_trailing_white_space(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

// RFC 8463 §A.3: Ed25519 is deterministic, so signing what the RFC signs gives what it prints.
TEST(Rfc8463, SigningTheExampleGivesTheSignatureThatItPrints) {
  const std::string signed_message = read("messages/mail-auth-001.eml");
  const std::string seed_text = read("keys/rfc8032_7_1.key");
  if (signed_message.empty() || seed_text.empty()) GTEST_SKIP() << "no corpora/dkim";
  const auto seed = decode_folded_base64(without_trailing_white_space(seed_text));
  ASSERT_TRUE(seed);
  const auto key = DkimPrivateKey::from_pem(pem_of(*seed));
  ASSERT_TRUE(key) << key.error().message();
  EXPECT_EQ(encode_base64(*key->public_octets()), "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");

  // The tags of the printed field, the value of "b=" apart, before the message as it was unsigned.
  const SplitMessage printed = split_message(signed_message);
  const ParsedDkimSignature tags = parse_dkim_signature(printed.fields.at(0));
  ASSERT_EQ(tags.problem, DkimReason::none);
  ASSERT_EQ(tags.signature.algorithm, DkimAlgorithm::ed25519_sha256);
  const std::string unsigned_text = with_crlf(read("keys/rfc6376.msg"));
  const SplitMessage message = split_message(unsigned_text);
  const Sha256 body = hash_body(Canonicalization::relaxed, message.body).digest;
  EXPECT_EQ(encode_base64({reinterpret_cast<const char*>(body.data()), body.size()}),
            "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
  const auto made = key->sign(signed_header_text(tags.signature, message.fields));
  ASSERT_TRUE(made);
  EXPECT_EQ(
      encode_base64(*made),
      "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==");
}

}  // namespace
}  // namespace posthaste
