#include "platform/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthaste {

enum class Paint : std::uint8_t { red, green, dark_blue };

template <>
struct ConfigNames<Paint> {
  static constexpr std::array names{std::pair{"red", Paint::red}, std::pair{"green", Paint::green},
                                    std::pair{"dark_blue", Paint::dark_blue}};
};

namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A type that parses itself, as Domain does.
struct Even {
  std::uint32_t value = 0;

  static Result<Even> parse(std::string_view text) {
    if (text.empty() || (text.back() - '0') % 2 != 0)
      return bad_config_value("odd: use an even one");
    return Even{static_cast<std::uint32_t>(text.back() - '0')};
  }
  std::string to_string() const { return std::to_string(value); }
};

struct Steps {
  Duration first = 20min;
  double growth = 2.0;
};

struct Rule {
  std::string pattern;
};

struct Queue {
  std::string name = "outbound";
  ConfigLocation where;
  std::uint32_t concurrency = 500;
  Rate rate;
  Bytes memory{256'000'000};
  std::vector<std::string> networks = {"127.0.0.0/8", "::1"};
  std::vector<Even> evens;
  std::optional<Bytes> limit;
  std::int32_t offset = -3;
  Paint paint = Paint::green;
  std::filesystem::path folder = "/var/lib/x";
  bool is_fast = false;
  Even even{4};
  Steps steps;
  std::vector<Rule> rules;
  std::optional<Rule> last_rule;
};

struct Key {
  std::string selector;
  std::string domain;
};

struct Place {
  std::string hostname = "localhost";
  std::uint32_t threads = 0;
};

const BlockSchema<Steps>& steps_schema() {
  static const auto schema =
      BlockSchema<Steps>("steps", BlockKind::single, "When to try again.")
          .key("first", &Steps::first, "First interval.", {.min = 1s, .max = 60min})
          .key("growth", &Steps::growth, "Factor.", {.min = 1.0});
  return schema;
}

const BlockSchema<Rule>& rule_schema() {
  static const auto schema = BlockSchema<Rule>("rule", BlockKind::repeated, "A rule.")
                                 .key("pattern", &Rule::pattern, "What it is for.");
  return schema;
}

const BlockSchema<Rule>& last_rule_schema() {
  static const auto schema = BlockSchema<Rule>("last_rule", BlockKind::single, "The last rule.")
                                 .key("pattern", &Rule::pattern, "What it is for.");
  return schema;
}

std::string not_empty(const std::string& text) {
  return text.empty() ? "is empty: give a network" : "";
}

std::vector<ConfigProblem> check_queue(const Queue& queue) {
  if (queue.is_fast && queue.concurrency < 10) {
    return {{"is_fast", "10 deliveries at once are too few for it: raise concurrency"}};
  }
  if (queue.name == "forbidden") return {{"", "this name is taken: choose another"}};
  return {};
}

const BlockSchema<Queue>& queue_schema() {
  static const auto schema =
      BlockSchema<Queue>("queue", BlockKind::titled, "A class of mail.")
          .title(&Queue::name)
          .location(&Queue::where)
          .key("concurrency", &Queue::concurrency, "At once.", {.min = 1, .max = 10'000})
          .key("rate", &Queue::rate, "So many a time.")
          .key("memory", &Queue::memory, "Budget.")
          .key("networks", &Queue::networks, "From where.", {.check = not_empty})
          .key("evens", &Queue::evens, "Even numbers.")
          .key("limit", &Queue::limit, "If any.", {.max = Bytes(1000)})
          .key("offset", &Queue::offset, "Signed.")
          .key("paint", &Queue::paint, "Colour.")
          .key("folder", &Queue::folder, "Folder.")
          .key("is_fast", &Queue::is_fast, "Whether.")
          .key("even", &Queue::even, "Even.")
          .block(&Queue::steps, steps_schema())
          .block(&Queue::rules, rule_schema())
          .block(&Queue::last_rule, last_rule_schema())
          .validate(check_queue)
          .implicit_block({}, ImplicitWhen::title_is_absent);
  return schema;
}

const BlockSchema<Key>& key_schema() {
  static const auto schema = BlockSchema<Key>("dkim", BlockKind::repeated, "A key.")
                                 .key("selector", &Key::selector, "Selector.", {.required = true})
                                 .key("domain", &Key::domain, "Domain.");
  return schema;
}

const BlockSchema<Place>& place_schema() {
  static const auto schema = BlockSchema<Place>("server", BlockKind::single, "This server.")
                                 .key("hostname", &Place::hostname, "Name.")
                                 .key("threads", &Place::threads, "Loops.");
  return schema;
}

ConfigurationOrErrors load(const std::string& text) {
  return Configuration::load_text(text, "t.conf",
                                  {&place_schema(), &queue_schema(), &key_schema()});
}

std::vector<std::string> errors_of(const std::string& text) {
  const ConfigurationOrErrors loaded = load(text);
  std::vector<std::string> lines;
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors) lines.push_back(error.to_string());
  }
  return lines;
}

std::shared_ptr<const Configuration> accepted(const std::string& text) {
  EXPECT_THAT(errors_of(text), IsEmpty());
  ConfigurationOrErrors loaded = load(text);
  auto* configuration = std::get_if<std::shared_ptr<const Configuration>>(&loaded);
  return configuration == nullptr ? nullptr : *configuration;
}

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
  for (int i = 0; i < 20'000; ++i) {
    text += "queue \"q" + std::to_string(i) + "\" { concurrency = 5 steps { growth = 2 } }\n";
  }
  text += "queue \"last\" { networks = {";
  for (int i = 0; i < 50'000; ++i) text += "\"n" + std::to_string(i) + "\",\n";
  text += "} }\nqueue \"wrong\" { concurrency = x }";
  EXPECT_THAT(errors_of(text), ElementsAre(HasSubstr("t.conf:70002: concurrency: ")));
}

TEST(Configuration, RefusesAValueOfEndlessLength) {
  const std::string text = "\nserver { hostname = \"" + std::string(100'000, 'a') + "\" }";
  EXPECT_THAT(errors_of(text), ElementsAre(HasSubstr("t.conf:2: a value of 100002 octets")));
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
}  // namespace posthaste
