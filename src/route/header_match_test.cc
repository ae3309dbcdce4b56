#include "route/header_match.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

TEST(HeaderMatch, FindsItsPatternAnywhereAndWithoutCase) {
  const Result<HeaderMatch> match = HeaderMatch::compile(" X-Priority : high|urgent ");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->field(), "X-Priority");
  EXPECT_TRUE(match->matches("very HIGH indeed"));
  EXPECT_FALSE(match->matches("low"));
  EXPECT_TRUE(HeaderMatch::compile("X-Any:")->matches(""));
}

TEST(HeaderMatch, RefusesWhatIsNoFieldOrNoPattern) {
  for (const std::string text :
       {"", "X-Priority", ": high", "X Priority: high", "X-Priority: (", "X-Priority: a{2,1}"}) {
    const Result<HeaderMatch> match = HeaderMatch::compile(text);
    ASSERT_FALSE(match) << text;
    EXPECT_FALSE(match.error().detail.empty());
  }
}

}  // namespace
}  // namespace posthaste
