#include "sink/persona_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "sink/sink_session.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

Persona persona_of(const std::string& text) {
  PersonaOrErrors parsed = parse_persona(text, "test");
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&parsed)) {
    ADD_FAILURE() << errors->front().to_string();
    return Persona::plain();
  }
  return std::get<Persona>(std::move(parsed));
}

std::string first_error(const std::string& text) {
  const PersonaOrErrors parsed = parse_persona(text, "test");
  const auto* errors = std::get_if<std::vector<ConfigError>>(&parsed);
  return errors == nullptr ? "" : errors->front().to_string();
}

// Sessions with one persona, one after the other.
class Visits {
 public:
  explicit Visits(const std::string& text) : state(clock, 1, persona_of(text)) {}

  std::string say(std::string_view octets) {
    std::string_view input = octets;
    step = session_->feed(input);
    while (step.kind == SinkStep::pause) {
      waited += step.delay;
      clock.advance(std::chrono::duration_cast<Clock::duration>(step.delay));
      step = session_->feed(input);
    }
    return std::exchange(session_->output(), {});
  }
  void connect() {
    session_ = std::make_unique<SinkSession>(state, counts, "192.0.2.1");
    say("");
    say("EHLO client.test\r\n");
  }
  std::string send(const std::string& recipient) {
    connect();
    const std::string mail = say("MAIL FROM:<a@from.test>\r\n");
    if (!mail.starts_with("250")) return mail;
    const std::string rcpt = say("RCPT TO:<" + recipient + ">\r\n");
    if (!rcpt.starts_with("250")) return rcpt;
    say("DATA\r\n");
    return say("Subject: x\r\n\r\nx\r\n.\r\n");
  }

  ManualClock clock;
  SinkState state;
  Guarded<SinkCounts> counts;
  SinkStep step;
  Duration waited{0};

 private:
  std::unique_ptr<SinkSession> session_;
};

TEST(PersonaMemory, AsksWhoIsNewToComeAgain) {
  Visits visits("greylist { after = \"5m\" forget = \"1d\" }");
  EXPECT_THAT(visits.send("b@to.test"), StartsWith("451 4.7.1 Greylisted"));
  visits.clock.advance(4min);
  EXPECT_THAT(visits.send("b@to.test"), StartsWith("451"));
  visits.clock.advance(1min);
  EXPECT_THAT(visits.send("b@to.test"), StartsWith("250"));
  EXPECT_THAT(visits.send("c@to.test"), StartsWith("451"));
  visits.clock.advance(25h);
  EXPECT_THAT(visits.send("b@to.test"), StartsWith("451"));
}

TEST(PersonaMemory, GrantsAnAddressWhatItsHistoryAllowsInItsOwnWords) {
  Visits visits(
      "reputation { first = 24 burst = 1 deferral = \"421 4.7.28 Too much from {client}\" }");
  EXPECT_THAT(visits.send("b@to.test"), StartsWith("250"));
  EXPECT_EQ(visits.send("b@to.test"), "421 4.7.28 Too much from 192.0.2.1\r\n");
  EXPECT_EQ(visits.step.kind, SinkStep::close);
  visits.clock.advance(1h);
  EXPECT_THAT(visits.send("b@to.test"), StartsWith("250"));
  const auto views = visits.state.persona()->memory.views(visits.clock.now(), 10);
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].accepted, 2U);
  EXPECT_EQ(views[0].deferred, 1U);
}

TEST(PersonaMemory, BlocksWhoWritesToUsersThatAreNotThere) {
  Visits visits(
      "rule \"unknown\" { at = rcpt recipient = \"^nobody\" reply = \"550 5.1.1 No such user\" }\n"
      "reputation { first = 100000 window = 10 unknown_share = 0.1 }");
  std::string last;
  for (int i = 0; i < 60; ++i) last = visits.send("nobody@to.test");
  EXPECT_THAT(last, StartsWith("550 5.7.1 192.0.2.1 is blocked"));
  EXPECT_THAT(visits.send("b@to.test"), HasSubstr("blocked"));
  visits.clock.advance(25h);
  EXPECT_THAT(visits.send("b@to.test"), StartsWith("250"));
}

TEST(PersonaMemory, AnswersWhoIsRefusedAgainAndAgainEverMoreSlowly) {
  Visits visits(
      "rule \"unknown\" { at = rcpt recipient = \"^nobody\" reply = \"550 5.1.1 No such user\" }\n"
      "tarpit { after = 2 delay = \"1s\" delay_max = \"3s\" }");
  visits.connect();
  visits.say("MAIL FROM:<a@from.test>\r\n");
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 6; ++i) {
    visits.waited = Duration(0);
    visits.say("RCPT TO:<nobody@to.test>\r\n");
    waits.push_back(visits.waited / 1s);
  }
  EXPECT_EQ(waits, (std::vector<std::int64_t>{0, 0, 1, 2, 3, 3}));
}

TEST(PersonaMemory, SaysWhatIsWrongWithABlock) {
  EXPECT_THAT(first_error("greylist { reply = \"250 Ok\" }"), HasSubstr("400 or above"));
  EXPECT_THAT(first_error("reputation { block = \"go away\" }"), HasSubstr("begin with a code"));
  EXPECT_THAT(first_error("reputation { growth = 0.5 }"), HasSubstr("growth"));
}

TEST(PersonaMemory, IsPartOfEveryShippedPersona) {
  for (const char* name : {"gmail", "outlook", "yahoo", "strict"}) {
    const PersonaOrErrors loaded = load_persona(name);
    ASSERT_TRUE(std::holds_alternative<Persona>(loaded)) << name;
    const Persona& persona = std::get<Persona>(loaded);
    EXPECT_EQ(persona.config.name, name);
    ASSERT_TRUE(persona.reputation) << name;
    EXPECT_GE(persona.reputation->deferral.code, 421U);
  }
}

}  // namespace
}  // namespace posthaste
