// What classify_line() makes of labelled replies of real servers, as `posthaste bounce classify`
// asks it: without knowing who replied, and at what stage. Every third reply was held aside while
// words and rules were written; its score is printed apart, its text never.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "classify/reply_class.h"
#include "classify/reply_classifier.h"

namespace posthaste {
namespace {

using Json = nlohmann::json;

// FNV-1a, so that the same replies are held out everywhere.
bool is_held_out(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash % 3 == 0;
}

// Right and wrong answers, apart for what was seen [0] and what was held out [1].
struct Score {
  int right[2] = {0, 0};
  int total[2] = {0, 0};

  void add(const std::string& text, bool is_right) {
    const int part = is_held_out(text) ? 1 : 0;
    ++total[part];
    if (is_right) ++right[part];
  }
  double share() const {
    const int all = total[0] + total[1];
    return all == 0 ? 0 : static_cast<double>(right[0] + right[1]) / all;
  }
  double share_held_out() const {
    return total[1] == 0 ? 0 : static_cast<double>(right[1]) / total[1];
  }
  void print(const char* name) const {
    std::cout << name << ": " << right[0] + right[1] << " of " << total[0] + total[1] << " ("
              << std::fixed << std::setprecision(1) << 100 * share() << " %); held out " << right[1]
              << " of " << total[1] << " (" << 100 * share_held_out() << " %)\n";
  }
};

void print_wrong(const char* what, const Json& row, const RefusalClass& found) {
  const auto text = row["text"].get<std::string>();
  std::cout << "  " << what << ": " << row["reason"].get<std::string>() << " → "
            << to_string(found.classification) << ": "
            << (is_held_out(text) ? "(held out)" : text.substr(0, 160)) << "\n";
}

TEST(ClassifyCorpus, SortsReplyLines) {
  const auto corpus = std::filesystem::path(POSTHASTE_CORPORA) / "smtp-responses";
  if (!std::filesystem::exists(corpus)) GTEST_SKIP() << "the corpora are not here";
  std::ifstream file(corpus / "responses.jsonl");
  const ReplyClassifier classifier = ReplyClassifier::shipped();
  Score strict, soft, hard, impossible;
  for (std::string line; std::getline(file, line);) {
    const Json row = Json::parse(line);
    const auto text = row["text"].get<std::string>();
    const RefusalClass found = classifier.classify_line(text);
    if (row["strict"].get<bool>() && row["accept"].is_array()) {
      const bool is_right =
          std::any_of(row["accept"].begin(), row["accept"].end(), [&found](const Json& name) {
            return name.get<std::string>() == to_string(found.classification);
          });
      strict.add(text, is_right);
      if (!is_right) print_wrong("class", row, found);
    }
    if (row["accept"].is_array()) {
      const bool may_be_hard =
          std::any_of(row["accept"].begin(), row["accept"].end(), [](const Json& name) {
            return is_hard(parse_classification(name.get<std::string>()).value());
          });
      if (!may_be_hard) impossible.add(text, !found.hard);
    }
    // A 4yz ends nothing, whatever its words.
    if (!row["hard"].is_boolean() || text.starts_with('4')) continue;
    const bool is_right = found.hard == row["hard"].get<bool>();
    (row["hard"].get<bool>() ? hard : soft).add(text, is_right);
    if (!is_right) print_wrong(found.hard ? "falsely hard" : "hard, not found", row, found);
  }
  strict.print("class (strict)");
  soft.print("not falsely hard");
  hard.print("hard found");
  impossible.print("not hard where no right class is");
  EXPECT_EQ(strict.total[0] + strict.total[1], 234);
  EXPECT_GE(strict.share(), 0.95);
  EXPECT_GE(strict.share_held_out(), 0.93);
  // What is left reads "unknown user" and nothing else (docs/bounces.md).
  EXPECT_GE(soft.share(), 0.96);
  EXPECT_GE(hard.share(), 0.93);
  EXPECT_EQ(impossible.share(), 1);
}

}  // namespace
}  // namespace posthaste
