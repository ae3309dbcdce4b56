#include "cli/usage_error.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

class UsageErrorTest : public testing::Test {
 protected:
  UsageErrorTest() {
    app_.require_subcommand(1);
    CLI::App* queue = app_.add_subcommand("queue", "Queues");
    queue->require_subcommand(1);
    queue->add_subcommand("list", "Lists")->add_option("--domain", "Which");
    app_.add_subcommand("send", "Sends")->add_option("--from", "Who")->required();
    app_.add_subcommand("trace", "Traces")->add_option("ID", "Which")->required();
  }

  UsageError error_of(std::vector<std::string> words) {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    try {
      app_.parse(reversed);
    } catch (const CLI::ParseError& problem) {
      return describe_usage_error(app_, words, problem.what());
    }
    ADD_FAILURE() << "was understood";
    return {};
  }

  CLI::App app_{"Posthaste", "posthaste"};
};

TEST_F(UsageErrorTest, NamesAVerbThatThereIsNot) {
  const UsageError error = error_of({"frobnicate"});
  EXPECT_EQ(error.verb, "");
  EXPECT_EQ(error.what, "there is no verb \"frobnicate\": see posthaste --help");
}

TEST_F(UsageErrorTest, NamesAVerbThatThereIsNotBelowAnother) {
  const UsageError error = error_of({"queue", "frobnicate"});
  EXPECT_EQ(error.verb, "queue");
  EXPECT_EQ(error.what, "there is no verb \"frobnicate\": see posthaste queue --help");
}

TEST_F(UsageErrorTest, SaysWhatAnOptionLacks) {
  const UsageError error = error_of({"send"});
  EXPECT_EQ(error.verb, "send");
  EXPECT_EQ(error.what, "--from is required: see posthaste send --help");
}

TEST_F(UsageErrorTest, LeavesNamesAsTheyAre) {
  EXPECT_EQ(error_of({"trace"}).what, "ID is required: see posthaste trace --help");
}

TEST_F(UsageErrorTest, SaysWhichOptionIsUnknown) {
  const UsageError error = error_of({"queue", "list", "--domian", "x.test"});
  EXPECT_EQ(error.verb, "queue list");
  EXPECT_NE(error.what.find("--domian"), std::string::npos) << error.what;
  EXPECT_EQ(error.what.find('\n'), std::string::npos);
}

TEST_F(UsageErrorTest, AsksForAVerbWhereNoneWasGiven) {
  const UsageError error = error_of({});
  EXPECT_EQ(error.verb, "");
  EXPECT_EQ(error.what, "a subcommand is required: see posthaste --help");
}

}  // namespace
}  // namespace posthaste
