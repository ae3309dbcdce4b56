// What BounceReader makes of real returned mail, against what other people say that it means.
// Every third message, by a hash of its name, was held aside while rules were written: of those
// only counts are printed, so that nobody writes rules for them. The same counts for each mail
// system, whose name stands in the file's, show where rules fit to samples.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "inbound/bounce/bounce_reader.h"

namespace posthaste {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

const fs::path kCorpora = POSTHASTE_CORPORA;

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), ::tolower);
  return text;
}

// FNV-1a, so that the same messages are held out everywhere.
bool is_held_out(const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash % 3 == 0;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::map<std::string, std::vector<Json>> read_expectations(const fs::path& path) {
  std::ifstream file(path);
  std::map<std::string, std::vector<Json>> by_file;
  for (std::string line; std::getline(file, line);) {
    Json json = Json::parse(line);
    const auto name = json["file"].get<std::string>();
    by_file[name].push_back(std::move(json));
  }
  return by_file;
}

// "lhost-exim" of "lhost-exim-37.eml".
std::string system_of(const std::string& file) {
  return file.substr(0, file.find_last_of('-'));
}

// Right and wrong answers of one kind, apart for what was seen and what was held out.
class Scores {
 public:
  // Systems whose messages were all held out are scored as one more kind.
  void know_systems(const std::map<std::string, std::vector<Json>>& by_file) {
    for (const auto& [file, rows] : by_file) {
      if (!is_held_out(file)) seen_systems_.insert(system_of(file));
    }
  }

  void add(const std::string& what, const std::string& file, bool is_right,
           const std::string& detail = {}) {
    for (Count* count : {&counts_[what][is_held_out(file) ? 1 : 0], &systems_[system_of(file)],
                         seen_systems_.contains(system_of(file)) ? &known_ : &unseen_}) {
      ++count->total;
      count->right += is_right ? 1 : 0;
    }
    if (!is_right && !is_held_out(file)) {
      std::cout << "  " << what << ": " << file << ": " << detail << "\n";
    }
  }

  double share(const std::string& what) const {
    const auto& [seen, held] = counts_.at(what);
    return seen.total + held.total == 0
               ? 0
               : static_cast<double>(seen.right + held.right) / (seen.total + held.total);
  }
  double share_held_out(const std::string& what) const {
    const Count& held = counts_.at(what)[1];
    return held.total == 0 ? 0 : static_cast<double>(held.right) / held.total;
  }

  void print() const {
    for (const auto& [what, count] : counts_) {
      const int right = count[0].right + count[1].right;
      const int total = count[0].total + count[1].total;
      std::cout << what << ": " << right << " of " << total << " (" << std::fixed
                << std::setprecision(1) << 100 * share(what) << " %); held out " << count[1].right
                << " of " << count[1].total << " (" << 100 * share_held_out(what) << " %)\n";
    }
  }

  void print_systems() const {
    for (const auto& [system, count] : systems_) print_answers(system, count);
    print_answers("all systems with a seen message", known_);
    print_answers("all systems without one", unseen_);
  }

 private:
  struct Count {
    int right = 0;
    int total = 0;
  };
  static void print_answers(const std::string& name, const Count& count) {
    std::cout << "  " << name << ": " << count.right << " of " << count.total << " answers\n";
  }

  std::map<std::string, std::array<Count, 2>> counts_;
  std::map<std::string, Count> systems_;
  std::set<std::string> seen_systems_;
  Count known_, unseen_;
};

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

const BounceReader& reader() {
  static const BounceReader kReader(ReplyClassifier::shipped());
  return kReader;
}

std::string text_or_empty(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

// A delay that ends nothing is one of our kinds; the corpus has only bounces.
bool is_kind(const std::string& expected, ReturnKind kind) {
  const std::string own(to_string(kind));
  return own == expected || (expected == "bounce" && own == "delay");
}

void score_recipient(const Json& row, const ReturnedRecipient& own, const Json& reasons,
                     Scores& scores) {
  const auto file = row["file"].get<std::string>();
  const auto reason = row["reason"].get<std::string>();
  const std::string what = reason + " " + own.diagnostic.substr(0, 200);
  if (row["smtp_code"].is_number()) {
    scores.add("reply code", file, row["smtp_code"].get<std::uint32_t>() == own.smtp_code,
               row["smtp_code"].dump() + " not " + std::to_string(own.smtp_code) + " " + what);
  }
  if (row["status"].is_string()) {
    scores.add("enhanced status", file, row["status"].get<std::string>() == own.enhanced_status,
               row["status"].dump() + " not " + own.enhanced_status + " " + what);
  }
  const std::string feedback = text_or_empty(row.value("feedback_type", Json()));
  if (!feedback.empty()) {
    scores.add("feedback type", file, feedback == own.feedback_type);
  }
  if (row["kind"] != "bounce") return;
  if (!row["hard"].get<bool>()) {
    scores.add("not falsely hard", file, !own.hard,
               std::string(to_string(own.classification)) + " " + what);
  } else {
    scores.add("hard found", file, own.hard,
               std::string(to_string(own.classification)) + " " + what);
  }
  const Json rule = reasons.value(reason, Json());
  if (!rule.is_object() || !rule["accept"].is_array()) return;
  const bool is_right =
      std::any_of(rule["accept"].begin(), rule["accept"].end(), [&own](const Json& name) {
        return name.get<std::string>() == to_string(own.classification);
      });
  scores.add(rule["strict"].get<bool>() ? "class (strict)" : "class (not strict)", file, is_right,
             std::string(to_string(own.classification)) + " for " + what);
}

void score_message(const std::vector<Json>& rows, const ReturnedMail& mail, const Json& reasons,
                   Scores& scores) {
  const auto file = rows.front()["file"].get<std::string>();
  const auto kind = rows.front()["kind"].get<std::string>();
  scores.add("kind", file, is_kind(kind, mail.kind),
             kind + " not " + std::string(to_string(mail.kind)));
  const bool is_judged = std::all_of(rows.begin(), rows.end(), [](const Json& row) {
    return row["recipient"].is_string() && !row["recipient_confirmed_by"].empty();
  });
  if (is_judged) {
    std::set<std::string> expected, own;
    for (const Json& row : rows) expected.insert(lowered(row["recipient"].get<std::string>()));
    for (const ReturnedRecipient& one : mail.recipients) own.insert(lowered(one.recipient));
    scores.add("recipients", file, expected == own, joined(expected) + "not " + joined(own));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string recipient = lowered(text_or_empty(rows[i]["recipient"]));
    auto own = std::find_if(
        mail.recipients.begin(), mail.recipients.end(),
        [&](const ReturnedRecipient& one) { return lowered(one.recipient) == recipient; });
    if (own == mail.recipients.end() && i < mail.recipients.size()) {
      own = mail.recipients.begin() + static_cast<std::ptrdiff_t>(i);
    }
    score_recipient(rows[i], own == mail.recipients.end() ? ReturnedRecipient() : *own, reasons,
                    scores);
  }
}

TEST(BounceCorpus, ReadsTheBouncesOfSixtyMailSystems) {
  const fs::path corpus = kCorpora / "bounces-sisimai";
  if (!fs::exists(corpus)) GTEST_SKIP() << "the corpora are not here";
  const auto expectations = read_expectations(corpus / "expectations.jsonl");
  ASSERT_EQ(expectations.size(), 308U);
  const Json reasons = Json::parse(read_file(corpus / "reason-map.json"));
  Scores scores;
  scores.know_systems(expectations);
  for (const auto& [file, rows] : expectations) {
    const std::string octets = read_file(corpus / "emails" / file);
    ASSERT_FALSE(octets.empty()) << file;
    score_message(rows, reader().read(octets), reasons, scores);
  }
  scores.print();
  scores.print_systems();
  // Falsely hard is the worst error, for a customer loses an address; hard that is not found costs
  // a few more attempts.
  struct Least {
    const char* what;
    double all;
    double held_out;
  };
  for (const Least& least :
       {Least{"recipients", 0.97, 0.95}, Least{"kind", 0.98, 0.97}, Least{"reply code", 0.96, 0.95},
        Least{"enhanced status", 0.96, 0.95}, Least{"class (strict)", 0.90, 0.85},
        Least{"not falsely hard", 0.99, 0.98}, Least{"hard found", 0.80, 0.75}}) {
    EXPECT_GE(scores.share(least.what), least.all) << least.what;
    EXPECT_GE(scores.share_held_out(least.what), least.held_out) << least.what << ", held out";
  }
}

TEST(BounceCorpus, FindsNoBounceInOtherMail) {
  const fs::path corpus = kCorpora / "bounces-sisimai" / "not-bounces";
  if (!fs::exists(corpus)) GTEST_SKIP() << "the corpora are not here";
  int read = 0;
  for (const auto& entry : fs::directory_iterator(corpus)) {
    const ReturnedMail mail = reader().read(read_file(entry.path()));
    EXPECT_EQ(mail.kind, ReturnKind::other) << entry.path();
    EXPECT_TRUE(mail.recipients.empty()) << entry.path();
    ++read;
  }
  EXPECT_GT(read, 0);
}

TEST(BounceCorpus, FindsWhoseAddressFailedInOldAndOddMail) {
  const fs::path corpus = kCorpora / "bounces-flufl";
  if (!fs::exists(corpus)) GTEST_SKIP() << "the corpora are not here";
  const auto expectations = read_expectations(corpus / "expectations.jsonl");
  ASSERT_EQ(expectations.size(), 58U);
  Scores scores;
  for (const auto& [file, rows] : expectations) {
    const std::string octets = read_file(corpus / "emails" / file);
    const ReturnedMail mail = reader().read(octets);
    std::set<std::string> failed, delayed, own_failed, own_delayed;
    for (const Json& one : rows.front()["permanent"])
      failed.insert(lowered(one.get<std::string>()));
    for (const Json& one : rows.front()["temporary"])
      delayed.insert(lowered(one.get<std::string>()));
    for (const ReturnedRecipient& one : mail.recipients) {
      if (one.recipient.empty()) continue;  // a failure that names nobody
      if (one.kind == ReturnKind::bounce) own_failed.insert(lowered(one.recipient));
      if (one.kind == ReturnKind::delay) own_delayed.insert(lowered(one.recipient));
    }
    scores.add("failed recipients", file, failed == own_failed,
               joined(failed) + "not " + joined(own_failed));
    scores.add("delayed recipients", file, delayed == own_delayed,
               joined(delayed) + "not " + joined(own_delayed));
  }
  scores.print();
  EXPECT_GE(scores.share("failed recipients"), 0.95);
  EXPECT_GE(scores.share_held_out("failed recipients"), 0.85);
}

// Everything that is told of a message, as one text.
std::string told_by(const ReturnedMail& mail) {
  std::string told(to_string(mail.kind));
  for (const ReturnedRecipient& one : mail.recipients) {
    told += "\n" + one.recipient + " " + one.action + " " + std::to_string(one.smtp_code) + " " +
            one.enhanced_status + " " + std::string(to_string(one.classification)) + " " +
            (one.hard ? "hard " : "soft ") + one.diagnostic;
  }
  return told + "\n" + mail.reporting_mta + " " + mail.original_message_id;
}

// Each `every`th line ends in CRLF; 0: none.
std::string with_line_ends(const std::string& octets, int every) {
  std::string text;
  int line = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (octets[i] == '\r' && i + 1 < octets.size() && octets[i + 1] == '\n') continue;
    if (octets[i] == '\n' && every != 0 && ++line % every == 0) text += '\r';
    text += octets[i];
  }
  return text;
}

TEST(BounceCorpus, DoesNotMindLineEnds) {
  for (const char* const name : {"bounces-sisimai", "bounces-flufl"}) {
    const fs::path corpus = kCorpora / name;
    if (!fs::exists(corpus)) GTEST_SKIP() << "the corpora are not here";
    int read = 0;
    for (const auto& entry : fs::directory_iterator(corpus / "emails")) {
      const std::string octets = read_file(entry.path());
      const std::string told = told_by(reader().read(with_line_ends(octets, 0)));
      EXPECT_EQ(told_by(reader().read(with_line_ends(octets, 1))), told) << entry.path();
      EXPECT_EQ(told_by(reader().read(with_line_ends(octets, 3))), told) << entry.path();
      ++read;
    }
    EXPECT_GE(read, 58) << name;
  }
}

}  // namespace
}  // namespace posthaste
