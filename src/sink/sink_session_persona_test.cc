#include "sink/sink_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

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

  void disconnect() { session_.reset(); }
  std::vector<ProviderModel::View> views() {
    return state.persona()->provider.with(
        [&](ProviderModel& provider) { return provider.views(clock.now(), 10); });
  }

  ManualClock clock;
  SinkState state;
  Guarded<SinkCounts> counts;
  SinkStep step;
  Duration waited{0};

 private:
  std::unique_ptr<SinkSession> session_;
};

TEST(SinkSessionPersona, AsksWhoIsNewToComeAgain) {
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

TEST(SinkSessionPersona, GrantsAnAddressWhatItsHistoryAllowsInItsOwnWords) {
  Visits visits(
      "reputation { first = 24 burst = 1 deferral = \"421 4.7.28 Too much from {client}\" }");
  EXPECT_THAT(visits.send("b@to.test"), StartsWith("250"));
  EXPECT_EQ(visits.send("b@to.test"), "421 4.7.28 Too much from 192.0.2.1\r\n");
  EXPECT_EQ(visits.step.kind, SinkStep::close);
  visits.clock.advance(1h);
  EXPECT_THAT(visits.send("b@to.test"), StartsWith("250"));
  const auto views = visits.views();
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].accepted, 2U);
  ASSERT_TRUE(views[0].reputation);
  EXPECT_EQ(views[0].reputation->deferred, 1U);
}

TEST(SinkSessionPersona, CountsAMessageUnderWayAgainstTheAllowanceUntilItsEnd) {
  Visits visits("reputation { first = 24 burst = 2 }");
  visits.connect();
  SinkSession other(visits.state, visits.counts, "192.0.2.1");
  std::string_view input = "EHLO c\r\nMAIL FROM:<a@from.test>\r\n";
  other.feed(input);
  EXPECT_THAT(other.output(), HasSubstr("250 2.1.0"));
  EXPECT_THAT(visits.say("MAIL FROM:<a@from.test>\r\n"), StartsWith("250"));
  SinkSession third(visits.state, visits.counts, "192.0.2.1");
  input = "EHLO c\r\nMAIL FROM:<a@from.test>\r\n";
  third.feed(input);
  EXPECT_THAT(third.output(), HasSubstr("421"));
  EXPECT_THAT(visits.say("RSET\r\nMAIL FROM:<a@from.test>\r\n"), HasSubstr("250 2.1.0"));
  visits.disconnect();
  EXPECT_THAT(visits.send("b@to.test"), StartsWith("250"));
}

TEST(SinkSessionPersona, DoesNotBlameAClientThatPipelinesBehindARefusal) {
  Visits visits(
      "rule \"later\" { at = mail sender = \"^later\" reply = \"451 4.7.1 Later\" }\n"
      "greylist { }");
  visits.connect();
  EXPECT_EQ(visits.say("MAIL FROM:<later@from.test>\r\nRCPT TO:<b@to.test>\r\nDATA\r\n"),
            "451 4.7.1 Later\r\n503 5.5.1 MAIL first\r\n503 5.5.1 MAIL first\r\n");
  EXPECT_THAT(visits.say("MAIL FROM:<a@from.test>\r\nRCPT TO:<b@to.test>\r\nDATA\r\n"),
              HasSubstr("\r\n554 5.5.1 No valid recipients\r\n"));
  const auto violations = [&] {
    return visits.counts.with([](const SinkCounts& sums) { return sums.violations; });
  };
  EXPECT_TRUE(violations().empty());
  visits.say("RSET\r\nRCPT TO:<b@to.test>\r\n");
  EXPECT_EQ(violations()["protocol"], 1U);
}

TEST(SinkSessionPersona, RefusesTheSameUnknownUsersAlways) {
  Visits visits(
      "unknown_users { pattern = \"^nobody@\" reply = \"554 5.1.1 {recipient} who?\" }\n"
      "greylist { }");
  EXPECT_EQ(visits.send("Nobody@to.test"), "554 5.1.1 Nobody@to.test who?\r\n");
  EXPECT_THAT(visits.send("b@to.test"), StartsWith("451"));
  ASSERT_EQ(visits.views().size(), 1U);
  EXPECT_EQ(visits.views()[0].unknown_users, 1U);
  EXPECT_EQ(visits.views()[0].greylisted, 1U);
}

TEST(SinkSessionPersona, DoesNotTakeALimitsRefusalForAnUnknownUser) {
  Visits visits(
      "limit \"few\" { of = recipients rate = \"1/h\" reply = \"550 5.7.1 Enough\" }\n"
      "reputation { }");
  visits.send("b@to.test");
  EXPECT_THAT(visits.send("c@to.test"), StartsWith("550 5.7.1"));
  EXPECT_EQ(visits.views()[0].unknown_users, 0U);
}

TEST(SinkSessionPersona, AnswersWhoSendsTooFastEverMoreSlowly) {
  Visits visits("tarpit { rate = \"2/min\" delay = \"1s\" delay_max = \"2s\" }");
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 5; ++i) {
    visits.waited = Duration(0);
    visits.send("b@to.test");
    waits.push_back(visits.waited / 1s);
  }
  EXPECT_EQ(waits, (std::vector<std::int64_t>{0, 0, 1, 2, 2}));
  EXPECT_EQ(visits.views()[0].slowed, 3U);
}

TEST(SinkSessionPersona, BlocksWhoWritesToUsersThatAreNotThere) {
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

TEST(SinkSessionPersona, AnswersWhoIsRefusedAgainAndAgainEverMoreSlowly) {
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

TEST(SinkSessionPersona, SaysWhatIsWrongWithABlock) {
  EXPECT_THAT(first_error("greylist { reply = \"250 Ok\" }"), HasSubstr("400 or above"));
  EXPECT_THAT(first_error("greylist {\n reply = \"550 No\" }"), StartsWith("test:2: "));
  EXPECT_THAT(first_error("reputation { deferral = \"550 No\" }"), HasSubstr("below 500"));
  EXPECT_THAT(first_error("reputation { day = \"1ms\" }"), HasSubstr("day"));
  EXPECT_THAT(first_error("unknown_users { }"), HasSubstr("set pattern or share"));
  EXPECT_THAT(first_error("unknown_users { pattern = \"(\" }"), HasSubstr("regular expression"));
  EXPECT_THAT(first_error("unknown_users { share = 0.1 reply = \"250 Ok\" }"), HasSubstr("400"));
  EXPECT_THAT(first_error("tarpit { delay = \"9s\" delay_max = \"2s\" }"), HasSubstr("raise it"));
  EXPECT_THAT(first_error("reputation { block = \"go away\" }"), HasSubstr("begin with a code"));
  EXPECT_THAT(first_error("reputation { growth = 0.5 }"), HasSubstr("growth"));
}

TEST(SinkSessionPersona, IsPartOfEveryShippedPersona) {
  for (const char* name : {"gmail", "outlook", "yahoo", "strict"}) {
    const PersonaOrErrors loaded = load_persona(name);
    ASSERT_TRUE(std::holds_alternative<Persona>(loaded)) << name;
    const Persona& persona = std::get<Persona>(loaded);
    EXPECT_EQ(persona.config.name, name);
    ASSERT_TRUE(persona.reputation) << name;
    EXPECT_GE(persona.reputation->deferral.code, 421U);
    EXPECT_NE(persona.reputation->poor.wire, persona.reputation->deferral.wire);
    EXPECT_GE(persona.reputation->block.code, 550U);
    EXPECT_TRUE(persona.tarpit) << name;
    ASSERT_TRUE(persona.unknown_users) << name;
    EXPECT_TRUE(is_unknown_user(*persona.unknown_users, "nobody@to.test"));
    EXPECT_FALSE(is_unknown_user(*persona.unknown_users, "b@to.test"));
  }
}

}  // namespace
}  // namespace posthaste
