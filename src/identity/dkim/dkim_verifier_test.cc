#include "identity/dkim/dkim_verifier.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "identity/dkim/dkim_key.h"
#include "identity/dkim/dkim_record.h"
#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/dkim_tag_list.h"
#include "identity/dkim/dkim_verification_fixture.h"

namespace posthaste {
namespace {

using nlohmann::json;

WallTime unix_time(std::int64_t seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::string kCorpus = std::string(POSTHASTE_CORPORA) + "/dkim/";

void add_keys(const json& dns, TableOfKeys& keys) {
  for (const auto& [name, value] : dns.items()) {
    if (value.is_string()) {
      keys.add(name, value.get<std::string>());
    } else if (value["rcode"] != "nxdomain" && value["rcode"] != "noerror") {
      keys.add_unavailable(name);
    }
  }
}

TEST(DkimVerifier, JudgesTheCorpusAsItsAuthorsDo) {
  std::ifstream cases(kCorpus + "cases.jsonl");
  if (!cases) GTEST_SKIP() << "no corpus at " << kCorpus;
  int right = 0;
  int all = 0;
  for (std::string line; std::getline(cases, line);) {
    const json c = json::parse(line);
    TableOfKeys keys;
    add_keys(c["dns"], keys);
    const auto verdicts =
        DkimVerification::verdicts(file_text(kCorpus + "messages/" + c["file"].get<std::string>()),
                                   unix_time(c.value("now", 1'800'000'000)), keys);
    for (const auto& [number, expected] : c["results"].items()) {
      const std::size_t index = number == "last" ? verdicts.size() - 1 : std::stoul(number);
      ASSERT_LT(index, verdicts.size()) << c["name"];
      EXPECT_EQ(to_string(verdicts[index].result), expected.get<std::string>())
          << c["name"] << " signature " << number << ": " << describe(verdicts[index].reason);
      right += to_string(verdicts[index].result) == expected.get<std::string>() ? 1 : 0;
      ++all;
    }
  }
  std::cout << "dkim corpus: " << right << " of " << all << " verdicts\n";
  EXPECT_GE(all, 28);
}

// RFC 8463 §A.3: Ed25519 is deterministic, so the published key must make the published "b=".
TEST(DkimVerifier, SignsTheMessageOfRfc8463AsPublished) {
  const std::string seed_text = file_text(kCorpus + "keys/rfc8032_7_1.key");
  if (seed_text.empty()) GTEST_SKIP() << "no corpus at " << kCorpus;
  // PKCS #8 (RFC 8410 §7): a fixed prefix, then the 32 octets of the key.
  std::string der = "\x30\x2e\x02\x01";
  der.push_back('\0');
  der += "\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
  der += *decode_folded_base64(seed_text);
  const auto key = DkimPrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\n" + encode_base64(der) +
                                            "\n-----END PRIVATE KEY-----\n");
  ASSERT_TRUE(key) << key.error().message();

  const std::string message = file_text(kCorpus + "messages/mail-auth-001.eml");
  const SplitMessage split = split_message(message);
  int seen = 0;
  for (const DkimField& field : split.fields) {
    if (ascii_lower(field.name) != "dkim-signature") continue;
    const ParsedDkimSignature parsed = parse_dkim_signature(field);
    ASSERT_EQ(parsed.problem, DkimReason::none);
    if (parsed.signature.algorithm != DkimAlgorithm::ed25519_sha256) continue;
    const auto made = key->sign(signed_header_text(parsed.signature, split.fields));
    ASSERT_TRUE(made);
    EXPECT_EQ(encode_base64(*made), encode_base64(parsed.signature.signature));
    ++seen;
  }
  EXPECT_EQ(seen, 1);
}

// A message signed here with an Ed25519 key, and then changed to be wrong in one way.
class DkimVerdicts : public ::testing::Test {
 protected:
  static constexpr std::string_view kHeader = "From: a@example.com\r\nSubject: s\r\n";
  static constexpr std::string_view kBody = "Hello\r\n";
  static constexpr std::string_view kName = "sel._domainkey.example.com";

  void SetUp() override {
    record_ = *make_dkim_record(key_);
    keys_.add(std::string(kName), record_);
  }

  // Signs with the tags given: they must name everything but bh= and b=.
  std::string message_with(const std::string& tags, std::string_view signed_body = kBody) const {
    const Sha256 digest = hash_body(Canonicalization::relaxed, signed_body).digest;
    const std::string_view hash(reinterpret_cast<const char*>(digest.data()), digest.size());
    std::string field = "DKIM-Signature: " + tags + "; bh=" + encode_base64(hash) + "; b=";
    const std::string rest = std::string(kHeader) + "\r\n" + std::string(kBody);
    const SplitMessage split = split_message(rest);
    const std::string unsigned_field = field + "AAAA\r\n";
    DkimSignature signature =
        parse_dkim_signature({unsigned_field.substr(0, 14), unsigned_field}).signature;
    field += encode_base64(*key_.sign(signed_header_text(signature, split.fields)));
    return field + "\r\n" + rest;
  }

  DkimVerdict verdict_of(const std::string& message) {
    const auto verdicts = DkimVerification::verdicts(message, unix_time(1'700'000'000), keys_);
    return verdicts.empty() ? DkimVerdict{} : verdicts.front();
  }
  DkimReason reason_for(const std::string& tags) { return verdict_of(message_with(tags)).reason; }

  const std::string good_ =
      "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=sel; h=from:subject";
  DkimPrivateKey key_ = *DkimPrivateKey::generate_ed25519();
  std::string record_;
  TableOfKeys keys_;
};

TEST_F(DkimVerdicts, PassWhenAllIsRight) {
  const DkimVerdict verdict = verdict_of(message_with(good_ + "; t=1699999999; x=1700000000"));
  EXPECT_EQ(verdict.result, DkimResult::pass) << describe(verdict.reason);
  EXPECT_EQ(verdict.domain, "example.com");
  EXPECT_EQ(verdict.selector, "sel");
  EXPECT_EQ(verdict.identity, "@example.com");
  EXPECT_TRUE(verdict.covers_whole_body);
}

TEST_F(DkimVerdicts, NameWhatIsWrongWithTheSignature) {
  const std::string tail = "; s=sel; h=from";
  EXPECT_EQ(reason_for("a=ed25519-sha256; d=example.com" + tail), DkimReason::missing_tag);
  EXPECT_EQ(reason_for("v=2; a=ed25519-sha256; d=example.com" + tail), DkimReason::unknown_version);
  EXPECT_EQ(reason_for("v=1; a=rsa-sha1; d=example.com" + tail), DkimReason::obsolete_algorithm);
  EXPECT_EQ(reason_for("v=1; a=dsa; d=example.com" + tail), DkimReason::unknown_algorithm);
  EXPECT_EQ(reason_for("v=1; a=ed25519-sha256; c=odd; d=example.com" + tail),
            DkimReason::unknown_canonicalization);
  EXPECT_EQ(reason_for("v=1; a=ed25519-sha256; d=exa mple.com" + tail),
            DkimReason::signature_syntax);
  EXPECT_EQ(reason_for("v=1; a=ed25519-sha256; d=example.com; s=sel; h=subject"),
            DkimReason::from_not_signed);
  EXPECT_EQ(reason_for("v=1; a=ed25519-sha256; d=example.com; s=sel; h=from::"),
            DkimReason::signature_syntax);
  EXPECT_EQ(reason_for(good_ + "; i=@other.com"), DkimReason::domain_mismatch);
  EXPECT_EQ(reason_for(good_ + "; i=@notexample.com"), DkimReason::domain_mismatch);
  EXPECT_EQ(reason_for(good_ + "; q=http"), DkimReason::unknown_query_method);
  EXPECT_EQ(reason_for(good_ + "; x=1699999999"), DkimReason::expired);
  EXPECT_EQ(reason_for(good_ + "; x=tomorrow"), DkimReason::signature_syntax);
  EXPECT_EQ(reason_for(good_ + "; t=5; x=5"), DkimReason::signature_syntax);
  EXPECT_EQ(reason_for(good_ + "; t=99999999999999999999999"), DkimReason::from_the_future);
  EXPECT_EQ(reason_for(good_ + "; v=1"), DkimReason::signature_syntax);
  EXPECT_EQ(reason_for(good_ + "; i=user@mail.example.com; q=dns/txt"), DkimReason::none);
}

TEST_F(DkimVerdicts, NameWhatIsWrongWithTheKey) {
  const std::string message = message_with(good_);
  const auto reason_with = [&](const std::string& record) {
    TableOfKeys keys;
    keys.add(std::string(kName), record);
    const auto verdicts = DkimVerification::verdicts(message, unix_time(1'700'000'000), keys);
    return verdicts.at(0).reason;
  };
  EXPECT_EQ(reason_with(record_), DkimReason::none);
  EXPECT_EQ(reason_with("v=spf1 -all"), DkimReason::key_syntax);
  EXPECT_EQ(reason_with("v=DKIM1; k=ed25519; p="), DkimReason::key_revoked);
  EXPECT_EQ(reason_with("v=DKIM1; k=ed25519; p=AAAA"), DkimReason::key_syntax);
  EXPECT_EQ(reason_with(*make_dkim_record(*DkimPrivateKey::generate_ed25519())),
            DkimReason::signature_wrong);
  TableOfKeys none;
  EXPECT_EQ(DkimVerification::verdicts(message, unix_time(0), none).at(0).reason,
            DkimReason::no_key);
  none.add_unavailable(std::string(kName));
  const DkimVerdict later = DkimVerification::verdicts(message, unix_time(0), none).at(0);
  EXPECT_EQ(later.reason, DkimReason::key_unavailable);
  EXPECT_EQ(later.result, DkimResult::temperror);
}

TEST_F(DkimVerdicts, TryTheNextRecordWhenThereAreSeveral) {
  TableOfKeys keys;
  keys.add(std::string(kName), "v=spf1 -all");
  keys.add(std::string(kName), record_);
  EXPECT_EQ(DkimVerification::verdicts(message_with(good_), unix_time(0), keys).at(0).result,
            DkimResult::pass);
}

TEST_F(DkimVerdicts, HonourTheFlagsOfTheKey) {
  TableOfKeys keys;
  keys.add(std::string(kName), record_ + "; t=s:y");
  const auto judge = [&](const std::string& tags) {
    return DkimVerification::verdicts(message_with(tags), unix_time(0), keys).at(0);
  };
  EXPECT_EQ(judge(good_ + "; i=a@sub.example.com").reason, DkimReason::subdomain_forbidden);
  EXPECT_EQ(judge(good_ + "; i=a@example.com").reason, DkimReason::none);
  EXPECT_TRUE(judge(good_).is_testing);
}

TEST_F(DkimVerdicts, TakeTheFlagsOfTheKeyThatTheyTellOf) {
  const std::string message = message_with(good_);
  const auto judge = [](const std::string& text, const std::vector<std::string>& records) {
    TableOfKeys keys;
    for (const std::string& record : records) keys.add(std::string(kName), record);
    return DkimVerification::verdicts(text, unix_time(0), keys).at(0);
  };
  const std::string tested = record_ + "; t=y";
  std::string changed = message;
  changed.replace(changed.find("Subject: s"), 10, "Subject: t");
  EXPECT_FALSE(judge(changed, {record_, tested}).is_testing);
  EXPECT_TRUE(judge(changed, {tested, record_}).is_testing);
  EXPECT_FALSE(judge(message, {"k=rsa; t=y; p=", record_}).is_testing);
  EXPECT_TRUE(judge(message, {"k=rsa; p=", tested}).is_testing);
}

TEST_F(DkimVerdicts, RefuseShortRsaKeys) {
  // 768 bits, SubjectPublicKeyInfo; the signature need not verify to be refused.
  keys_.add(
      "short._domainkey.example.com",
      "k=rsa; "
      "p=MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhALbJRTyFuImLhftMjf/I352qBj+DoRHat8NQ+MIb5Z8Iyw4tnV8MH"
      "N3ITFj9I+HptKohbJ2+Pdo6GdczDOJATg5m0GEfCSL94Y0NkwQLVRwR/xewR/1l1NQKcEYilsmd+wIDAQAB");
  const DkimVerdict verdict = verdict_of(
      message_with("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=short; h=from"));
  EXPECT_EQ(verdict.reason, DkimReason::key_too_short) << describe(verdict.reason);
}

TEST_F(DkimVerdicts, FailWhenTheMessageChanged) {
  const std::string message = message_with(good_);
  std::string other_body = message + "more\r\n";
  EXPECT_EQ(verdict_of(other_body).reason, DkimReason::body_changed);
  EXPECT_EQ(verdict_of(other_body).result, DkimResult::fail);
  std::string other_subject = message;
  other_subject.replace(other_subject.find("Subject: s"), 10, "Subject: t");
  EXPECT_EQ(verdict_of(other_subject).reason, DkimReason::signature_wrong);
  std::string two_froms = message;
  two_froms.insert(two_froms.find("Subject"), "From: evil@example.net\r\n");
  EXPECT_EQ(verdict_of(two_froms).reason, DkimReason::signature_wrong);
}

TEST_F(DkimVerdicts, CountOnlyTheBodyThatLengthCovers) {
  const DkimVerdict partial = verdict_of(message_with(good_ + "; l=7") + "an advert\r\n");
  EXPECT_EQ(partial.result, DkimResult::pass);
  EXPECT_FALSE(partial.covers_whole_body);
  const DkimVerdict beyond = verdict_of(message_with(good_ + "; l=8"));
  EXPECT_EQ(beyond.reason, DkimReason::body_too_short);
}

TEST_F(DkimVerdicts, StopJudgingAfterTenSignatures) {
  std::string message = message_with(good_);
  const std::string field = message.substr(0, message.find("From:"));
  for (int i = 0; i < 11; ++i) message.insert(0, field);
  const auto verdicts = DkimVerification::verdicts(message, unix_time(1'700'000'000), keys_);
  ASSERT_EQ(verdicts.size(), 12U);
  EXPECT_EQ(verdicts[9].result, DkimResult::pass);
  EXPECT_EQ(verdicts[10].reason, DkimReason::too_many_signatures);
}

TEST_F(DkimVerdicts, SurviveHostileFields) {
  for (const std::string field :
       {"DKIM-Signature:", "DKIM-Signature: ;", "dkim-signature : v",
        "DKIM-Signature:\r\n b=", "DKIM-Signature: v=1; b=; bh=; a=; d=; s=; h=; i=; t=; x=; l="}) {
    const DkimVerdict verdict = verdict_of(field + "\r\nFrom: a@b\r\n\r\n");
    EXPECT_EQ(verdict.result, DkimResult::permerror) << field;
  }
  EXPECT_TRUE(DkimVerification::verdicts("", unix_time(0), keys_).empty());
}

}  // namespace
}  // namespace posthaste
