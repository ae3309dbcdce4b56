#include "base/printable.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(Printable, LetsNothingThroughThatATerminalObeys) {
  EXPECT_EQ(printable("421 \x1b[2Jslow\r\ndown\t\x7f"), "421 ?[2Jslow  down ?");
  EXPECT_EQ(printable("gr\u00fcn \u20ac \U0001f600"), "gr\u00fcn \u20ac \U0001f600");
  EXPECT_EQ(printable("\xc2\x9b[2J"), "??[2J") << "CSI as one code point, U+009B";
  EXPECT_EQ(printable("\xff\xc3"), "??");
  EXPECT_EQ(printable("\xc3("), "?(");
}

}  // namespace
}  // namespace posthaste
