#include "sink/persona.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "platform/config_reference.h"

namespace posthaste {
namespace {

TEST(Persona, RefusesWhatMakesNoSense) {
  for (const char* text : {
           R"(rule "a" { at = rcpt })",                                     // nothing to say
           R"(rule "a" { reply = "550 no" })",                              // no stage
           R"(rule "a" { at = rcpt reply = "no" })",                        // no code
           R"(rule "a" { at = rcpt reply = "999 no" })",                    // no such code
           R"(rule "a" { at = rcpt recipient = "(" reply = "550 no" })",    // no pattern
           R"(rule "a" { at = mail recipient = "x" reply = "550 no" })",    // not known yet
           R"(rule "a" { at = rcpt probability = 1.5 reply = "550 no" })",  // over 1
           R"(rule "a" { at = rcpt action = delay })",                      // how long?
           R"(rule "a" { at = rcpt action = lose_reply })",                 // nothing to lose
           R"(limit "a" { of = messages })",                                // limits nothing
           R"(limit "a" { of = messages concurrent = 5 })",
           R"(limit "a" { of = messages rate = "1/s" reply = "250 ok" })",
           R"(persona { extensions = {"XYZZY"} })",
       }) {
    EXPECT_TRUE(std::holds_alternative<std::vector<ConfigError>>(parse_persona(text, "t"))) << text;
  }
}

TEST(Persona, ReadsTheOnesThatComeWithTheProduct) {
  for (const char* name : {"plain.conf", "flaky.conf"}) {
    const std::string path = std::string(POSTHASTE_SOURCE_DIR) + "/conf/personas/" + name;
    const PersonaOrErrors loaded = load_persona(path);
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
      ADD_FAILURE() << errors->front().to_string();
    }
  }
}

// docs/guide/rehearsals.md ends with the reference of the blocks, as the schemas have it.
TEST(Persona, HasItsReferenceInTheGuide) {
  std::ifstream file(std::string(POSTHASTE_SOURCE_DIR) + "/docs/guide/rehearsals.md");
  const std::string guide{std::istreambuf_iterator<char>(file), {}};
  const std::string whole = config_reference(persona_schemas());
  EXPECT_THAT(guide, testing::HasSubstr(whole.substr(whole.find("\n## `"))));
}

TEST(Persona, SaysThatAFileIsMissing) {
  EXPECT_TRUE(std::holds_alternative<std::vector<ConfigError>>(load_persona("/nowhere/x.conf")));
}

}  // namespace
}  // namespace posthaste
