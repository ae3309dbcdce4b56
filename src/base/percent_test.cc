#include "base/percent.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(Percent, ReadsWhatItPrints) {
  for (const char* text : {"0%", "0.1%", "1%", "3.25%", "0.0001%", "99.9999%", "100%"}) {
    const auto read = Percent::parse(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->to_string(), text);
  }
  EXPECT_EQ(Percent::parse("0.1 %")->millionths(), 1000U);
  EXPECT_DOUBLE_EQ(Percent::parse("2.50%")->share(), 0.025);
}

TEST(Percent, RefusesWhatIsNone) {
  for (const char* text :
       {"", "%", "1", "-1%", "1.%", ".5%", "100.1%", "1,5%", "0.00001%", "1%%"}) {
    EXPECT_FALSE(Percent::parse(text)) << text;
  }
}

}  // namespace
}  // namespace posthaste
