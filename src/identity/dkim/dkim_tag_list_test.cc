#include "identity/dkim/dkim_tag_list.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(DkimTagList, ReadsTagsWithFoldingWhiteSpace) {
  const auto list = DkimTagList::parse(" v = 1;\r\n\tb= ab\r\n cd ;x_9=;");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->tags().size(), 3U);
  EXPECT_EQ(list->find("v")->value, "1");
  EXPECT_EQ(list->find("b")->value, "ab\r\n cd");
  EXPECT_EQ(list->find("b")->raw, " ab\r\n cd ");
  EXPECT_EQ(list->find("x_9")->value, "");
  EXPECT_EQ(list->find("V"), nullptr);
}

TEST(DkimTagList, RefusesWhatIsNoTagList) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"", ";", " ", "v", "v=1;;p=", "=1", "1v=2", "v=1; v=2", "v.x=1", "v=\x01", "a=1; b"}) {
    EXPECT_FALSE(DkimTagList::parse(text)) << text;
  }
  EXPECT_FALSE(DkimTagList::parse("a=\0"sv));
}

TEST(DkimTagList, SplitsColonLists) {
  EXPECT_EQ(split_colon_list(" a :\r\n b::c"), (std::vector<std::string_view>{"a", "b", "", "c"}));
  EXPECT_EQ(split_colon_list(""), std::vector<std::string_view>{""});
}

TEST(DkimTagList, DecodesFoldedBase64AndNothingElse) {
  EXPECT_EQ(decode_folded_base64("aGVs\r\n bG8 ="), "hello");
  EXPECT_EQ(decode_folded_base64("aGVsbA=="), "hell");
  EXPECT_EQ(decode_folded_base64(""), "");
  for (const std::string_view text :
       {"a", "aGVsbG8", "====", "=", "aGV=bG8=", "aGVs-_8=", "a=Vs"}) {
    EXPECT_FALSE(decode_folded_base64(text)) << text;
  }
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string octets(size, '\xfe');
    EXPECT_EQ(decode_folded_base64(encode_base64(octets)), octets);
  }
}

}  // namespace
}  // namespace posthaste
