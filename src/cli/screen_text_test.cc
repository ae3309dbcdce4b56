#include "cli/screen_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthaste {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ScreenText, FillsExactlyItsColumns) {
  EXPECT_EQ(pad_right("abc", 5), "abc  ");
  EXPECT_EQ(pad_left("abc", 5), "  abc");
  EXPECT_EQ(pad_right("gr\u00fcn", 4), "gr\u00fcn");
  EXPECT_EQ(pad_right("gr\u00fcner", 4), "gr\u00fc…");
  EXPECT_EQ(pad_left("abcdef", 3), "ab…");
  EXPECT_EQ(keep_end("outbound/example.com", 12), "…example.com");
  EXPECT_EQ(keep_end("short", 8), "short   ");
  EXPECT_EQ(pad_right("abc", 0), "");
}

TEST(ScreenText, BreaksLinesAtSpaces) {
  EXPECT_THAT(wrap("one two three four", 8, 9), ElementsAre("one two", "three", "four"));
  EXPECT_THAT(wrap("one two three four", 8, 2), ElementsAre("one two", "three f…"));
  EXPECT_THAT(wrap("abcdefghij", 4, 9), ElementsAre("abcd", "efgh", "ij"));
  EXPECT_THAT(wrap("", 4, 9), IsEmpty());
  EXPECT_THAT(wrap("abc", 0, 9), IsEmpty());
}

TEST(ScreenText, WritesNumbersAsPeopleReadThem) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1000), "1,000");
  EXPECT_EQ(with_separators(1203442), "1,203,442");
  EXPECT_EQ(rate_number(0), "0");
  EXPECT_EQ(rate_number(0.25), "0.25");
  EXPECT_EQ(rate_number(0.999), "1.0");
  EXPECT_EQ(rate_number(12.34), "12.3");
  EXPECT_EQ(rate_number(99.96), "100");
  EXPECT_EQ(rate_number(1234.4), "1,234");
}

TEST(ScreenText, DrawsBarsBesideTheHighest) {
  EXPECT_EQ(sparkline({0, 50, 100}), "▁▅█");
  EXPECT_EQ(sparkline({0, 0}), "▁▁");
  EXPECT_EQ(sparkline({}), "");
}

}  // namespace
}  // namespace posthaste
