// Dialogues of other servers' tests, and the sequences of SMTP smuggling.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "accept/session_fixture.h"

namespace posthaste {
namespace {

using Json = nlohmann::json;

std::vector<Json> read_corpus(const std::string& name) {
  std::ifstream file(std::filesystem::path(POSTHASTE_CORPORA) / "smtp" / name);
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::string from_hex(const std::string& hex) {
  std::string octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    octets += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return octets;
}

constexpr std::string_view kEnvelope = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\n";
constexpr std::string_view kSmuggled =
    "MAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nevil\r\n.\r\n";

TEST(SmtpCorpus, AnswersCommandsInTheirClass) {
  const auto dialogues = read_corpus("commands.jsonl");
  if (dialogues.empty()) GTEST_SKIP() << "the corpora are not here";
  for (const Json& entry : dialogues) {
    Dialogue dialogue;
    dialogue.session().greet(SmtpSession::Opening::silent);
    dialogue.session().take_output();
    for (const Json& step : entry["steps"]) {
      const std::string said = dialogue.say_line(step["send"].get<std::string>());
      ASSERT_FALSE(said.empty()) << entry["name"];
      EXPECT_EQ(said.front() - '0', step["reply_class"].get<int>())
          << entry["name"] << ": " << step["send"] << " → " << said;
    }
  }
}

TEST(SmtpCorpus, NeverStoresAnotherSenderThanItWasGiven) {
  const auto arguments = read_corpus("envelope-addresses.jsonl");
  if (arguments.empty()) GTEST_SKIP() << "the corpora are not here";
  std::size_t taken = 0;
  for (const Json& entry : arguments) {
    const auto argument = entry["argument"].get<std::string>();
    Dialogue dialogue;
    dialogue.begin();
    const std::string said = dialogue.say_line("MAIL FROM:" + argument);
    if (!said.starts_with("250")) continue;
    ++taken;
    dialogue.say_line("RCPT TO:<b@example.org>");
    dialogue.say_line("DATA");
    dialogue.say("x\r\n.\r\n");
    ASSERT_EQ(dialogue.transactions.size(), 1u) << argument;
    const ReversePath& sender = dialogue.transactions[0].envelope.sender;
    const auto local = sender.is_null() ? "" : sender.address().local().unquoted();
    std::string plain = argument;
    std::erase(plain, '\\');
    EXPECT_NE(plain.find(local), std::string::npos) << argument << " → " << sender.smtp_form();
  }
  EXPECT_GT(taken, 0U);
}

// Each sequence stands in a message where a careless server would end it, with a whole second
// message behind it.
TEST(SmtpCorpus, NeverEndsAMessageEarly) {
  const auto sequences = read_corpus("end-of-data.jsonl");
  if (sequences.empty()) GTEST_SKIP() << "the corpora are not here";
  for (const Json& entry : sequences) {
    const std::string message = "Subject: x\r\n\r\ntext" +
                                from_hex(entry["bytes_hex"].get<std::string>()) +
                                std::string(kSmuggled);
    for (std::size_t step : {std::size_t{1}, std::size_t{7}, message.size()}) {
      Dialogue dialogue;
      dialogue.begin();
      dialogue.say(kEnvelope);
      dialogue.say("DATA\r\n");
      const std::string said = dialogue.say(message, step);
      EXPECT_TRUE(said.starts_with("550 5.6.0 ")) << entry["name"] << ": " << said;
      EXPECT_EQ(said.find('\n') + 1, said.size()) << entry["name"] << ": one reply, " << said;
      EXPECT_TRUE(dialogue.transactions.empty()) << entry["name"];
    }
    Dialogue chunked;
    chunked.begin();
    chunked.say(kEnvelope);
    const std::string said =
        chunked.say("BDAT " + std::to_string(message.size()) + " LAST\r\n" + message);
    EXPECT_TRUE(said.starts_with("550 5.6.0 ")) << entry["name"] << ": " << said;
    EXPECT_TRUE(chunked.transactions.empty()) << entry["name"];
  }
}

}  // namespace
}  // namespace posthaste
