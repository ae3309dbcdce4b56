#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "identity/arc/arc_verification_fixture.h"
#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_tag_list.h"

namespace posthaste {
namespace {

using nlohmann::json;

std::vector<json> read_cases(const std::string& name) {
  std::ifstream file(POSTHASTE_CORPORA "/arc/" + name);
  std::vector<json> cases;
  for (std::string line; std::getline(file, line);) cases.push_back(json::parse(line));
  return cases;
}

TableOfKeys keys_of(const json& one) {
  TableOfKeys keys;
  for (const auto& [name, text] : one["txt_records"].items()) keys.add(name, text);
  return keys;
}

WallTime seconds(std::int64_t count) {
  return WallTime(std::chrono::seconds(count));
}

std::string without_white_space(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  return text;
}

// ValiMail's suite, for RFC 8617.
TEST(ArcCorpus, EveryChainIsValidatedAsExpected) {
  const std::vector<json> cases = read_cases("validation.jsonl");
  if (cases.empty()) GTEST_SKIP() << "no corpora/arc beside the checkout";
  ASSERT_EQ(cases.size(), 171u);
  std::size_t right = 0;
  for (const json& one : cases) {
    TableOfKeys keys = keys_of(one);
    const std::string message = with_crlf(one["message"].get<std::string>());
    const ArcVerdict verdict = ArcVerification::verdict(message, seconds(1'800'000'000), keys);
    const auto& accepted = one["cv_accept"];
    const bool is_right = std::find(accepted.begin(), accepted.end(),
                                    std::string(to_string(verdict.result))) != accepted.end();
    right += is_right ? 1 : 0;
    EXPECT_TRUE(is_right) << one["name"] << " expects " << accepted << ", is "
                          << to_string(verdict.result) << ": " << verdict.problem;
    EXPECT_EQ(verdict.result == ArcResult::fail, !verdict.problem.empty()) << one["name"];
  }
  std::cout << "ARC validation: " << right << " of " << cases.size() << "\n";
}

// The fields of a set by name, without their white space.
std::map<std::string, std::string> fields_of(const std::string& headers) {
  std::map<std::string, std::string> fields;
  for (const DkimField& field : split_message(headers).fields) {
    const std::string text(field.text.substr(field.text.find(':') + 1));
    fields[ascii_lower(field.name)] = without_white_space(text);
  }
  return fields;
}

std::string seal(const json& one) {
  TableOfKeys keys = keys_of(one);
  const std::string message = with_crlf(one["message"].get<std::string>());
  const WallTime now = seconds(one["t"].get<std::int64_t>());
  ArcVerdict chain = ArcVerification::verdict(message, now, keys);
  const auto results = collect_authentication_results(message, one["srv-id"].get<std::string>());
  if (const auto recorded = recorded_arc_result(results)) {
    EXPECT_EQ(*recorded, chain.result) << one["name"] << ": " << chain.problem;
  }
  ArcSealer sealer{*DkimPrivateKey::from_pem(one["privatekey"].get<std::string>()),
                   one["domain"],
                   one["sel"],
                   {}};
  const std::string names = one["sig-headers"];
  for (const std::string_view name : split_colon_list(names)) {
    sealer.headers.emplace_back(name);
  }
  const auto made = make_arc_set(message, sealer, chain, results, now);
  EXPECT_TRUE(made) << one["name"];
  return made ? *made : std::string();
}

TEST(ArcCorpus, EverySetIsMadeAsExpected) {
  const std::vector<json> cases = read_cases("sign.jsonl");
  if (cases.empty()) GTEST_SKIP() << "no corpora/arc beside the checkout";
  ASSERT_EQ(cases.size(), 17u);
  std::size_t right = 0;
  for (const json& one : cases) {
    const std::string made = seal(one);
    auto fields = fields_of(made);
    bool is_right = (made.empty()) == one["AS"].get<std::string>().empty();
    for (const auto& [name, key] :
         {std::pair{"arc-seal", "AS"}, std::pair{"arc-message-signature", "AMS"},
          std::pair{"arc-authentication-results", "AAR"}}) {
      const std::string expected = without_white_space(one[key].get<std::string>());
      is_right = is_right && fields[name] == expected;
      EXPECT_EQ(fields[name], expected) << one["name"];
    }
    right += is_right ? 1 : 0;
  }
  std::cout << "ARC signing: " << right << " of " << cases.size() << "\n";
}

}  // namespace
}  // namespace posthaste
