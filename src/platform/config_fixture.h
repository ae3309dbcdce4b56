#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/config.h"

// Schemas that use every kind of value, and what the tests do with them.

namespace posthaste {

enum class Paint : std::uint8_t { red, green, dark_blue };

template <>
struct ConfigNames<Paint> {
  static constexpr std::array names{std::pair{"red", Paint::red}, std::pair{"green", Paint::green},
                                    std::pair{"dark_blue", Paint::dark_blue}};
};

namespace config_fixture {

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
  Duration first = std::chrono::minutes(20);
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

inline const BlockSchema<Steps>& steps_schema() {
  static const auto schema =
      BlockSchema<Steps>("steps", BlockKind::single, "When to try again.")
          .key("first", &Steps::first, "First interval.",
               {.min = std::chrono::seconds(1), .max = std::chrono::minutes(60)})
          .key("growth", &Steps::growth, "Factor.", {.min = 1.0});
  return schema;
}

inline const BlockSchema<Rule>& rule_schema() {
  static const auto schema = BlockSchema<Rule>("rule", BlockKind::repeated, "A rule.")
                                 .key("pattern", &Rule::pattern, "What it is for.");
  return schema;
}

inline const BlockSchema<Rule>& last_rule_schema() {
  static const auto schema = BlockSchema<Rule>("last_rule", BlockKind::single, "The last rule.")
                                 .key("pattern", &Rule::pattern, "What it is for.");
  return schema;
}

inline std::string not_empty(const std::string& text) {
  return text.empty() ? "is empty: give a network" : "";
}

inline std::vector<ConfigProblem> check_queue(const Queue& queue) {
  if (queue.is_fast && queue.concurrency < 10) {
    return {{"is_fast", "10 deliveries at once are too few for it: raise concurrency"}};
  }
  if (queue.name == "forbidden") return {{"", "this name is taken: choose another"}};
  return {};
}

inline const BlockSchema<Queue>& queue_schema() {
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

inline const BlockSchema<Key>& key_schema() {
  static const auto schema = BlockSchema<Key>("dkim", BlockKind::repeated, "A key.")
                                 .key("selector", &Key::selector, "Selector.", {.required = true})
                                 .key("domain", &Key::domain, "Domain.");
  return schema;
}

inline const BlockSchema<Place>& place_schema() {
  static const auto schema = BlockSchema<Place>("server", BlockKind::single, "This server.")
                                 .key("hostname", &Place::hostname, "Name.")
                                 .key("threads", &Place::threads, "Loops.");
  return schema;
}

inline ConfigurationOrErrors load(const std::string& text) {
  return Configuration::load_text(text, "t.conf",
                                  {&place_schema(), &queue_schema(), &key_schema()});
}

inline std::vector<std::string> errors_of(const std::string& text) {
  const ConfigurationOrErrors loaded = load(text);
  std::vector<std::string> lines;
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors) lines.push_back(error.to_string());
  }
  return lines;
}

inline std::shared_ptr<const Configuration> accepted(const std::string& text) {
  EXPECT_THAT(errors_of(text), testing::IsEmpty());
  ConfigurationOrErrors loaded = load(text);
  auto* configuration = std::get_if<std::shared_ptr<const Configuration>>(&loaded);
  return configuration == nullptr ? nullptr : *configuration;
}

}  // namespace config_fixture
}  // namespace posthaste
