#include "cli/screen_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthaste {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Key typed(char character) {
  return {KeyName::character, character};
}
Key named(KeyName name) {
  return {name};
}

TEST(ScreenKeys, AreReadFromWhatATerminalSends) {
  std::string input = "q\x1b[A\x1b[B\x1bOA\x1b[5~\x1b[6~\x1b[H\x1b[4~ ";
  EXPECT_THAT(take_keys(input),
              ElementsAre(typed('q'), named(KeyName::up), named(KeyName::down), named(KeyName::up),
                          named(KeyName::page_up), named(KeyName::page_down), named(KeyName::home),
                          named(KeyName::end), typed(' ')));
  EXPECT_EQ(input, "");
}

TEST(ScreenKeys, WaitForTheRestOfOne) {
  std::string input = "j\x1b";
  EXPECT_THAT(take_keys(input), ElementsAre(typed('j')));
  input += "[5";
  EXPECT_THAT(take_keys(input), IsEmpty());
  input += "~k";
  EXPECT_THAT(take_keys(input), ElementsAre(named(KeyName::page_up), typed('k')));
}

TEST(ScreenKeys, ThatNobodyKnowsAreDropped) {
  std::string input = "\x1b[1;5Cq\x1b[200~";
  EXPECT_THAT(take_keys(input), ElementsAre(typed('q')));
  input = "\x1bq";
  EXPECT_THAT(take_keys(input), ElementsAre(typed('q'))) << "Escape, and then q";
}

}  // namespace
}  // namespace posthaste
