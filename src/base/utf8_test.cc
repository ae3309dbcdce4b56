#include "base/utf8.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(Utf8, IsWhatRfc3629Allows) {
  for (const char* const text : {"", "a", "\u00e9", "\u20ac", "\ud7ff", "\ue000", "\U0010ffff"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, IsMeasuredByTheCharacter) {
  EXPECT_EQ(utf8_size(""), 0U);
  EXPECT_EQ(utf8_size("ab"), 1U);
  EXPECT_EQ(utf8_size("\u20ac\u00e9"), 3U);
  EXPECT_EQ(utf8_size("\xff"), 0U);
}

TEST(Utf8, IsNoOverlongFormSurrogateOrRest) {
  for (const char* const text : {"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xed\xa0\x80",
                                 "\xf4\x90\x80\x80", "\xc3", "\xe2\x82", "\x80"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

}  // namespace
}  // namespace posthaste
