#include "sink/sink_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace posthaste {
namespace {

using testing::HasSubstr;

constexpr std::string_view kMail = "MAIL FROM:<a@from.test>\r\nRCPT TO:<b@To.Test>\r\nDATA\r\n";

// One conversation, without a network.
class Talk {
 public:
  explicit Talk(const std::string& persona_text = "", std::uint64_t seed = 1)
      : state(clock, seed, persona_of(persona_text)) {}

  // Sends octets and returns the answer.
  std::string say(std::string_view octets) {
    std::string_view input = octets;
    step = session().feed(input);
    left = std::string(input);
    return std::exchange(session().output(), {});
  }
  std::string greet() { return say("") + say("EHLO client.test\r\n"); }
  void reconnect() { session_.reset(); }

  SinkSession& session() {
    if (!session_) session_ = std::make_unique<SinkSession>(state, counts, "192.0.2.1");
    return *session_;
  }
  SinkCounts sums() {
    return counts.with([](const SinkCounts& now) { return now; });
  }

  ManualClock clock;
  SinkState state;
  Guarded<SinkCounts> counts;
  SinkStep step;
  std::string left;

 private:
  static Persona persona_of(const std::string& text) {
    PersonaOrErrors parsed = parse_persona(text, "test");
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&parsed)) {
      ADD_FAILURE() << errors->front().to_string();
      return Persona::plain();
    }
    return std::get<Persona>(std::move(parsed));
  }

  std::unique_ptr<SinkSession> session_;
};

TEST(SinkSession, TakesPipelinedMessagesAndCountsThem) {
  Talk talk;
  EXPECT_EQ(talk.say(""), "220 sink.test ESMTP\r\n");
  EXPECT_THAT(talk.say("EHLO c\r\n"), HasSubstr("250-PIPELINING\r\n"));
  EXPECT_EQ(talk.say(kMail), "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 Go ahead\r\n");
  EXPECT_EQ(talk.say("X-Blast-Id: 1\r\n\r\nHi\r\n.\r\n" + std::string(kMail)),
            "250 2.0.0 Ok\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 Go ahead\r\n");
  EXPECT_EQ(talk.say("X-Blast-Id: 1\r\n\r\n.\r\nQUIT\r\n"), "250 2.0.0 Ok\r\n221 2.0.0 Bye\r\n");
  EXPECT_EQ(talk.step.kind, SinkStep::close);
  const SinkCounts sums = talk.sums();
  EXPECT_EQ(sums.messages, 2U);
  EXPECT_EQ(sums.recipients, 2U);
  EXPECT_EQ(sums.octets, 21U + 17U);
  EXPECT_EQ(sums.domains.at("to.test"), 2U);
  EXPECT_EQ(talk.state.ids.distinct(), 1U);
  EXPECT_EQ(talk.state.ids.duplicates(), 1U);
}

TEST(SinkSession, TakesChunks) {
  Talk talk;
  talk.greet();
  talk.say("MAIL FROM:<> BODY=8BITMIME\r\nRCPT TO:<b@to.test>\r\n");
  EXPECT_EQ(talk.say("BDAT 17\r\nMessage-ID: <a@"), "");
  EXPECT_EQ(talk.say("b>BDAT 10 LAST\r\n\r\n\r\n.\r\nxyz"),
            "250 2.0.0 Chunk taken\r\n250 2.0.0 Ok\r\n");
  EXPECT_EQ(talk.sums().octets, 27U);
  talk.state.ids.for_each([](std::string_view id, std::uint32_t) { EXPECT_EQ(id, "<a@b>"); });
  // A chunk without a transaction is swallowed, not taken for commands.
  EXPECT_EQ(talk.say("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
            "503 5.5.1 No valid recipients\r\n250 2.0.0 Ok\r\n");
  talk.say("BDAT what\r\n");
  EXPECT_EQ(talk.step.kind, SinkStep::close);
}

TEST(SinkSession, AnswersCommandsOutOfOrder) {
  Talk talk;
  talk.greet();
  EXPECT_THAT(talk.say("RCPT TO:<a@b.test>\r\n"), HasSubstr("503"));
  EXPECT_THAT(talk.say("DATA\r\n"), HasSubstr("503"));
  EXPECT_THAT(talk.say("MAIL FROM:a b c>\r\nRSET\r\n"), HasSubstr("250"));
  EXPECT_THAT(talk.say("MAIL FROM:<a\r\n"), HasSubstr("501"));
  EXPECT_THAT(talk.say("MAIL FROM:<a@b.test> SIZE=99999999999999999999\r\n"), HasSubstr("552"));
  EXPECT_THAT(talk.say("XYZZY\r\n"), HasSubstr("500"));
  EXPECT_THAT(talk.say("STARTTLS\r\n"), HasSubstr("502"));
  std::string nonsense;
  for (int i = 0; i < 30; ++i) nonsense += "nonsense\r\n";
  talk.say(nonsense);
  EXPECT_EQ(talk.step.kind, SinkStep::close);
}

TEST(SinkSession, EndsAConnectionWhoseLineHasNoEnd) {
  Talk talk;
  talk.greet();
  talk.say(std::string(4096, 'x'));
  EXPECT_EQ(talk.step.kind, SinkStep::read);
  EXPECT_THAT(talk.say(std::string(4097, 'x')), HasSubstr("500"));
  EXPECT_EQ(talk.step.kind, SinkStep::close);
}

TEST(SinkSession, DropsWhatCameInTheClearBehindStarttls) {
  Talk talk;
  talk.state.has_tls = true;
  EXPECT_THAT(talk.greet(), HasSubstr("STARTTLS"));
  talk.say("STARTTLS\r\nMAIL FROM:<evil@test>\r\n");
  EXPECT_EQ(talk.step.kind, SinkStep::start_tls);
  EXPECT_EQ(talk.left, "");
  EXPECT_EQ(talk.sums().violations.at("data_behind_starttls"), 1U);
  talk.session().on_tls();
  EXPECT_THAT(talk.say("EHLO c\r\n"), testing::Not(HasSubstr("STARTTLS")));
}

TEST(SinkSession, AnswersAsTheRulesSay) {
  Talk talk(R"(
    rule "unknown" { at = rcpt recipient = "^nobody@" reply = {"550 5.1.1 No {recipient}", "Sorry"} }
    rule "spam" { at = end_of_data sender = "spam" reply = "554 5.7.1 Spam from {sender}" }
    rule "lost" { at = end_of_data sender = "lost" action = lose_reply }
    rule "odd" { at = data sender = "odd" action = garbage }
    rule "gone" { at = mail sender = "gone" action = close }
    rule "stuck" { at = mail sender = "stuck" action = hang }
    rule "never" { at = mail probability = 0.0 reply = "550 no" }
  )");
  talk.greet();
  EXPECT_EQ(talk.say("MAIL FROM:<spam@x.test>\r\nRCPT TO:<NOBODY@y.test>\r\n"),
            "250 2.1.0 Ok\r\n550-5.1.1 No NOBODY@y.test\r\n550 5.1.1 Sorry\r\n");
  EXPECT_THAT(talk.say("RCPT TO:<b@y.test>\r\nDATA\r\n\r\n.\r\n"),
              HasSubstr("554 5.7.1 Spam from spam@x.test\r\n"));
  EXPECT_EQ(talk.sums().messages, 0U);
  EXPECT_EQ(talk.sums().refused.at("unknown"), 1U);
  EXPECT_THAT(talk.say("MAIL FROM:<odd@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\nRSET\r\n"),
              HasSubstr("no SMTP"));
  talk.say("MAIL FROM:<lost@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n");
  EXPECT_EQ(talk.say("X-Blast-Id: 5\r\n\r\n.\r\n"), "");
  EXPECT_EQ(talk.step.kind, SinkStep::close);
  EXPECT_EQ(talk.sums().messages, 1U);
  talk.reconnect();
  talk.greet();
  EXPECT_EQ(talk.say("MAIL FROM:<gone@x.test>\r\n"), "");
  EXPECT_EQ(talk.step.kind, SinkStep::close);
  talk.reconnect();
  talk.greet();
  EXPECT_EQ(talk.say("MAIL FROM:<stuck@x.test>\r\n"), "");
  EXPECT_EQ(talk.step.kind, SinkStep::hang);
}

TEST(SinkSession, WaitsAndThenGoesOnWithWhatWasPipelined) {
  Talk talk(R"(rule "slow" { at = rcpt action = delay delay = "2s" delay_max = "3s" })");
  talk.greet();
  EXPECT_EQ(talk.say("MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n"), "250 2.1.0 Ok\r\n");
  ASSERT_EQ(talk.step.kind, SinkStep::pause);
  EXPECT_GE(talk.step.delay, std::chrono::seconds(2));
  EXPECT_LE(talk.step.delay, std::chrono::seconds(3));
  EXPECT_EQ(talk.left, "DATA\r\n");
  EXPECT_EQ(talk.say(talk.left), "250 2.1.5 Ok\r\n354 Go ahead\r\n");
}

TEST(SinkSession, RefusesAndCountsWhatGoesBeyondALimit) {
  Talk talk(R"(limit "two" { of = messages rate = "2/min" })");
  talk.greet();
  const std::string whole = std::string(kMail) + "\r\n.\r\n";
  talk.say(whole + whole);
  EXPECT_EQ(talk.sums().messages, 2U);
  EXPECT_THAT(talk.say(kMail), HasSubstr("421 4.7.0"));
  EXPECT_EQ(talk.step.kind, SinkStep::close);
  EXPECT_EQ(talk.sums().violations.at("two"), 1U);
  talk.clock.advance(std::chrono::minutes(1));
  talk.reconnect();
  talk.greet();
  EXPECT_THAT(talk.say(kMail), HasSubstr("354"));
}

TEST(SinkSession, LimitsConnectionsThatAreOpenAtOneTime) {
  Talk talk(R"(limit "one" { of = connections concurrent = 1 })");
  talk.say("");
  SinkSession second(talk.state, talk.counts, "192.0.2.1");
  SinkSession other(talk.state, talk.counts, "192.0.2.2");
  std::string_view none;
  EXPECT_EQ(second.feed(none).kind, SinkStep::close);
  EXPECT_THAT(second.output(), HasSubstr("421"));
  EXPECT_EQ(other.feed(none).kind, SinkStep::read);
  talk.reconnect();
  SinkSession third(talk.state, talk.counts, "192.0.2.1");
  EXPECT_EQ(third.feed(none).kind, SinkStep::read);
}

TEST(SinkSession, KeepsMessagesWithTheirEnvelope) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "sink_session_keeps";
  std::filesystem::remove_all(folder);
  {
    Talk talk;
    talk.state.keep.emplace(*MessageFolder::open(folder));
    talk.greet();
    talk.say("MAIL FROM:<a@x.test> SIZE=9\r\nRCPT TO:<b@y.test> NOTIFY=NEVER\r\nDATA\r\n");
    talk.say("A: b\r\n\r\n..x\r\n.\r\n");
    talk.state.keep.emplace(*MessageFolder::open(folder));
    talk.say(std::string(kMail) + "A: c\r\n.\r\n");
  }
  std::ifstream file(folder / "00000001.eml", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text,
            "X-Envelope-From: <a@x.test> SIZE=9\r\nX-Envelope-To: <b@y.test> NOTIFY=NEVER\r\n"
            "A: b\r\n\r\n.x\r\n");
  EXPECT_TRUE(std::filesystem::exists(folder / "00000002.eml"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace posthaste
