#include "base/ascii.h"

#include <gtest/gtest.h>

#include <cctype>

namespace posthaste {
namespace {

TEST(Ascii, KnowsNoLettersBeyondItself) {
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    EXPECT_EQ(is_alphanumeric(c), value < 128 && std::isalnum(value) != 0) << value;
    EXPECT_EQ(is_control(c), value < 32 || value == 127) << value;
    EXPECT_EQ(to_lower(c), value >= 'A' && value <= 'Z' ? c + 32 : c) << value;
    EXPECT_EQ(to_upper(c), value >= 'a' && value <= 'z' ? c - 32 : c) << value;
  }
  EXPECT_EQ(lowered("\xc3\x84 B"), "\xc3\x84 b");
  EXPECT_EQ(uppered("\xc3\xa4 b"), "\xc3\xa4 B");
}

TEST(Ascii, ComparesWithoutCase) {
  EXPECT_TRUE(equals_ignoring_case("Content-Type", "CONTENT-type"));
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));  // a case apart, and no letters
}

TEST(Ascii, TrimsBothEnds) {
  EXPECT_EQ(trim_blanks(" \t a b\r\n \t"), "a b\r\n");
  EXPECT_EQ(trim_white("\r\n \ta b \r\n"), "a b");
  EXPECT_EQ(trim_blanks(" \t"), "");
  EXPECT_EQ(trim_white(" \r\n"), "");
}

TEST(Ascii, ReadsHexadecimalDigits) {
  EXPECT_EQ(hex_value('0'), 0);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
  for (const char c : {'g', 'G', '/', ':', '@', '`', ' '}) EXPECT_EQ(hex_value(c), -1) << c;
}

}  // namespace
}  // namespace posthaste
