#include "identity/dkim/dkim_record.h"

#include <gtest/gtest.h>

#include "identity/dkim/dkim_tag_list.h"

namespace posthaste {
namespace {

constexpr std::string_view kEd25519 = "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

DkimReason judge(const std::string& text, DkimAlgorithm algorithm) {
  const auto record = parse_dkim_record(text);
  return record ? unsuitable(*record, algorithm) : DkimReason::key_syntax;
}

TEST(DkimRecord, SaysWhyAKeyDoesNotSuit) {
  const std::string key(kEd25519);
  const auto ed = DkimAlgorithm::ed25519_sha256;
  EXPECT_EQ(judge("v=DKIM1; k=ed25519; " + key, ed), DkimReason::none);
  EXPECT_EQ(judge("k=ed25519; h=sha1:sha256; s=email; " + key, ed), DkimReason::none);
  EXPECT_EQ(judge("k=ed25519; s=tlsrpt:*; " + key + " ;", ed), DkimReason::none);
  EXPECT_EQ(judge(key, ed), DkimReason::key_type_mismatch);
  EXPECT_EQ(judge("k=ed2024; " + key, ed), DkimReason::key_type_mismatch);
  EXPECT_EQ(judge("k=ed25519; h=sha1; " + key, ed), DkimReason::key_hash_forbidden);
  EXPECT_EQ(judge("k=ed25519; s=tlsrpt; " + key, ed), DkimReason::key_not_for_email);
  EXPECT_EQ(judge("k=ed25519; p=", ed), DkimReason::key_revoked);
  EXPECT_EQ(judge("k=ed25519", ed), DkimReason::key_syntax);
  EXPECT_EQ(judge("k=ed25519; p=!", ed), DkimReason::key_syntax);
  EXPECT_EQ(judge("v=DKIM2; k=ed25519; " + key, ed), DkimReason::key_syntax);
  EXPECT_EQ(judge("k=ed25519; v=DKIM1; " + key, ed), DkimReason::key_syntax);
  EXPECT_EQ(judge("v=spf1 -all", ed), DkimReason::key_syntax);
}

TEST(DkimRecord, ReadsFlags) {
  const auto record = parse_dkim_record("t=y:s:unknown; p=");
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->is_testing);
  EXPECT_TRUE(record->forbids_subdomains);
}

TEST(DkimRecord, PublishesWhatItReads) {
  for (const auto& key : {DkimPrivateKey::generate_rsa(2048), DkimPrivateKey::generate_ed25519()}) {
    ASSERT_TRUE(key);
    const Result<std::string> text = make_dkim_record(*key);
    ASSERT_TRUE(text);
    const auto record = parse_dkim_record(*text);
    ASSERT_TRUE(record);
    EXPECT_EQ(unsuitable(*record, key->algorithm()), DkimReason::none);
    const auto public_key = DkimPublicKey::parse(key->algorithm(), record->public_octets);
    ASSERT_TRUE(public_key);
    EXPECT_TRUE(public_key->verifies("data", *key->sign("data")));
    EXPECT_FALSE(public_key->verifies("datb", *key->sign("data")));
  }
}

TEST(DkimRecord, SplitsTextIntoStringsThatDnsCanHold) {
  EXPECT_EQ(split_txt(""), std::vector<std::string>{""});
  EXPECT_EQ(split_txt(std::string(255, 'a')).size(), 1U);
  const auto strings = split_txt(std::string(256, 'a'));
  ASSERT_EQ(strings.size(), 2U);
  EXPECT_EQ(strings[1], "a");
}

TEST(DkimKey, ReadsEveryPemFormAndRefusesTheRest) {
  const auto rsa = DkimPrivateKey::generate_rsa(1024);
  ASSERT_TRUE(rsa);
  const auto read = DkimPrivateKey::from_pem(*rsa->to_pem());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->bits(), 1024);
  EXPECT_FALSE(DkimPrivateKey::from_pem(""));
  EXPECT_FALSE(DkimPrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n"));
  EXPECT_FALSE(DkimPrivateKey::generate_rsa(512));
  EXPECT_FALSE(DkimPrivateKey::load("/nonexistent/key"));
  EXPECT_FALSE(DkimPrivateKey::load("/"));
}

TEST(DkimKey, RefusesPublicKeysThatAreNone) {
  EXPECT_FALSE(DkimPublicKey::parse(DkimAlgorithm::rsa_sha256, "BARF"));
  EXPECT_FALSE(DkimPublicKey::parse(DkimAlgorithm::rsa_sha256, ""));
  EXPECT_FALSE(DkimPublicKey::parse(DkimAlgorithm::ed25519_sha256, std::string(31, 'x')));
  const auto ed = DkimPrivateKey::generate_ed25519();
  ASSERT_TRUE(ed);
  EXPECT_TRUE(DkimPublicKey::parse(DkimAlgorithm::ed25519_sha256, *ed->public_octets()));
}

}  // namespace
}  // namespace posthaste
