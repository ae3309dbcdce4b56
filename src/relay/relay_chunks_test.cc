// Messages in chunks (RFC 3030), and what is known of them.
#include <gtest/gtest.h>

#include "relay/relay_fixture.h"

namespace posthaste {
namespace {

TEST(RelayChunks, PassesChunksByTheirSize) {
  for (std::size_t step : {1, 3, 100}) {
    RelayDialogue dialogue;
    dialogue.step = step;
    dialogue.begin("250-mx.example\r\n250 CHUNKING\r\n");
    const std::string sent = kEnvelope + "BDAT 14\r\nSubject: x\r\n\r\nBDAT 7 last\r\n\n.\nQUIT";
    EXPECT_EQ(dialogue.client(sent + "RSET\r\n"), sent);
    dialogue.server("250 ok\r\n250 ok\r\n250 14 octets\r\n250 taken\r\n");
    EXPECT_EQ(dialogue.heard_by_server(), "RSET\r\n");
    const auto outcomes = dialogue.session().take_outcomes();
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_TRUE(outcomes[0].is_taken);
    EXPECT_EQ(outcomes[0].size, 21u);
    EXPECT_EQ(outcomes[0].header, "Subject: x\r\n\r\n");
  }
}

TEST(RelayChunks, CountsChunksThatCameWithTheResetBeforeThem) {
  RelayDialogue dialogue;
  dialogue.begin("250-mx.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
  dialogue.client("RSET\r\n" + kEnvelope + "BDAT 14\r\nSubject: x\r\n\r\n");
  dialogue.server("250 ok\r\n");
  dialogue.client("BDAT 7 LAST\r\n\n.\nQUIT");
  dialogue.server("250 ok\r\n250 ok\r\n250 14 octets\r\n250 taken\r\n");
  const auto outcomes = dialogue.session().take_outcomes();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].size, 21u);
  EXPECT_EQ(outcomes[0].header, "Subject: x\r\n\r\n");
}

TEST(RelayChunks, TellsOfNoHeaderButTheMessagesOwn) {
  const std::string refused = "250 ok\r\n250 ok\r\n451 4.3.0 not now\r\n";
  RelayDialogue reset;
  reset.begin("250-mx.example\r\n250 CHUNKING\r\n");
  reset.client(kEnvelope + "BDAT 14\r\nSubject: x\r\n\r\nRSET\r\n");
  reset.server("250 ok\r\n250 ok\r\n250 14 octets\r\n250 reset\r\n");
  reset.client(kEnvelope + "DATA\r\n");
  reset.server(refused);
  EXPECT_EQ(reset.session().take_outcomes().at(0).header, "");

  RelayDialogue nobody;
  nobody.begin("250-mx.example\r\n250 CHUNKING\r\n");
  nobody.client(kEnvelope + "BDAT 14 LAST\r\nSubject: x\r\n\r\n");
  nobody.server("250 ok\r\n550 5.1.1 nobody\r\n554 5.5.1 no recipients\r\n");
  EXPECT_EQ(nobody.session().take_outcomes().at(0).header, "");
  nobody.client(kEnvelope + "DATA\r\n");
  nobody.server(refused);
  EXPECT_EQ(nobody.session().take_outcomes().at(0).header, "");
}

TEST(RelayChunks, KeepsTheHeaderOfAMessageThatCameWithTheLastOnesRefusal) {
  RelayDialogue dialogue;
  dialogue.begin("250-mx.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
  dialogue.client(kEnvelope + "BDAT 14\r\nSubject: x\r\n\r\nRSET\r\n" + kEnvelope +
                  "BDAT 14 LAST\r\nSubject: y\r\n\r\n");
  dialogue.server("250 ok\r\n250 ok\r\n452 4.3.1 full\r\n250 reset\r\n");
  dialogue.server("250 ok\r\n250 ok\r\n250 taken\r\n");
  const auto outcomes = dialogue.session().take_outcomes();
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].reply.code, 452u);
  EXPECT_EQ(outcomes[0].header, "");
  EXPECT_EQ(outcomes[1].header, "Subject: y\r\n\r\n");
  EXPECT_EQ(outcomes[1].size, 14u);
}

TEST(RelayChunks, TakesChunksForCommandsWhereTheyAreNotOffered) {
  RelayDialogue dialogue;
  dialogue.begin();
  EXPECT_EQ(dialogue.client("BDAT 6 LAST\r\nRSET\r\n"), "RSET\r\n");
  EXPECT_TRUE(dialogue.heard_by_client().starts_with("502 5.5.1 "));
}

TEST(RelayChunks, ClosesWhereTheSizeOfAChunkCannotBeTold) {
  RelayDialogue dialogue;
  dialogue.begin("250-mx.example\r\n250 CHUNKING\r\n");
  EXPECT_EQ(dialogue.client("BDAT 0x6 LAST\r\nRSET\r\n"), "");
  EXPECT_TRUE(dialogue.is_closed());
}

}  // namespace
}  // namespace posthaste
