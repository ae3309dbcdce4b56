#include "sink/recent_map.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(RecentMap, ForgetsWhatWasUsedLongestAgo) {
  RecentMap<int> map(3);
  map.use("a") = 1;
  map.use("b") = 2;
  map.use("c") = 3;
  map.use("a");
  map.use("d") = 4;
  EXPECT_EQ(map.size(), 3U);
  EXPECT_EQ(map.find("b"), nullptr);
  ASSERT_NE(map.find("a"), nullptr);
  EXPECT_EQ(*map.find("a"), 1);
  EXPECT_EQ(map.oldest(), 3);
}

TEST(RecentMap, DoesNotTakeLookingForUse) {
  RecentMap<int> map(2);
  map.use("a");
  map.use("b");
  map.find("a");
  map.use("c");
  EXPECT_EQ(map.find("a"), nullptr);
}

TEST(RecentMap, KeepsItsNamesWhenItIsMoved) {
  RecentMap<int> map(10);
  map.use("a name too long to be kept in place") = 7;
  map.use("b") = 8;
  RecentMap<int> moved = std::move(map);
  ASSERT_NE(moved.find("a name too long to be kept in place"), nullptr);
  EXPECT_EQ(*moved.find("b"), 8);
  EXPECT_EQ(moved.begin()->first, "b");
}

}  // namespace
}  // namespace posthaste
