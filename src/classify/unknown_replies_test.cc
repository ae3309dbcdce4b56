#include "classify/unknown_replies.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

TEST(UnknownReplies, CountsWhatDiffersInNamesAndNumbersAsOne) {
  UnknownReplies replies;
  replies.count("550 gronked <a@example.org> in 4f3a2", WallTime(1s));
  replies.count("550 gronked <b@example.net> in 99999x1", WallTime(2s));
  replies.count("551 frobbed", WallTime(3s));
  const auto all = replies.by_number();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].count, 2U);
  EXPECT_EQ(all[0].example, "550 gronked <b@example.net> in 99999x1");
  EXPECT_EQ(all[0].first, WallTime(1s));
  EXPECT_EQ(all[0].last, WallTime(2s));
}

TEST(UnknownReplies, StaysBoundedAndKeepsWhatIsFrequent) {
  UnknownReplies replies;
  for (int i = 0; i < 500; ++i) replies.count("often heard", WallTime());
  for (int i = 0; i < 3000; ++i) {
    std::string word = "word";
    for (int digit = i; digit > 0; digit /= 10) word += static_cast<char>('a' + digit % 10);
    replies.count(word, WallTime());
  }
  const auto all = replies.by_number();
  EXPECT_LE(all.size(), UnknownReplies::kMaxKinds);
  EXPECT_EQ(all.front().example, "often heard");
}

TEST(UnknownReplies, OutlastsARestart) {
  UnknownReplies replies;
  replies.count("550 \xff gronked", WallTime(7s));
  EXPECT_TRUE(replies.has_changed());
  const auto again = UnknownReplies::from_state(replies.to_state()).by_number();
  EXPECT_FALSE(replies.has_changed());
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].count, 1U);
  EXPECT_EQ(again[0].last, WallTime(7s));
  for (const char* const broken : {"", "{", "[1,2]", "{}"}) {
    EXPECT_TRUE(UnknownReplies::from_state(broken).by_number().empty()) << broken;
  }
}

}  // namespace
}  // namespace posthaste
