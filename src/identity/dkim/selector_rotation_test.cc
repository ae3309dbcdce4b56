#include "identity/dkim/selector_rotation.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(SelectorRotation, CountsOnFromTheLatestOfTheRow) {
  EXPECT_EQ(next_selector("mail", {}), "mail");
  EXPECT_EQ(next_selector("mail", {"mail"}), "mail2");
  EXPECT_EQ(next_selector("mail", {"mail", "mail2", "mail9"}), "mail10");
  EXPECT_EQ(next_selector("mail2", {"mail", "Mail2"}), "mail3");
  EXPECT_EQ(next_selector("s1024", {"s1024"}), "s1025");
}

TEST(SelectorRotation, PassesOverOtherRows) {
  EXPECT_EQ(next_selector("mail", {"news", "mailing", "mail-2b"}), "mail");
  EXPECT_EQ(next_selector("mail", {"news7", "mail"}), "mail2");
}

TEST(SelectorRotation, TakesANameOfDigitsAsAWhole) {
  EXPECT_EQ(next_selector("20261125", {"20261125"}), "20261125-2");
  EXPECT_EQ(next_selector("20261125", {"20261125", "20261125-2"}), "20261125-3");
  const std::string long_name = "a" + std::string(40, '9');
  EXPECT_EQ(next_selector(long_name, {long_name}), long_name + "-2");
}

}  // namespace
}  // namespace posthaste
