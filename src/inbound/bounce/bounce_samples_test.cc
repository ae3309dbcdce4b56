// What BounceReader makes of the samples in returned_samples/*.txt: mail as the sources, manuals
// and notices of mail systems have it, written for these tests. The form is told in servers.txt.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "inbound/bounce/bounce_reader.h"

namespace posthaste {
namespace {

namespace fs = std::filesystem;

struct Expected {
  std::string recipient, code, status, classes, hard;
};
struct Sample {
  std::string name, kinds, mail;
  std::vector<Expected> recipients;
  bool is_whole = true;  // false: only the kind is told
};

std::vector<std::string> split(const std::string& text, const std::string& at) {
  std::vector<std::string> pieces;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find(at, begin)) != std::string::npos; begin = end + at.size())
    pieces.push_back(text.substr(begin, end - begin));
  pieces.push_back(text.substr(begin));
  return pieces;
}

std::vector<Sample> samples_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  std::vector<Sample> samples;
  const auto pieces = split(all, "\n=== ");
  for (auto piece = pieces.begin() + 1; piece != pieces.end(); ++piece) {
    const std::size_t rule = piece->find("\n---\n");
    const auto lines = split(piece->substr(0, rule), "\n");
    Sample sample{.name = path.filename().string() + ": " + lines.at(0),
                  .kinds = lines.at(1),
                  .mail = piece->substr(rule + 5),
                  .recipients = {}};
    for (std::size_t i = 2; i < lines.size(); ++i) {
      std::istringstream words(lines[i]);
      Expected one;
      words >> one.recipient >> one.code >> one.status >> one.classes >> one.hard;
      if (one.recipient == "*") {
        sample.is_whole = false;
      } else {
        sample.recipients.push_back(one);
      }
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

bool is_one_of(const std::string& word, const std::string& words) {
  const auto all = split(words, "|");
  return words == "*" || std::find(all.begin(), all.end(), word) != all.end();
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

void expect(const Expected& expected, const ReturnedRecipient& own, const std::string& name) {
  const std::string what = name + ": " + own.recipient + ": " + own.diagnostic;
  const std::string code = own.smtp_code == 0 ? "-" : std::to_string(own.smtp_code);
  EXPECT_TRUE(is_one_of(code, expected.code)) << code << " of " << what;
  EXPECT_TRUE(is_one_of(or_dash(own.enhanced_status), expected.status))
      << own.enhanced_status << " of " << what;
  EXPECT_TRUE(is_one_of(std::string(to_string(own.classification)), expected.classes))
      << to_string(own.classification) << " of " << what;
  EXPECT_TRUE(is_one_of(own.hard ? "hard" : "soft", expected.hard))
      << (own.hard ? "hard" : "soft") << " of " << what;
}

class BounceSamples : public testing::Test {
 protected:
  // As many samples as the file is known to hold, so that none is lost unseen.
  void expect_all_read(const std::string& file, std::size_t count) {
    const auto samples =
        samples_of(fs::path(POSTHASTE_SOURCE_DIR) / "src/inbound/bounce/returned_samples" / file);
    EXPECT_EQ(samples.size(), count) << file;
    for (const Sample& sample : samples) expect_read(sample);
  }

 private:
  void expect_read(const Sample& sample) {
    const ReturnedMail mail = reader_.read(sample.mail);
    EXPECT_TRUE(is_one_of(std::string(to_string(mail.kind)), sample.kinds))
        << to_string(mail.kind) << " of " << sample.name;
    if (!sample.is_whole) return;
    std::set<std::string> expected, own;
    for (const Expected& one : sample.recipients) expected.insert(one.recipient);
    for (const ReturnedRecipient& one : mail.recipients) own.insert(one.recipient);
    EXPECT_EQ(own, expected) << sample.name;
    for (const Expected& one : sample.recipients) {
      for (const ReturnedRecipient& told : mail.recipients) {
        if (told.recipient == one.recipient) expect(one, told, sample.name);
      }
    }
  }

  const BounceReader reader_{ReplyClassifier::shipped()};
};

TEST_F(BounceSamples, AreReadOfPostfixAndExim) {
  expect_all_read("servers.txt", 10);
}

TEST_F(BounceSamples, AreReadOfSendmailAndQmail) {
  expect_all_read("sendmail_and_qmail.txt", 8);
}

TEST_F(BounceSamples, AreReadOfMoreServersForUnix) {
  expect_all_read("servers_more.txt", 11);
}

TEST_F(BounceSamples, AreReadOfGroupware) {
  expect_all_read("groupware.txt", 9);
}

TEST_F(BounceSamples, AreReadOfServersForWindows) {
  expect_all_read("windows_servers.txt", 8);
}

TEST_F(BounceSamples, AreReadOfProviders) {
  expect_all_read("providers.txt", 14);
}

TEST_F(BounceSamples, AreReadOfServicesThatSend) {
  expect_all_read("senders.txt", 4);
}

TEST_F(BounceSamples, AreReadOfGateways) {
  expect_all_read("gateways.txt", 10);
}

TEST_F(BounceSamples, AreReadOfManyCountries) {
  expect_all_read("countries.txt", 15);
}

TEST_F(BounceSamples, AreReadInEveryCharset) {
  expect_all_read("charsets.txt", 14);
}

TEST_F(BounceSamples, AreReadWhereTheyBendTheStandard) {
  expect_all_read("odd_reports.txt", 8);
}

TEST_F(BounceSamples, AreReadWhereTheyKnowNoStandard) {
  expect_all_read("odd_prose.txt", 19);
  expect_all_read("prose.txt", 23);
}

TEST_F(BounceSamples, AreReadOfSystemsOfAllKinds) {
  expect_all_read("systems.txt", 9);
  expect_all_read("systems_more.txt", 18);
}

TEST_F(BounceSamples, GiveNoAddressUpForWhatIsNotItsFault) {
  expect_all_read("traps.txt", 21);
}

TEST_F(BounceSamples, AreToldFromWhatIsNoFailure) {
  expect_all_read("others.txt", 15);
}

TEST_F(BounceSamples, AreReadOfServersForUnixInOddSituations) {
  expect_all_read("unix_servers.txt", 9);
  expect_all_read("unix_servers_more.txt", 13);
  expect_all_read("unix_servers_again.txt", 8);
}

TEST_F(BounceSamples, AreReadOfGroupwareInManyLanguages) {
  expect_all_read("exchange_abroad.txt", 11);
  expect_all_read("groupware_more.txt", 11);
  expect_all_read("groupware_again.txt", 8);
}

TEST_F(BounceSamples, AreReadOfMailboxProvidersAndBulkSenders) {
  expect_all_read("webmail.txt", 15);
  expect_all_read("bulk_senders.txt", 9);
}

TEST_F(BounceSamples, AreReadOfJapanAndItsNeighbours) {
  expect_all_read("japan.txt", 14);
}

TEST_F(BounceSamples, AreReadOfFiltersAndSmallServers) {
  expect_all_read("filters.txt", 10);
  expect_all_read("old_windows.txt", 13);
}

TEST_F(BounceSamples, AreReadInOddShapes) {
  expect_all_read("odd_shapes.txt", 10);
  expect_all_read("traps_again.txt", 9);
  expect_all_read("prose_again.txt", 15);
}

TEST_F(BounceSamples, AreReadOfListManagers) {
  expect_all_read("list_managers.txt", 7);
}

TEST_F(BounceSamples, AreToldFromAnswersAndOtherMail) {
  expect_all_read("no_failures.txt", 16);
}

TEST_F(BounceSamples, AreToldFromWhatLooksAlike) {
  expect_all_read("looks_alike.txt", 6);
}

}  // namespace
}  // namespace posthaste
