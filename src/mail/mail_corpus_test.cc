// Addresses, commands and messages of others. Each prints its score.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "mail/address.h"

namespace posthaste {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

const fs::path kCorpora = POSTHASTE_CORPORA;

std::vector<Json> read_lines(const fs::path& path) {
  std::ifstream file(path);
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(Json::parse(line));
  return lines;
}

TEST(MailCorpus, JudgesAddressesAsTheStandardDoes) {
  const auto entries = read_lines(kCorpora / "smtp" / "addresses.jsonl");
  if (entries.empty()) GTEST_SKIP() << "the corpora are not here";
  std::size_t agreed = 0;
  std::set<int> differing;
  for (const Json& entry : entries) {
    const auto text = entry["address"].get<std::string>();
    const bool is_taken = MailAddress::parse(text).has_value();
    if (is_taken == entry["valid_in_smtp"].get<bool>()) {
      ++agreed;
    } else {
      differing.insert(entry["id"].get<int>());
      std::cout << "  " << (is_taken ? "taken: " : "refused: ") << entry.dump() << "\n";
    }
  }
  std::cout << "addresses: " << agreed << " of " << entries.size() << "\n";
  // 35: a dot behind the domain is no SMTP (RFC 5321 §4.1.2), but means the same name; it is
  // dropped. 71: "::" for a single group is no SMTP either (RFC 5321 §4.1.3), and names the same
  // host.
  EXPECT_EQ(differing, (std::set<int>{35, 71}));
}

}  // namespace
}  // namespace posthaste
