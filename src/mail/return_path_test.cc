#include "mail/return_path.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <set>

namespace posthaste {
namespace {

const std::string kKey = "an example of a key, 32 octets..";
const std::string kOtherKey = "another key of the very same size";

ReturnPathCodec codec(std::vector<std::string> keys = {kKey}) {
  return *ReturnPathCodec::create(std::move(keys));
}
MailAddress address(std::string_view text) {
  return *MailAddress::parse(text);
}
MessageId some_id() {
  return *MessageId::parse("0190b6a3-7c1f-7d2e-8a51-0123456789ab");
}
std::optional<ReturnPathToken> read(const std::string& text, const ReturnPathCodec& by = codec()) {
  const auto local = LocalPart::parse(text);
  return local ? by.read(*local) : std::nullopt;
}

TEST(ReturnPath, NamesMessageAndRecipient) {
  const auto made = codec().make(some_id(), address("b@recipient.test"));
  const auto token = codec().read(made);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->id, some_id());
  EXPECT_TRUE(codec().names(*token, address("b@recipient.test")));
  EXPECT_TRUE(codec().names(*token, address("B@Recipient.TEST")));
  EXPECT_FALSE(codec().names(*token, address("c@recipient.test")));
}

TEST(ReturnPath, OfSeveralRecipientsNamesTheMessageOnly) {
  const auto token = codec().read(codec().make(some_id()));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->id, some_id());
  EXPECT_FALSE(token->names_recipient());
  EXPECT_FALSE(codec().names(*token, address("b@recipient.test")));
}

TEST(ReturnPath, IsShortAndNeedsNoQuotes) {
  const LocalPart made = codec().make(some_id(), address("b@recipient.test"));
  EXPECT_EQ(made.smtp_form().size(), 50U);
  EXPECT_EQ(made.smtp_form(), made.unquoted());
  EXPECT_EQ(made.smtp_form().find_first_not_of("abcdefghijklmnopqrstuvwxyz234567-"),
            std::string::npos);
}

TEST(ReturnPath, IsReadInAnyCase) {
  std::string text = codec().make(some_id(), address("b@recipient.test")).unquoted();
  std::transform(text.begin(), text.end(), text.begin(), ::toupper);
  ASSERT_TRUE(read(text));
  EXPECT_EQ(read(text)->id, some_id());
}

TEST(ReturnPath, TellsItsTime) {
  const WallTime made_at = WallTime() + std::chrono::hours(500'000);
  const MessageId id = MessageId::generate(made_at);
  const auto token = codec().read(codec().make(id, address("b@recipient.test")));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->id.time(), made_at);
}

TEST(ReturnPath, TellsNothingOfTheRecipientToOthers) {
  const auto one = codec().make(some_id(), address("b@recipient.test"));
  const auto other = codec({kOtherKey}).make(some_id(), address("b@recipient.test"));
  EXPECT_NE(one.unquoted().substr(28, 6), other.unquoted().substr(28, 6));
}

TEST(ReturnPath, OfAnEarlierKeyIsStillRead) {
  const auto made = codec({kOtherKey}).make(some_id(), address("b@recipient.test"));
  EXPECT_FALSE(codec().read(made));
  const auto both = codec({kKey, kOtherKey});
  const auto token = both.read(made);
  ASSERT_TRUE(token);
  EXPECT_TRUE(both.names(*token, address("b@recipient.test")));
}

TEST(ReturnPath, WithAnyOneBitChangedIsNotOurs) {
  const std::string text = codec().make(some_id(), address("b@recipient.test")).unquoted();
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  int tried = 0;
  for (std::size_t i = 2; i < text.size(); ++i) {
    for (const char c : kAlphabet) {
      if (c == text[i]) continue;
      std::string altered = text;
      altered[i] = c;
      EXPECT_FALSE(read(altered)) << altered;
      ++tried;
    }
  }
  EXPECT_EQ(tried, 48 * 31);
}

TEST(ReturnPath, ForgedTenThousandTimesIsNeverOurs) {
  std::mt19937_64 random(7);
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  const std::string real = codec().make(some_id(), address("b@recipient.test")).unquoted();
  const std::string second =
      codec().make(MessageId::generate(WallTime()), address("c@recipient.test")).unquoted();
  for (int i = 0; i < 10'000; ++i) {
    std::string forged = "b-";
    switch (i % 4) {
      case 0:  // random all over
        for (int k = 0; k < 48; ++k) forged.push_back(kAlphabet[random() % 32]);
        break;
      case 1:  // a real message, its MAC guessed
        forged = real.substr(0, 34);
        for (int k = 0; k < 16; ++k) forged.push_back(kAlphabet[random() % 32]);
        break;
      case 2:  // made with a key of one's own
        forged = codec({std::to_string(random()) + std::string(16, 'x')})
                     .make(some_id(), address("b@recipient.test"))
                     .unquoted();
        break;
      default:  // one real token's name with another's MAC, moved about
        forged = real.substr(0, 2 + random() % 33);
        forged += second.substr(forged.size());
        if (forged == second) forged[2] = forged[2] == 'a' ? 'b' : 'a';
        break;
    }
    EXPECT_FALSE(read(forged)) << forged;
  }
}

TEST(ReturnPath, OfAnotherFormIsNotOurs) {
  const std::string text = codec().make(some_id(), address("b@recipient.test")).unquoted();
  for (const std::string& other :
       {std::string("postmaster"), std::string("b-"), text + "a", text.substr(0, text.size() - 1),
        "c-" + text.substr(2), "b+" + text.substr(2), "b-" + std::string(48, '1'),
        std::string("b-") + std::string(48, 'a')}) {
    EXPECT_FALSE(read(other)) << other;
  }
}

TEST(ReturnPath, WantsAKeyThatCannotBeGuessed) {
  EXPECT_FALSE(ReturnPathCodec::create({}));
  EXPECT_FALSE(ReturnPathCodec::create({"short"}));
  EXPECT_FALSE(ReturnPathCodec::create({kKey, ""}));
}

}  // namespace
}  // namespace posthaste
