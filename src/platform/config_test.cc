#include "platform/config_fixture.h"

namespace posthaste::config_fixture {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Configuration, FillsTheStructOfEachBlock) {
  const auto configuration = accepted(R"(# comment
queue "bulk" { concurrency = 17   // another
  rate = "10000/hour" /* and
     one over lines */
  memory = "64MiB"
  networks = {"10.0.0.0/8", 'fe80::/10',}
  evens = 8
  limit = "1KB" offset = -12
  paint = dark_blue
  folder = /srv/mail//x
  is_fast = yes
  even = 2
  steps { first = "5m" growth = 1.5 }
  rule { pattern = "a\\d\"" } rule { pattern = 'a\d' }
  last_rule { }
}
server { hostname = "mx.example" }
dkim { selector = "a" }
dkim { selector = "b" domain = "example" }
)");
  ASSERT_NE(configuration, nullptr);
  const std::vector<Queue> queues = configuration->all(queue_schema());
  ASSERT_EQ(queues.size(), 2U);
  const Queue& bulk = queues[0];
  EXPECT_EQ(bulk.name, "bulk");
  EXPECT_EQ(bulk.where.to_string(), "t.conf:2");
  EXPECT_EQ(bulk.concurrency, 17U);
  EXPECT_EQ(bulk.rate.to_string(), "10000/hour");
  EXPECT_EQ(bulk.memory.count(), 64U << 20);
  EXPECT_THAT(bulk.networks, ElementsAre("10.0.0.0/8", "fe80::/10"));
  EXPECT_EQ(bulk.evens.at(0).value, 8U);
  EXPECT_EQ(bulk.limit, Bytes(1000));
  EXPECT_EQ(bulk.offset, -12);
  EXPECT_EQ(bulk.paint, Paint::dark_blue);
  EXPECT_EQ(bulk.folder, "/srv/mail//x");
  EXPECT_TRUE(bulk.is_fast);
  EXPECT_EQ(bulk.even.value, 2U);
  EXPECT_EQ(bulk.steps.first, Duration(5min));
  EXPECT_EQ(bulk.steps.growth, 1.5);
  ASSERT_EQ(bulk.rules.size(), 2U);
  EXPECT_EQ(bulk.rules[0].pattern, "a\\d\"");
  EXPECT_EQ(bulk.rules[1].pattern, "a\\d");
  EXPECT_TRUE(bulk.last_rule.has_value());
  EXPECT_EQ(queues[1].name, "outbound");
  EXPECT_EQ(configuration->one(place_schema()).hostname, "mx.example");
  EXPECT_EQ(configuration->all(key_schema()).at(1).selector, "b");
}

TEST(Configuration, GivesDefaultsForAnEmptyText) {
  for (const char* text : {"", "\n", "# nothing\n", "\xef\xbb\xbf", "\r\n \t"}) {
    const auto configuration = accepted(text);
    ASSERT_NE(configuration, nullptr);
    EXPECT_EQ(configuration->one(place_schema()).hostname, "localhost");
    EXPECT_EQ(configuration->all(queue_schema()).at(0).concurrency, 500U);
    EXPECT_TRUE(configuration->blocks(queue_schema()).at(0).where("rate").is_default());
    EXPECT_THAT(configuration->all(key_schema()), IsEmpty());
  }
}

TEST(Configuration, ReplacesTheImplicitBlockByTheOneOfItsTitle) {
  const auto configuration = accepted("queue \"outbound\" { concurrency = 9 }");
  ASSERT_EQ(configuration->all(queue_schema()).size(), 1U);
  EXPECT_EQ(configuration->all(queue_schema())[0].concurrency, 9U);
}

TEST(Configuration, KnowsThePlaceOfEachKey) {
  const auto configuration = accepted("\n\nqueue \"a\" {\n\n rate = \"1/s\"\n}\n");
  const LoadedBlock<Queue> block = configuration->blocks(queue_schema()).at(0);
  EXPECT_EQ(block.where("rate").to_string(), "t.conf:5");
  EXPECT_EQ(block.where("memory").to_string(), "t.conf:3");
}

TEST(Configuration, AcceptsAnEmptyList) {
  const auto configuration = accepted("queue \"outbound\" {\n networks = {}\n evens = { } }");
  EXPECT_THAT(configuration->all(queue_schema()).at(0).networks, IsEmpty());
  EXPECT_EQ(configuration->blocks(queue_schema()).at(0).where("evens").to_string(), "t.conf:3");
}

TEST(Configuration, TakesVariablesFromTheEnvironment) {
  ::setenv("POSTHASTE_TEST_NAME", "env.example", 1);
  ::unsetenv("POSTHASTE_TEST_UNSET");
  EXPECT_EQ(
      accepted("server { hostname = \"mx.${POSTHASTE_TEST_NAME}\" }")->one(place_schema()).hostname,
      "mx.env.example");
  EXPECT_EQ(accepted("server { hostname = \"${POSTHASTE_TEST_UNSET:-b.example}\" }")
                ->one(place_schema())
                .hostname,
            "b.example");
  EXPECT_EQ(
      accepted("server { hostname = \"\\${POSTHASTE_TEST_NAME}\" }")->one(place_schema()).hostname,
      "${POSTHASTE_TEST_NAME}");
  EXPECT_EQ(accepted("server { hostname = '${X' }")->one(place_schema()).hostname, "${X");
  EXPECT_THAT(errors_of("server {\n hostname = \"${POSTHASTE_TEST_UNSET}\" }"),
              ElementsAre(HasSubstr("t.conf:2: the environment variable POSTHASTE_TEST_UNSET is "
                                    "not set: set it, or write ${POSTHASTE_TEST_UNSET:-text}")));
  EXPECT_THAT(errors_of("server { hostname = \"${a b}\" }"),
              ElementsAre(HasSubstr("begins the name of an environment variable")));
}

TEST(Configuration, PrintsWhatItReadsBackWithEveryOrigin) {
  const std::string text = R"(queue "bu\"lk" {
  concurrency = 7
  networks = {"a\\b", "${", '${X}'}
  steps { growth = 3 }
  rule { pattern = "p" }
}
server { hostname = "mx.example" }
)";
  // The second value is wrong on purpose: "${" must be escaped.
  EXPECT_THAT(errors_of(text), testing::SizeIs(1));
  std::string right = text;
  right.replace(right.find("\"${\""), 4, "\"\\${\"");
  const std::string printed = accepted(right)->print();
  const auto again = accepted(printed);
  ASSERT_NE(again, nullptr);
  EXPECT_THAT(printed, HasSubstr("server {                                          # t.conf:7\n"));
  EXPECT_THAT(printed,
              HasSubstr("  hostname = \"mx.example\"                         # t.conf:7\n"));
  EXPECT_THAT(printed, HasSubstr("  threads = 0                                     # default\n"));
  EXPECT_THAT(printed, HasSubstr("  # limit =                                       # default\n"));
  EXPECT_THAT(printed, HasSubstr("    growth = 3                                    # t.conf:4\n"));
  EXPECT_THAT(printed,
              HasSubstr("queue \"outbound\" {                                # default\n"));
  const Queue before = accepted(right)->all(queue_schema()).at(0);
  const Queue after = again->all(queue_schema()).at(0);
  EXPECT_EQ(after.name, before.name);
  EXPECT_EQ(after.networks, before.networks);
  EXPECT_EQ(after.rate, before.rate);
  EXPECT_EQ(after.rules.at(0).pattern, "p");
}

TEST(Configuration, ReadsAHugeText) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) {
    text += "queue \"q" + std::to_string(i) + "\" { concurrency = 5 steps { growth = 2 } }\n";
  }
  text += "queue \"last\" { networks = {";
  for (int i = 0; i < 20'000; ++i) text += "\"n" + std::to_string(i) + "\",\n";
  text += "} }\nqueue \"wrong\" { concurrency = x }";
  EXPECT_THAT(errors_of(text), ElementsAre(HasSubstr("t.conf:25002: concurrency: ")));
}

}  // namespace
}  // namespace posthaste::config_fixture
