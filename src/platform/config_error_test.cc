#include <thread>

#include "platform/config_fixture.h"

namespace posthaste::config_fixture {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Configuration, NamesTheLineOfEveryUnknownName) {
  EXPECT_THAT(errors_of(R"(
sevrer { hostname = "x" nested { a = 1 } }
queue "a" {
  concurency = 5
  step { }
  zzzzzzzzz = {"1", "2"}
}
webhook "x" { url = "y" }
dkim { selector = "s" hostname = "h" }
)"),
              ElementsAre("t.conf:2: unknown block \"sevrer\": did you mean \"server\"?",
                          "t.conf:4: unknown key \"concurency\" in queue: did you mean "
                          "\"concurrency\"?",
                          "t.conf:5: unknown key \"step\" in queue: did you mean \"steps\"?",
                          HasSubstr("t.conf:6: unknown key \"zzzzzzzzz\" in queue: possible are "),
                          "t.conf:8: unknown block \"webhook\": possible are \"server\", "
                          "\"queue\" or \"dkim\"",
                          HasSubstr("t.conf:9: unknown key \"hostname\" in dkim: possible are")));
}

TEST(Configuration, NamesTheLineOfEveryWrongValue) {
  EXPECT_THAT(
      errors_of(R"(queue "a" {
  concurrency = many
  rate = "5 per hour"
  memory = "12XB"
  evens = {"2", "3",
    "5"}
  limit = "2KB"
  offset = 3000000000
  paint = purple
  is_fast = maybe
  even = "7"
  networks = {"a", ""}
  steps { first = "5x"
    growth = 0.5 }
}
queue "b" { concurrency = 0 is_fast = {true, false} }
queue "c" { concurrency = -1 rate = {} }
server { threads = 99999999999 }
dkim { domain = "x" }
)"),
      ElementsAre("t.conf:2: concurrency: \"many\" is no whole number: write digits only",
                  HasSubstr("t.conf:3: rate: \"5 per hour\" is no rate: "),
                  HasSubstr("t.conf:4: memory: \"12XB\" is no size: "),
                  "t.conf:5: evens: odd: use an even one", "t.conf:6: evens: odd: use an even one",
                  "t.conf:7: limit: \"2KB\" is out of range: use 1KB or less",
                  HasSubstr("t.conf:8: offset: \"3000000000\" is out of range: use -2147483648"),
                  "t.conf:9: paint: \"purple\" is not possible here: use \"red\", \"green\" or "
                  "\"dark_blue\"",
                  "t.conf:10: is_fast: \"maybe\" is neither true nor false: use one of these",
                  "t.conf:11: even: odd: use an even one",
                  "t.conf:12: networks: is empty: give a network",
                  HasSubstr("t.conf:13: first: \"5x\" is no duration: "),
                  "t.conf:14: growth: \"0.5\" is out of range: use 1 or more",
                  "t.conf:16: concurrency: \"0\" is out of range: use 1 to 10000",
                  "t.conf:16: is_fast: takes one value, not a list of 2: write is_fast = VALUE",
                  "t.conf:17: concurrency: \"-1\" is no whole number: write digits only",
                  "t.conf:17: rate: takes one value, not a list of 0: write rate = VALUE",
                  "t.conf:18: threads: \"99999999999\" is out of range: use 0 to 4294967295",
                  "t.conf:19: dkim: the key selector is missing: Selector."));
}

TEST(Configuration, RefusesDuplicates) {
  EXPECT_THAT(errors_of("server { threads = 1\n threads = 2 }\nserver { }\n"
                        "queue \"a\" { }\nqueue \"b\" { }\nqueue \"a\" { }\n"
                        "queue \"c\" { steps { }\n steps { } evens = {2}\nevens = {} }\n"
                        "queue \"\" { }"),
              ElementsAre("t.conf:2: threads: is set twice, first in line 1: keep one",
                          "t.conf:3: server: stands twice, first at t.conf:1: merge the two",
                          "t.conf:6: queue \"a\": stands twice, first at t.conf:4: rename or merge",
                          "t.conf:8: steps: stands twice, first at t.conf:7: merge the two",
                          "t.conf:9: evens: is set twice, first in line 8: keep one",
                          "t.conf:10: queue: the title is empty: write queue \"NAME\""));
}

TEST(Configuration, ReportsWhatTheCheckOfABlockFinds) {
  EXPECT_THAT(errors_of("queue \"a\" {\n concurrency = 2\n is_fast = true }\n"
                        "queue \"forbidden\" {\n }\n"),
              ElementsAre("t.conf:3: is_fast: 10 deliveries at once are too few for it: raise "
                          "concurrency",
                          "t.conf:4: queue: this name is taken: choose another"));
}

struct SyntaxCase {
  const char* text;
  const char* error;
};

TEST(Configuration, NamesTheLineOfEveryMistakeOfSyntax) {
  const SyntaxCase cases[] = {
      {"server {\n hostname \"x\"\n}",
       "t.conf:2: hostname: is a key, and \"=\" does not follow: write hostname = VALUE"},
      {"\nserver\n= 5",
       "t.conf:3: server: is a block, and \"{\" does not follow: write server { … }"},
      {"server \"x\" { }",
       "t.conf:1: server: is a block, and \"{\" does not follow: write server { … }"},
      {"queue {\n }", "t.conf:1: queue: has no title: write queue \"NAME\" { … }"},
      {"queue \"a\" x {\n }",
       "t.conf:1: queue: is a block, and \"{\" does not follow: write queue \"NAME\" { … }"},
      {"# c\nserver {\n hostname = \n", "t.conf:2: server: the block is never closed: add \"}\""},
      {"\nserver {\n threads = 1\n", "t.conf:2: server: the block is never closed: add \"}\""},
      {"queue \"a\" {\n steps\n {", "t.conf:3: steps: the block is never closed: add \"}\""},
      {"server { threads = 1; }",
       "t.conf:1: \";\" cannot stand outside quotes: remove it or quote the value"},
      {"server {\n}\n\n}\n", "t.conf:4: a \"}\" without a block: remove it"},
      {"server\n", "t.conf:1: the file ends in the middle of a statement: complete or remove it"},
      {"server {\n hostname = }\n",
       "t.conf:2: unexpected \"}\": look for a missing name, value or comma before it"},
      {"queue \"a\" {\n networks = {\"a\"\n \"b\"}\n}",
       "t.conf:3: unexpected \"b\": look for a missing name, value or comma before it"},
      {"server { \"\" = 5 }", "t.conf:1: an empty name: write the name of a key or block"},
      {"server {\n hostname = \"x\n}", "t.conf:2: the value is not closed on its line: add \""},
      {"server {\n hostname = 'x\n}", "t.conf:2: the value is not closed on its line: add '"},
      {"/* a\n b", "t.conf:1: the comment is never closed: add \"*/\""},
      {"server {\n threads = (5)\n}",
       "t.conf:2: \"(\" cannot stand outside quotes: remove it or quote the value"},
      {"server {\n threads += 5\n}",
       "t.conf:2: \"+\" cannot stand outside quotes: remove it or quote the value"},
      {"server {\n hostname = ${HOME}\n}",
       "t.conf:2: \"$\" cannot stand outside quotes: remove it or quote the value"},
      {"server { hostname = \"\\d\" }",
       "t.conf:1: \"\\d\" is no escape: write \"\\\\\" for a backslash, or use '…'"},
      {"server { hostname = \"a\x01\" }",
       "t.conf:1: the control character 0x01 cannot stand in a value: remove it"},
      {"\x01",
       "t.conf:1: the control character 0x01 cannot stand outside quotes: remove it or quote the "
       "value"},
      {"server {\n threads = 1\nqueue \"a\" { }\n",
       "t.conf:3: unknown key \"queue\" in server: close the block of line 1 before it"},
      {"server { include \"x\" }",
       "t.conf:1: include: stands inside a block: move it out of all blocks"},
      {"include \"missing.conf\"",
       "t.conf:1: include: missing.conf: No such file or directory: check the name and its "
       "permissions"},
      {"\"server|threads\" = 5", "t.conf:1: unknown block \"server\": did you mean \"server\"?"},
  };
  for (const SyntaxCase& c : cases) {
    EXPECT_THAT(errors_of(c.text), ElementsAre(c.error)) << c.text;
  }
}

TEST(Configuration, RefusesNulOctets) {
  EXPECT_THAT(errors_of(std::string("server {\n hostname = \"a\0b\" }", 27)),
              ElementsAre(HasSubstr("t.conf:2: the control character 0x00")));
}

TEST(Configuration, ReadsAgainAfterAFailure) {
  for (const char* bad : {"server { hostname = \"x", "server { hostname = {", "server {", "}",
                          "queue \"a\" { steps { first = ", "/* x", "nothing { a { b"}) {
    EXPECT_FALSE(errors_of(bad).empty()) << bad;
    const auto configuration = accepted("server { hostname = \"good.example\" }");
    ASSERT_NE(configuration, nullptr);
    EXPECT_EQ(configuration->one(place_schema()).hostname, "good.example");
  }
}

TEST(Configuration, RefusesAValueOfEndlessLength) {
  const std::string text = "\nserver { hostname = \"" + std::string(100'000, 'a') + "\" }";
  EXPECT_THAT(errors_of(text), ElementsAre(HasSubstr("t.conf:2: a value of 100002 octets")));
}

TEST(Configuration, NamesLinesRightlyInSeveralThreads) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      const std::string text = std::string(static_cast<std::size_t>(i), '\n') +
                               "server { threads = x }\nqueue \"a\" { steps { first = 1 } }";
      for (int j = 0; j < 50; ++j) {
        EXPECT_THAT(errors_of(text),
                    ElementsAre(HasSubstr("t.conf:" + std::to_string(i + 1) + ": threads: "),
                                HasSubstr("t.conf:" + std::to_string(i + 2) + ": first: ")));
      }
    });
  }
}

TEST(Configuration, ShortensLongNames) {
  const std::string name(5000, 'n');
  EXPECT_THAT(errors_of(name + " { }\nserver { " + name + " = 1 }"),
              ElementsAre(HasSubstr("t.conf:1: unknown block \"" + std::string(80, 'n') + "…\""),
                          HasSubstr("t.conf:2: unknown key \"" + std::string(80, 'n') + "…\"")));
  EXPECT_THAT(errors_of("server { threads = 1 = " + name + " }"),
              ElementsAre("t.conf:1: unexpected \"=\": look for a missing name, value or comma "
                          "before it"));
}

TEST(Configuration, StopsAfterTooManyUnknownNames) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "b" + std::to_string(i) + "x { }\n";
  EXPECT_EQ(errors_of(text).size(), 50U);
}

TEST(Configuration, SurvivesDeepNesting) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "a { ";
  EXPECT_FALSE(errors_of(text).empty());
  EXPECT_FALSE(errors_of(std::string(100'000, '{')).empty());
  EXPECT_FALSE(errors_of(std::string(100'000, '}')).empty());
}

}  // namespace
}  // namespace posthaste::config_fixture
