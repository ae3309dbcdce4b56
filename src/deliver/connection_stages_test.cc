// Peers that end the session, or keep it waiting, at each stage.
#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "deliver/connection.h"
#include "deliver/connection_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMegabyte = 1 << 20;
constexpr std::string_view kMail = "MAIL FROM:<from@sender.test>\r\n";

// Lines of text, `octets` long or a little longer.
std::string long_body(std::size_t octets) {
  std::string body = "Subject: long\r\n\r\n";
  while (body.size() < octets) body += std::string(998, 'x') + "\r\n";
  return body;
}

// One message's conversation: what the client says, and the answer that lets it go on.
struct Step {
  const char* command;
  const char* answer;
  Duration timeout;     // RFC 5321 §4.5.3.2
  const char* waiting;  // for what, as the log says
};
constexpr std::array<Step, 6> kSteps{{{"", "220 mx.test", 5min, "greeting"},
                                      {"EHLO ", "250 mx.test", 5min, "EHLO"},
                                      {"MAIL ", "250 ok", 5min, "MAIL"},
                                      {"RCPT ", "250 ok", 5min, "RCPT"},
                                      {"DATA", "354 go", 2min, "DATA"},
                                      {"Subject:", "250 queued", 10min, "end of data"}}};
constexpr std::size_t kReady = 2;  // the steps before it open the session

class ConnectionStageTest : public ConnectionTest, public testing::WithParamInterface<std::size_t> {
 protected:
  static const Step& step() { return kSteps[GetParam()]; }
  static bool is_opening() { return GetParam() < kReady; }

  // The client waits for the answer of this step.
  void play_until_step() {
    wait_for("a@x.test");
    start(peer);
    ASSERT_TRUE(peer.accept());
    for (std::size_t i = 1; i <= GetParam(); ++i) {
      peer.say(kSteps[i - 1].answer);
      ASSERT_TRUE(peer.hear().starts_with(kSteps[i].command)) << kSteps[i].command;
    }
    ASSERT_FALSE(is_over);
  }
  // What the site or the message is said to have met.
  void expect_trouble(std::uint32_t code, const std::string& text) {
    ASSERT_TRUE(ends());
    EXPECT_TRUE(work.returned.empty());
    if (is_opening()) {
      ASSERT_TRUE(work.failure);
      EXPECT_FALSE(work.failure->is_permanent);
      EXPECT_EQ(work.failure->smtp_code, code);
      EXPECT_NE(work.failure->text.find(text), std::string::npos) << work.failure->text;
      EXPECT_EQ(work.reached, 0);
      EXPECT_EQ(work.waiting.size(), 1U) << "the message was taken";
      return;
    }
    EXPECT_FALSE(work.failure);
    ASSERT_EQ(work.settled.size(), 1U);
    EXPECT_EQ(verdict().end, End::deferred);
    EXPECT_EQ(verdict().event.smtp_code, code);
    EXPECT_NE(verdict().event.response.find(text), std::string::npos) << verdict().event.response;
  }
};

INSTANTIATE_TEST_SUITE_P(Stages, ConnectionStageTest,
                         testing::Range(std::size_t{0}, kSteps.size()));

TEST_P(ConnectionStageTest, DefersAt421AndSaysNoMore) {
  play_until_step();
  peer.say("421 4.3.2 shutting down");
  EXPECT_EQ(peer.hear(), "");
  expect_trouble(421, "421 4.3.2 shutting down");
}

TEST_P(ConnectionStageTest, DefersWhenThePeerHangsUp) {
  play_until_step();
  peer.hang_up();
  expect_trouble(0, std::string("the peer closed the connection at ") + step().waiting);
}

TEST_P(ConnectionStageTest, WaitsAsLongAsTheRfcSaysAndNoLonger) {
  play_until_step();
  advance(step().timeout - 1s);
  EXPECT_FALSE(is_over);
  advance(1s);
  EXPECT_EQ(peer.hear(), "");
  expect_trouble(0, std::string("no answer in time at ") + step().waiting);
}

TEST_P(ConnectionStageTest, TakesWhatIsNoReplyForAProtocolError) {
  play_until_step();
  peer.say("HTTP/1.1 400 Bad Request");
  ASSERT_TRUE(ends());
  EXPECT_EQ(is_opening() ? work.failure->classification : verdict().event.classification,
            Classification::protocol_error);
}

// --- slow peers

// RFC 5321 §4.5.3.2.5
TEST_F(ConnectionTest, WaitsAsLongAsALongMessageFlowsHoweverSlowly) {
  const std::string body = long_body(24 * kMegabyte);
  work.waiting.push_back(message_to({"a@x.test"}, body));
  start(peer);
  EXPECT_EQ(peer.greet(), kMail);
  peer.say("250 ok");
  peer.hear();
  peer.say("250 ok");
  EXPECT_EQ(peer.hear(), "DATA\r\n");
  peer.say("354 go");
  std::size_t taken = 0;
  while (taken < body.size() / 2) {
    advance(2min);
    ASSERT_FALSE(is_over) << "after " << taken << " octets";
    taken += peer.swallow(2 * kMegabyte);
  }
  peer.swallow(body.size() + 3 - taken);
  peer.say("250 2.0.0 queued");
  EXPECT_EQ(peer.hear(), "QUIT\r\n");
  ASSERT_EQ(work.settled.size(), 1U);
  EXPECT_EQ(verdict().end, End::delivered);
}

// RFC 5321 §4.5.3.2.5
TEST_F(ConnectionTest, GivesUpWhenNothingOfAMessageFlowsForThreeMinutes) {
  work.waiting.push_back(message_to({"a@x.test"}, long_body(24 * kMegabyte)));
  start(peer);
  EXPECT_EQ(peer.greet(), kMail);
  peer.say("250 ok");
  peer.hear();
  peer.say("250 ok");
  EXPECT_EQ(peer.hear(), "DATA\r\n");
  peer.say("354 go");
  advance(3min - 1s);
  EXPECT_FALSE(is_over);
  advance(1s);
  ASSERT_TRUE(ends());
  EXPECT_EQ(verdict().end, End::deferred);
  EXPECT_EQ(verdict().event.response, "mx.test [127.0.0.1]: no answer in time at end of data");
}

}  // namespace
}  // namespace posthaste
