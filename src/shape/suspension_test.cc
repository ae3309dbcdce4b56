#include "shape/suspension.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

MailScope mail_of(std::string tenant, std::string campaign) {
  MailScope mail;
  mail.remote_queue = "outbound";
  mail.tenant = std::move(tenant);
  mail.campaign = std::move(campaign);
  return mail;
}

MailScope scope_of(std::string tenant, std::string campaign) {
  MailScope scope;
  scope.tenant = std::move(tenant);
  scope.campaign = std::move(campaign);
  return scope;
}

TEST(MailScopeTest, CoversMailOfTheSameWords) {
  EXPECT_TRUE(MailScope().covers(mail_of("acme", "spring")));
  EXPECT_TRUE(scope_of("acme", "").covers(mail_of("acme", "spring")));
  EXPECT_FALSE(scope_of("acme", "").covers(mail_of("other", "spring")));
  EXPECT_TRUE(scope_of("", "spring").covers(mail_of("other", "spring")));
}

TEST(MailScopeTest, TellsMailOfNoTenantFromThatOfAny) {
  const MailScope none = scope_of(std::string(MailScope::kNone), "spring");
  EXPECT_TRUE(none.covers(mail_of("", "spring")));
  EXPECT_FALSE(none.covers(mail_of("acme", "spring")));
  EXPECT_EQ(none.to_string(), "tenant=- campaign=spring");
}

TEST(SuspensionBookTest, EndsOnlyWhatLiesWithinAScope) {
  SuspensionBook book;
  const MailScope none = scope_of(std::string(MailScope::kNone), "");
  for (const MailScope& scope : {MailScope(), none, scope_of("acme", "spring")}) {
    Suspension suspension;
    suspension.scope = scope;
    book.add(std::move(suspension));
  }
  EXPECT_EQ(book.end_within(none).size(), 1U);
  EXPECT_EQ(book.end_within(scope_of("acme", "")).size(), 1U);
  ASSERT_EQ(book.list().size(), 1U);
  EXPECT_TRUE(book.list().front().scope.empty());
}

}  // namespace
}  // namespace posthaste
