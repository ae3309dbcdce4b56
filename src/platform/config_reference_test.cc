#include "platform/config_reference.h"

#include "platform/config_fixture.h"

namespace posthaste::config_fixture {
namespace {

using testing::HasSubstr;

TEST(ConfigReference, ListsEveryKeyWithTypeDefaultAndSentence) {
  const std::string text = config_reference({&place_schema(), &queue_schema(), &key_schema()});
  EXPECT_THAT(text, HasSubstr("## `queue \"NAME\" { }`\n\nA class of mail. Any number of times, "
                              "each with a title of its own.\n"));
  EXPECT_THAT(text, HasSubstr("| `concurrency` | integer | `500` | At once. |\n"));
  EXPECT_THAT(
      text,
      HasSubstr("| `networks` | list of text | `{\"127.0.0.0/8\", \"::1\"}` | From where. |"));
  EXPECT_THAT(text, HasSubstr("| `paint` | \"red\", \"green\" or \"dark_blue\" | `green` |"));
  EXPECT_THAT(text, HasSubstr("| `limit` | size | not set |"));
  EXPECT_THAT(text, HasSubstr("| `selector` | text | required |"));
  EXPECT_THAT(text, HasSubstr("### `steps { }` in `queue`\n"));
}

}  // namespace
}  // namespace posthaste::config_fixture
