#include "base/time_text.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(TimeText, ReadsUnixSecondsAndRfc3339) {
  const WallTime expected{std::chrono::seconds(1528637909)};
  EXPECT_EQ(parse_time_text("1528637909"), expected);
  EXPECT_EQ(parse_time_text("2018-06-10T13:38:29Z"), expected);
  EXPECT_EQ(parse_time_text("2018-06-10 15:38:29+02:00"), expected);
  EXPECT_EQ(parse_time_text("2018-06-10t08:08:29.500000999-05:30"),
            expected + std::chrono::milliseconds(500));
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const auto* text :
       {"", "now", "-1", "99999999999999999999", "2018-06-10", "2018-06-10T13:38:29",
        "2018-02-30T00:00:00Z", "2018-06-10T24:00:00Z", "2018-06-10T13:38:29Zx",
        "2018-06-10T13:38:29+0200", "2018-6-10T13:38:29Z", "2018-06-10T13:38:29+24:00"}) {
    EXPECT_FALSE(parse_time_text(text)) << text;
  }
}

}  // namespace
}  // namespace posthaste
