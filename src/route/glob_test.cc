#include "route/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

TEST(Glob, StarStandsForAnyText) {
  EXPECT_TRUE(Glob("*").matches(""));
  EXPECT_TRUE(Glob("*@example.com").matches("News@Example.COM"));
  EXPECT_TRUE(Glob("News-*@*.com").matches("news-7@a.com"));
  EXPECT_TRUE(Glob("a*b*c").matches("a-b-b-c"));
  EXPECT_FALSE(Glob("*.example.com").matches("example.com"));
  EXPECT_FALSE(Glob("a*b").matches("a-b-c"));
  EXPECT_FALSE(Glob("").matches("a"));
  EXPECT_TRUE(Glob("").matches(""));
  EXPECT_FALSE(Glob("abc").matches("ab"));
  EXPECT_FALSE(Glob("ab").matches("abc"));
}

TEST(Glob, StaysQuickOnHostileText) {
  const Glob glob("*a*a*a*a*a*a*a*a*a*b");
  EXPECT_FALSE(glob.matches(std::string(20'000, 'a')));
}

}  // namespace
}  // namespace posthaste
