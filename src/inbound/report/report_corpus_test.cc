// Every field that the expectations of real reports name, held against what read_report_file()
// says; and the same with other line ends.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "inbound/report/report_json.h"
#include "inbound/report/report_mail.h"

namespace posthaste {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

const fs::path kCorpora = POSTHASTE_CORPORA;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Json> expectations(const fs::path& folder) {
  std::ifstream file(folder / "expectations.jsonl");
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(Json::parse(line));
  return lines;
}

// What the verb prints for the first report of a file.
Json told(const std::string& octets, const std::string& name) {
  auto reading = read_report_file(octets, name);
  if (!reading) return {{"error", reading.error().message()}};
  Json json = Json::parse(dump_report_json(to_json(reading->reports.front())));
  json["container"] = to_string(reading->container);
  return json;
}

struct Score {
  int fields = 0;
  int right = 0;

  void check(const std::string& file, const std::string& field, const Json& is, const Json& want) {
    ++fields;
    right += is == want ? 1 : 0;
    EXPECT_EQ(is, want) << file << ": " << field;
  }
};

// Lists of objects: the fields that the expectation names, of each.
void check_field(Score& score, const std::string& file, const std::string& field, const Json& is,
                 const Json& want) {
  const bool has_objects = want.is_array() && !want.empty() && want.front().is_object();
  if (!has_objects) return score.check(file, field, is, want);
  score.check(file, field + " count", is.size(), want.size());
  for (std::size_t i = 0; i < std::min(is.size(), want.size()); ++i) {
    for (const auto& [name, value] : want[i].items()) {
      check_field(score, file, field + "." + name, is[i].value(name, Json()), value);
    }
  }
}

Score score_of(const fs::path& folder, const fs::path& files, bool with_crlf) {
  static const std::vector<std::string> kNotTold = {"file", "recoverable", "rows_truncated"};
  Score score;
  for (const Json& want : expectations(folder)) {
    const std::string file = want["file"];
    std::string octets = read_file(files / file);
    if (with_crlf && octets.find('\r') == std::string::npos && octets[0] != 'P') {
      std::string converted;
      for (const char c : octets) converted += c == '\n' ? std::string("\r\n") : std::string(1, c);
      octets = converted;
    }
    const Json is = told(octets, file);
    EXPECT_FALSE(is.contains("error")) << file << ": " << is.value("error", "");
    for (const auto& [field, value] : want.items()) {
      if (std::find(kNotTold.begin(), kNotTold.end(), field) != kNotTold.end()) continue;
      check_field(score, file, field, is.value(field, Json()), value);
    }
  }
  return score;
}

void check_corpus(const std::string& name, const std::string& files) {
  const fs::path folder = kCorpora / name;
  if (!fs::exists(folder)) GTEST_SKIP() << "no corpora beside the checkout";
  for (const bool with_crlf : {false, true}) {
    const Score score = score_of(folder, folder / files, with_crlf);
    std::cout << name << (with_crlf ? " with CRLF: " : ": ") << score.right << " of "
              << score.fields << " fields right\n";
    EXPECT_GT(score.fields, 0);
    EXPECT_EQ(score.right, score.fields);
  }
}

TEST(ReportCorpus, EveryFieldOfComplaintsIsRight) {
  check_corpus("arf", "emails");
}
TEST(ReportCorpus, EveryFieldOfDmarcReportsIsRight) {
  check_corpus("dmarc-reports", "files");
}
TEST(ReportCorpus, EveryFieldOfTlsReportsIsRight) {
  check_corpus("tls-reports", "files");
}

TEST(ReportCorpus, ComplaintsAmongBouncesAreRead) {
  const fs::path folder = kCorpora / "bounces-sisimai";
  if (!fs::exists(folder)) GTEST_SKIP() << "no corpora beside the checkout";
  Score score;
  for (const Json& want : expectations(folder)) {
    if (want["kind"] != "complaint") continue;
    const std::string file = want["file"];
    const Json is = told(read_file(folder / "emails" / file), file);
    const bool is_failure = want["feedback_type"] == "auth-failure";
    score.check(file, "kind", is.value("kind", ""), is_failure ? "dmarc_failure" : "complaint");
    score.check(file, "feedback_type", is.value("feedback_type", ""), want["feedback_type"]);
    // Nobody confirmed the others; Sisimai makes up addresses where there are none.
    if (want["recipient_confirmed_by"].empty()) continue;
    const auto recipients = is.value("recipients", std::vector<std::string>());
    const std::string recipient = want["recipient"];
    const bool has = std::find(recipients.begin(), recipients.end(), recipient) != recipients.end();
    score.check(file, "recipient " + recipient, has, true);
  }
  std::cout << "complaints among bounces: " << score.right << " of " << score.fields
            << " fields right\n";
  EXPECT_GT(score.fields, 0);
}

TEST(ReportCorpus, NoBounceIsTakenForAReport) {
  const fs::path folder = kCorpora / "bounces-sisimai";
  if (!fs::exists(folder)) GTEST_SKIP() << "no corpora beside the checkout";
  int files = 0;
  for (const Json& want : expectations(folder)) {
    if (want["kind"] == "complaint") continue;
    ++files;
    const std::string file = want["file"];
    EXPECT_FALSE(read_report_file(read_file(folder / "emails" / file), file)) << file;
  }
  EXPECT_GT(files, 0);
}

TEST(ReportCorpus, FailureReportsNameReporterSourceAndFrom) {
  const fs::path folder = kCorpora / "dmarc-reports" / "failure";
  if (!fs::exists(folder)) GTEST_SKIP() << "no corpora beside the checkout";
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    ++files;
    const std::string file = entry.path().filename();
    const Json is = told(read_file(entry.path()), file);
    EXPECT_EQ(is.value("kind", ""), "dmarc_failure") << file;
    for (const char* field : {"reporter", "source_ip", "header_from"}) {
      EXPECT_FALSE(is.value(field, "").empty()) << file << ": " << field;
    }
    std::cout << is.value("reporter", "") << " | " << is.value("source_ip", "") << " | "
              << is.value("header_from", "") << '\n';
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace posthaste
