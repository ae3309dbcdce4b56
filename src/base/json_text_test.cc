#include "base/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace posthaste {
namespace {

using nlohmann::json;

TEST(JsonText, WritesWhatIsNoUtf8) {
  EXPECT_EQ(dump_json(json{{"name", "\xff"}}), "{\"name\":\"\xef\xbf\xbd\"}");
  EXPECT_EQ(dump_json(json{1}, 2), "[\n  1\n]");
}

TEST(JsonText, KnowsAWholeNumberThatFits) {
  EXPECT_EQ(whole_number(json(7)), 7);
  EXPECT_EQ(whole_number(json(-7)), -7);
  EXPECT_EQ(whole_number(json(INT64_MAX)), INT64_MAX);
  EXPECT_EQ(whole_number(json(2), 0, 2), 2);
  for (const char* other :
       {"3", "-1", "1.0", "6e52", "9223372036854775808", "\"1\"", "null", "[]"}) {
    EXPECT_EQ(whole_number(json::parse(other), 0, 2), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace posthaste
