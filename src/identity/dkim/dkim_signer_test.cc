#include "identity/dkim/dkim_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "identity/dkim/dkim_record.h"
#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/dkim_verification_fixture.h"

namespace posthaste {
namespace {

const WallTime kNow{std::chrono::seconds(1'700'000'000)};

class DkimSigning : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "dkim_signer_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
    write_key("rsa", *DkimPrivateKey::generate_rsa(2048));
    write_key("ed", *DkimPrivateKey::generate_ed25519());
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  void write_key(const std::string& selector, const DkimPrivateKey& key) {
    std::ofstream(dir_ / selector) << *key.to_pem();
    keys_.add(dkim_record_name(selector, "example.com"), *make_dkim_record(key));
  }

  DkimConfig block(const std::string& selector) const {
    DkimConfig config;
    config.selector = selector;
    config.domain = "example.com";
    config.private_key = dir_ / selector;
    return config;
  }

  std::vector<DkimVerdict> judge(const std::string& message) {
    return DkimVerification::verdicts(message, kNow, keys_);
  }

  // The "h=" list of the first signature.
  static std::vector<std::string> signed_names(const std::string& headers) {
    return parse_dkim_signature(split_message(headers).fields.at(0)).signature.headers;
  }

  std::filesystem::path dir_;
  TableOfKeys keys_;
  const std::string message_ =
      "Received: from x\r\nFrom: A <a@example.com>\r\nTo: b@example.net\r\n"
      "Subject: a  subject\r\n that folds\r\nX-Other: 1\r\n\r\nHello,\t world \r\n\r\n\r\n";
  const Domain from_ = *Domain::parse("example.com");
};

TEST_F(DkimSigning, SignsOnceForEachBlockOfTheDomain) {
  const auto signer = DkimSigner::load({block("rsa"), block("ed")});
  ASSERT_TRUE(signer) << signer.error().message();
  const auto made = signer->sign(message_, from_, kNow);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->domains, (std::vector<std::string>{"example.com", "example.com"}));
  const auto verdicts = judge(made->headers + message_);
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[0].result, DkimResult::pass) << describe(verdicts[0].reason);
  EXPECT_EQ(verdicts[0].algorithm, "rsa-sha256");
  EXPECT_EQ(verdicts[1].result, DkimResult::pass) << describe(verdicts[1].reason);
  EXPECT_EQ(verdicts[1].algorithm, "ed25519-sha256");
}

TEST_F(DkimSigning, NeverSignsAPartOfTheBodyAndKeepsLinesShort) {
  const auto signer = DkimSigner::load({block("rsa")});
  ASSERT_TRUE(signer);
  const std::string headers = signer->sign(message_, from_, kNow)->headers;
  EXPECT_EQ(headers.find("l="), std::string::npos);
  EXPECT_TRUE(headers.ends_with("\r\n"));
  std::size_t at = 0;
  while (at < headers.size()) {
    const std::size_t end = headers.find("\r\n", at);
    EXPECT_LE(end - at, 80U) << headers.substr(at, end - at);
    at = end + 2;
  }
}

TEST_F(DkimSigning, SignsForSubdomainsOfItsDomainAndForNoOther) {
  const auto signer = DkimSigner::load({block("ed")});
  ASSERT_TRUE(signer);
  EXPECT_TRUE(signer->signs_for(*Domain::parse("mail.example.com")));
  EXPECT_TRUE(signer->signs_for(*Domain::parse("EXAMPLE.com")));
  for (const auto* name : {"example.net", "notexample.com", "com", "[192.0.2.1]"}) {
    const Domain other = *Domain::parse(name);
    EXPECT_FALSE(signer->signs_for(other)) << name;
    EXPECT_EQ(signer->sign(message_, other, kNow)->headers, "") << name;
  }
}

TEST_F(DkimSigning, LeavesOutBlocksThatAreSwitchedOff) {
  DkimConfig off = block("ed");
  off.sign = false;
  off.private_key = "/nonexistent";
  const auto signer = DkimSigner::load({off});
  ASSERT_TRUE(signer);
  EXPECT_FALSE(signer->signs_for(from_));
}

TEST_F(DkimSigning, BreaksWhenASecondFromIsAdded) {
  const auto signer = DkimSigner::load({block("ed")});
  ASSERT_TRUE(signer);
  const std::string headers = signer->sign(message_, from_, kNow)->headers;
  for (const auto* added : {"From: evil@example.org\r\n", "Subject: other\r\n", "To: x@y\r\n",
                            "Date: now\r\n", "Reply-To: evil@example.org\r\n"}) {
    EXPECT_EQ(judge(headers + added + message_).at(0).result, DkimResult::fail) << added;
  }
  EXPECT_EQ(judge(headers + "X-Other: 2\r\n" + message_).at(0).result, DkimResult::pass);
}

TEST_F(DkimSigning, SignsTheHeadersThatTheBlockNames) {
  DkimConfig config = block("ed");
  config.headers = {"X-Other", "Subject", "subject", "Absent"};
  const auto signer = DkimSigner::load({config});
  ASSERT_TRUE(signer);
  const std::string headers = signer->sign(message_, from_, kNow)->headers;
  EXPECT_EQ(signed_names(headers),
            (std::vector<std::string>{"from", "from", "x-other", "subject", "subject"}));
  EXPECT_EQ(judge(headers + message_).at(0).result, DkimResult::pass);
}

TEST_F(DkimSigning, SignsEveryFieldOfAName) {
  DkimConfig config = block("ed");
  config.headers = {"Received"};
  const auto signer = DkimSigner::load({config});
  ASSERT_TRUE(signer);
  const std::string twice = "Received: from y\r\n" + message_;
  const std::string headers = signer->sign(twice, from_, kNow)->headers;
  EXPECT_EQ(signed_names(headers),
            (std::vector<std::string>{"from", "from", "received", "received"}));
  EXPECT_EQ(judge(headers + twice).at(0).result, DkimResult::pass);
}

TEST_F(DkimSigning, SignsOddMessages) {
  const auto signer = DkimSigner::load({block("ed")});
  ASSERT_TRUE(signer);
  for (const std::string odd :
       {"From: a@example.com\r\n\r\n", "From: a@example.com\r\n", "From: a@example.com",
        "From : a@example.com\r\n\r\n \t\r\n\r\n", "From: a@example.com\r\n\t\r\n\r\nx",
        "From:\r\n a@example.com\r\nFrom: b@example.com\r\n\r\n.\r\n\r\n"}) {
    const std::string complete = odd.find("\r\n\r\n") == std::string::npos ? odd + "\r\n\r\n" : odd;
    const auto made = signer->sign(complete, from_, kNow);
    ASSERT_TRUE(made);
    EXPECT_EQ(judge(made->headers + complete).at(0).result, DkimResult::pass) << odd;
  }
}

TEST_F(DkimSigning, SignsInTheFormsOfTheBlock) {
  const std::string spaced = "Subject: x\r\n y\r\nFrom: a@example.com\r\n\r\na  b \r\n\r\n";
  for (const auto& [forms, name] : {std::pair{DkimForms::relaxed_relaxed, "c=relaxed/relaxed"},
                                    std::pair{DkimForms::relaxed_simple, "c=relaxed/simple"},
                                    std::pair{DkimForms::simple_relaxed, "c=simple/relaxed"},
                                    std::pair{DkimForms::simple_simple, "c=simple/simple"}}) {
    DkimConfig config = block("ed");
    config.canonicalization = forms;
    const std::string headers = DkimSigner::load({config})->sign(spaced, from_, kNow)->headers;
    EXPECT_THAT(headers, ::testing::HasSubstr(name));
    EXPECT_EQ(judge(headers + spaced).at(0).result, DkimResult::pass) << name;
    // What each form lets pass.
    std::string refolded = headers + spaced;
    refolded.replace(refolded.find("x\r\n y"), 5, "x y");
    const bool is_simple_header = name[2] == 's';
    EXPECT_EQ(judge(refolded).at(0).result == DkimResult::pass, !is_simple_header) << name;
    std::string respaced = headers + spaced;
    respaced.replace(respaced.find("a  b \r\n"), 7, "a b\r\n");
    const bool is_simple_body = std::string_view(name).ends_with("/simple");
    EXPECT_EQ(judge(respaced).at(0).result == DkimResult::pass, !is_simple_body) << name;
  }
}

// A feedback loop knows the sender by its own domain, whatever From says.
TEST_F(DkimSigning, SignsAllMailWhereTheBlockSaysSo) {
  DkimConfig loop = block("ed");
  loop.sign_all = true;
  const auto signer = DkimSigner::load({block("rsa"), loop});
  ASSERT_TRUE(signer);
  const Domain other = *Domain::parse("customer.example.net");
  EXPECT_TRUE(signer->signs_for(other));
  const auto for_other = signer->sign(message_, other, kNow);
  ASSERT_TRUE(for_other);
  EXPECT_EQ(for_other->domains, (std::vector<std::string>{"example.com"}));
  const auto verdicts = judge(for_other->headers + message_);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].result, DkimResult::pass);
  EXPECT_EQ(verdicts[0].selector, "ed");
  EXPECT_EQ(signer->sign(message_, from_, kNow)->domains.size(), 2U);
}

TEST_F(DkimSigning, SwitchesKeysByDate) {
  const WallTime change = kNow + std::chrono::hours(24);
  DkimConfig old_key = block("rsa");
  old_key.valid_until = change;
  DkimConfig new_key = block("ed");
  new_key.valid_from = change;
  const auto signer = DkimSigner::load({old_key, new_key});
  ASSERT_TRUE(signer) << signer.error().message();
  const auto selector_at = [&](WallTime now) {
    const auto made = signer->sign(message_, from_, now);
    const auto fields = split_message(made->headers).fields;
    return fields.size() == 1 ? parse_dkim_signature(fields[0]).signature.selector : "not one";
  };
  EXPECT_EQ(selector_at(kNow), "rsa");
  EXPECT_EQ(selector_at(change - std::chrono::microseconds(1)), "rsa");
  EXPECT_EQ(selector_at(change), "ed");
  EXPECT_TRUE(signer->signs_for(from_));
}

TEST_F(DkimSigning, TakesOverAKeyFileThatChanged) {
  const auto signer = DkimSigner::load({block("ed")});
  ASSERT_TRUE(signer);
  EXPECT_TRUE(signer->refresh_keys().empty());
  const DkimPrivateKey next = *DkimPrivateKey::generate_rsa(2048);
  std::ofstream(dir_ / "ed") << *next.to_pem();
  const auto changes = signer->refresh_keys();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].path, (dir_ / "ed").string());
  EXPECT_EQ(changes[0].problem, "");
  EXPECT_THAT(signer->sign(message_, from_, kNow)->headers, ::testing::HasSubstr("a=rsa-sha256"));

  std::ofstream(dir_ / "ed") << "no key";
  const auto refused = signer->refresh_keys();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused[0].problem, ::testing::HasSubstr("no PEM private key"));
  EXPECT_THAT(signer->sign(message_, from_, kNow)->headers, ::testing::HasSubstr("a=rsa-sha256"));
}

TEST_F(DkimSigning, SaysWhichBlockIsWrongAndWhy) {
  const auto message_for = [](const DkimConfig& config) {
    const auto signer = DkimSigner::load({config});
    return signer ? std::string() : signer.error().message();
  };
  DkimConfig bad = block("ed");
  bad.algorithm = DkimKeyChoice::rsa_sha256;
  EXPECT_THAT(message_for(bad), ::testing::HasSubstr("is for ed25519-sha256"));
  bad = block("ed");
  bad.private_key = dir_ / "none";
  EXPECT_THAT(message_for(bad), ::testing::HasSubstr("cannot read key file"));
  bad = block("ed");
  bad.selector = "a b";
  EXPECT_THAT(message_for(bad), ::testing::HasSubstr("selector: cannot stand in a DNS name"));
  bad = block("ed");
  bad.domain = "";
  EXPECT_THAT(message_for(bad), ::testing::HasSubstr("domain: not the name of a domain"));
  bad = block("ed");
  bad.headers = {"Sub ject"};
  EXPECT_THAT(message_for(bad), ::testing::HasSubstr("no header field can be called"));
  bad.headers = {"a;b"};
  EXPECT_NE(message_for(bad), "");
  bad = block("ed");
  bad.valid_from = kNow;
  bad.valid_until = kNow;
  EXPECT_THAT(message_for(bad), ::testing::HasSubstr("valid_until: is not after valid_from"));
  bad = block("ed");
  bad.private_key.clear();
  EXPECT_THAT(message_for(bad), ::testing::HasSubstr("private_key: not given"));
}

TEST_F(DkimSigning, SignsOnSeveralThreadsAtOnce) {
  const auto signer = DkimSigner::load({block("rsa"), block("ed")});
  ASSERT_TRUE(signer);
  std::vector<std::string> made(4);
  std::vector<std::thread> threads;
  for (std::string& out : made) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) out = signer->sign(message_, from_, kNow)->headers;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& headers : made) EXPECT_EQ(headers, made.front());
  EXPECT_EQ(judge(made.front() + message_).at(0).result, DkimResult::pass);
}

}  // namespace
}  // namespace posthaste
