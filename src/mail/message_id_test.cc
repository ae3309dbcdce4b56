#include "mail/message_id.h"

#include <gtest/gtest.h>

#include <set>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

TEST(MessageId, IsAUuidOfVersion7) {
  const WallTime time(1'700'000'000'123ms);
  const MessageId id = MessageId::generate(time);
  EXPECT_EQ(id.octets()[6] >> 4, 7);
  EXPECT_EQ(id.octets()[8] >> 6, 2);
  EXPECT_EQ(id.time(), time);
}

TEST(MessageId, ReadsWhatItPrints) {
  const MessageId id = MessageId::generate(WallTime(1h));
  const std::string text = id.to_string();
  EXPECT_EQ(text.size(), 36U);
  EXPECT_EQ(*MessageId::parse(text), id);
  EXPECT_EQ(MessageId::from_octets(id.as_key()), id);
  // RFC 9562 §A.6
  const auto example = MessageId::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
  ASSERT_TRUE(example);
  EXPECT_EQ(example->to_string(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_EQ(example->time(), WallTime(0x017F22E279B0ms));
}

TEST(MessageId, RefusesOtherText) {
  for (const char* const text :
       {"", "017f22e2", "017f22e279b0-7cc3-98c4-dc0c0c07398f--",
        "g17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0"}) {
    EXPECT_FALSE(MessageId::parse(text)) << text;
  }
}

TEST(MessageId, IsUniqueAndOrderedByTime) {
  std::set<MessageId> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(MessageId::generate(WallTime(5s)));
  EXPECT_EQ(ids.size(), 10'000U);
  EXPECT_LT(*ids.rbegin(), MessageId::generate(WallTime(6s)));
}

}  // namespace
}  // namespace posthaste
