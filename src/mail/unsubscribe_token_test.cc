#include "mail/unsubscribe_token.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>

#include "mail/keyed_token.h"
#include "mail/return_path.h"

namespace posthaste {
namespace {

const std::string kFirstKey = "a key of return paths, 32 octets";
const std::string kSecondKey = "another such key, of 32 octets..";

UnsubscribeCodec links(std::vector<std::string> keys = {kFirstKey}) {
  return *UnsubscribeCodec::create(std::move(keys));
}

UnsubscribeToken of_news() {
  return {.id = *MessageId::parse("0190b6a3-7c1f-7d2e-8a51-0123456789ab"),
          .recipient = *MailAddress::parse("Some.One@recipient.test"),
          .tenant = TenantId("acme"),
          .campaign = CampaignId("spring sale"),
          .stream = "news"};
}

TEST(UnsubscribeToken, TellsAllThatAnUnsubscriptionNeeds) {
  const std::string text = links().make(of_news());
  EXPECT_EQ(links().read(text), of_news());
  EXPECT_EQ(links().make(of_news()), text);
  EXPECT_LT(text.size(), 160U);
}

TEST(UnsubscribeToken, ShowsNobodyWhatItSays) {
  const std::string text = links().make(of_news());
  EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
  const std::string octets = *decode_base32(text);
  EXPECT_EQ(octets.find("recipient"), std::string::npos);
  EXPECT_EQ(octets.find("acme"), std::string::npos);
}

TEST(UnsubscribeToken, IsReadInAnyCase) {
  std::string text = links().make(of_news());
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  EXPECT_EQ(links().read(text), of_news());
}

TEST(UnsubscribeToken, CannotBeChangedOrCut) {
  const std::string text = links().make(of_news());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(links().read(changed)) << i;
    EXPECT_FALSE(links().read(text.substr(0, i))) << i;
  }
  EXPECT_FALSE(links().read(text + "a"));
  EXPECT_FALSE(links().read(""));
  EXPECT_FALSE(links().read(std::string(100'000, 'a')));
}

TEST(UnsubscribeToken, NeedsOneOfTheKeys) {
  const std::string old = links({kSecondKey}).make(of_news());
  EXPECT_FALSE(links().read(old));
  EXPECT_EQ(links({kFirstKey, kSecondKey}).read(old), of_news());
  EXPECT_FALSE(UnsubscribeCodec::create({}));
  EXPECT_FALSE(UnsubscribeCodec::create({"short"}));
}

TEST(UnsubscribeToken, HoldsTheLongestTagsThereAre) {
  UnsubscribeToken long_one = of_news();
  long_one.recipient = *MailAddress::parse(std::string(64, 'l') + "@" + std::string(60, 'd') + "." +
                                           std::string(60, 'd') + ".test");
  long_one.tenant = TenantId(std::string(255, 't'));
  long_one.stream = std::string(255, '\xff');
  long_one.campaign = CampaignId(std::string(255, 'c'));
  EXPECT_EQ(links().read(links().make(long_one)), long_one);
  long_one.tenant = TenantId();
  long_one.stream.clear();
  EXPECT_EQ(links().read(links().make(long_one)), long_one);
}

TEST(UnsubscribeToken, IsNoReturnPathAndNoReturnPathIsOne) {
  const auto returns = *ReturnPathCodec::create({kFirstKey});
  const auto wishes = *ReturnPathCodec::create({kFirstKey}, AddressUse::unsubscribes);
  const UnsubscribeToken token = of_news();
  const std::string bounce = returns.make(token.id, token.recipient).unquoted();
  const std::string wish = wishes.make(token.id, token.recipient).unquoted();
  EXPECT_FALSE(links().read(bounce.substr(2)));
  EXPECT_FALSE(links().read(wish.substr(2)));
  EXPECT_FALSE(wishes.read(*LocalPart::parse(bounce)));
  EXPECT_FALSE(returns.read(*LocalPart::parse(wish)));
  // Under the other's prefix neither.
  EXPECT_FALSE(wishes.read(*LocalPart::parse("u" + bounce.substr(1))));
  EXPECT_FALSE(returns.read(*LocalPart::parse("b" + wish.substr(1))));
  const auto read = wishes.read(*LocalPart::parse(wish));
  ASSERT_TRUE(read);
  EXPECT_TRUE(wishes.names(*read, token.recipient));
}

TEST(KeyedToken, Base32IsThatOfRfc4648AndHasOneTextForEachToken) {
  // RFC 4648 §10, in lower case and without padding.
  const std::pair<std::string, std::string> kKnown[] = {{"", ""},
                                                        {"f", "my"},
                                                        {"fo", "mzxq"},
                                                        {"foo", "mzxw6"},
                                                        {"foob", "mzxw6yq"},
                                                        {"fooba", "mzxw6ytb"},
                                                        {"foobar", "mzxw6ytboi"}};
  for (const auto& [octets, text] : kKnown) {
    EXPECT_EQ(encode_base32(octets), text);
    EXPECT_EQ(decode_base32(text), octets);
  }
  EXPECT_EQ(decode_base32("MZXW6"), "foo");
  for (const char* wrong : {"mz", "m", "mzx", "mzxw61", "mzxw6=", "mzxw6y"}) {
    EXPECT_FALSE(decode_base32(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace posthaste
