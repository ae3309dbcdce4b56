#include "route/suppression.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

MailAddress address(std::string_view text) {
  return *MailAddress::parse(text);
}
const WallTime kNow = WallTime() + 500'000h;

Suppression some_entry() {
  Suppression entry;
  entry.address = address("b@recipient.test");
  entry.tenant = TenantId("acme");
  entry.stream = "news";
  entry.reason = SuppressionReason::complaint;
  entry.since = kNow;
  entry.until = kNow + 24h;
  entry.event = 123'456'789'012;
  entry.text = "feedback of provider.test";
  return entry;
}

Suppression kept(const Suppression& entry) {
  const auto read = decode_suppression(suppression_key(entry.address, entry.tenant, entry.stream),
                                       suppression_value(entry));
  EXPECT_TRUE(read);
  return read ? *read : Suppression();
}

TEST(Suppression, IsReadBackAsItWasKept) {
  const Suppression read = kept(some_entry());
  EXPECT_EQ(read.address, some_entry().address);
  EXPECT_EQ(read.tenant.value(), "acme");
  EXPECT_EQ(read.stream, "news");
  EXPECT_EQ(read.reason, SuppressionReason::complaint);
  EXPECT_EQ(read.since, kNow);
  EXPECT_EQ(read.until, kNow + 24h);
  EXPECT_EQ(read.event, 123'456'789'012U);
  EXPECT_EQ(read.text, "feedback of provider.test");
}

TEST(Suppression, WithNothingButAReasonTakesFiveOctets) {
  Suppression entry;
  entry.address = address("b@recipient.test");
  entry.since = kNow;
  EXPECT_EQ(suppression_value(entry).size(), 5U);
  EXPECT_FALSE(kept(entry).until);
}

TEST(Suppression, KeepsAddressesThatNeedQuotes) {
  Suppression entry = some_entry();
  for (const char* text :
       {"\"a b\"@x.test", "\"a\\\"\\\\\"@x.test", "a+b@[192.0.2.1]", "\xc3\xa4@x.test"}) {
    entry.address = address(text);
    EXPECT_EQ(kept(entry).address, address(text)) << text;
  }
}

TEST(Suppression, ComparesWithoutCaseAndWithTags) {
  const auto key = [](std::string_view text) { return suppression_key(address(text), {}, ""); };
  EXPECT_EQ(key("John@Example.TEST"), key("john@example.test"));
  EXPECT_NE(key("john+a@example.test"), key("john@example.test"));
}

TEST(Suppression, HoldsForWhomItNames) {
  const auto keys = [](const char* tenant, const char* stream) {
    return suppression_keys(address("b@recipient.test"), TenantId(tenant), stream);
  };
  const auto covers = [&](const char* tenant, const char* stream, const char* of,
                          const char* of_stream) {
    const auto asked = keys(of, of_stream);
    return std::count(asked.begin(), asked.end(),
                      suppression_key(address("B@recipient.test"), TenantId(tenant), stream)) == 1;
  };
  EXPECT_TRUE(covers("", "", "acme", "news"));
  EXPECT_TRUE(covers("", "news", "acme", "news"));
  EXPECT_TRUE(covers("acme", "", "acme", "news"));
  EXPECT_TRUE(covers("acme", "news", "acme", "news"));
  EXPECT_TRUE(covers("", "", "", ""));
  EXPECT_FALSE(covers("acme", "news", "acme", "bills"));
  EXPECT_FALSE(covers("acme", "", "other", "news"));
  EXPECT_FALSE(covers("acme", "news", "acme", ""));
  EXPECT_FALSE(covers("acme", "", "", ""));
}

TEST(Suppression, OfADomainStandTogether) {
  const auto [first, end] = suppression_range("recipient.test");
  const auto is_within = [&, f = first, e = end](std::string_view text) {
    const std::string key = suppression_key(address(text), TenantId("t"), "s");
    return f <= key && key < e;
  };
  EXPECT_TRUE(is_within("a@recipient.test"));
  EXPECT_TRUE(is_within("\xc3\xa4@recipient.test"));
  EXPECT_FALSE(is_within("a@recipient.test.example"));
  EXPECT_FALSE(is_within("a@recipient.tes"));
}

TEST(Suppression, ThatIsDamagedIsAnError) {
  const std::string key = suppression_key(address("b@recipient.test"), {}, "");
  EXPECT_FALSE(decode_suppression(key, ""));
  EXPECT_FALSE(decode_suppression(key, std::string(3, '\0')));
  EXPECT_FALSE(decode_suppression(key, std::string(5, '\x0f')));
  EXPECT_FALSE(decode_suppression("x", std::string(5, '\0')));
  EXPECT_FALSE(decode_suppression("e", std::string(5, '\0')));
}

TEST(Suppression, SaysWhySinceWhen) {
  EXPECT_EQ(some_entry().explain().substr(0, 28), "suppressed: complaint since ");
  EXPECT_TRUE(some_entry().explain().ends_with(": feedback of provider.test"));
}

}  // namespace
}  // namespace posthaste
