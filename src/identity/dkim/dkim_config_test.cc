#include "identity/dkim/dkim_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthaste {
namespace {

ConfigurationOrErrors load(const std::string& text) {
  return Configuration::load_text(text, "test.conf", {&dkim_schema()});
}

std::string first_error(const std::string& text) {
  const auto loaded = load(text);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  return errors == nullptr ? std::string() : errors->front().to_string();
}

TEST(DkimConfig, TakesTheExampleAsItStands) {
  const auto loaded = load(R"(
dkim {
  sign = true
  selector = "mail"
  domain = "postmta.com"
  private_key = "/etc/posthaste/dkim/mail.private"
}
dkim {
  selector = "ed"
  domain = "example.com"
  private_key = "/nonexistent/ed"
  algorithm = "ed25519-sha256"
  headers = {"From", "Subject"}
  canonicalization = "relaxed/simple"
  sign_all = true
  valid_from = "2026-01-31"
  valid_until = "2026-03-01T12:00:00+01:00"
}
)");
  ASSERT_TRUE(std::holds_alternative<std::shared_ptr<const Configuration>>(loaded));
  const auto& configuration = std::get<std::shared_ptr<const Configuration>>(loaded);
  const auto blocks = configuration->all(dkim_schema());
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].domain, "postmta.com");
  EXPECT_EQ(blocks[0].algorithm, DkimKeyChoice::any);
  EXPECT_EQ(blocks[1].algorithm, DkimKeyChoice::ed25519_sha256);
  EXPECT_EQ(blocks[1].headers, (std::vector<std::string>{"From", "Subject"}));
  EXPECT_EQ(blocks[0].canonicalization, DkimForms::relaxed_relaxed);
  EXPECT_EQ(blocks[1].canonicalization, DkimForms::relaxed_simple);
  EXPECT_FALSE(blocks[0].sign_all);
  EXPECT_TRUE(blocks[1].sign_all);
  EXPECT_FALSE(blocks[0].valid_from);
  EXPECT_EQ(to_rfc3339(*blocks[1].valid_from), "2026-01-31T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(*blocks[1].valid_until), "2026-03-01T11:00:00.000000Z");

  const auto signer = load_dkim_signer(*configuration);
  ASSERT_FALSE(signer);
  EXPECT_THAT(signer.error().message(), ::testing::HasSubstr("cannot read key file"));
  EXPECT_THAT(signer.error().message(), ::testing::StartsWith("test.conf:"));
}

TEST(DkimConfig, NamesTheLineOfWhatIsWrong) {
  const std::string rest = "\n  domain = \"example.com\"\n  private_key = \"k\"\n}\n";
  EXPECT_EQ(first_error("dkim {\n  selector = \"a\"" + rest), "");
  EXPECT_THAT(first_error("dkim {\n  selector = \"a b\"" + rest),
              ::testing::StartsWith("test.conf:2: selector: cannot stand"));
  EXPECT_THAT(first_error("dkim {" + rest), ::testing::StartsWith("test.conf:1: selector"));
  EXPECT_THAT(first_error("dkim {\n  algorithm = \"rsa-sha1\"" + rest),
              ::testing::StartsWith("test.conf:2: "));
  EXPECT_THAT(first_error("dkim {\n  selector = \"a\"\n  valid_from = \"soon\"" + rest),
              ::testing::StartsWith("test.conf:3: "));
  EXPECT_THAT(first_error("dkim {\n  selector = \"a\"\n  canonicalization = \"nowsp\"" + rest),
              ::testing::StartsWith("test.conf:3: "));
  EXPECT_EQ(first_error("dkim {\n  sign = false\n}\n"), "");
}

TEST(DkimConfig, SignsNothingWithoutBlocks) {
  const auto loaded = load("");
  const auto signer = load_dkim_signer(*std::get<std::shared_ptr<const Configuration>>(loaded));
  ASSERT_TRUE(signer);
  EXPECT_FALSE(signer->signs_for(Domain()));
}

}  // namespace
}  // namespace posthaste
