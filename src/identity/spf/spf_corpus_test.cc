// The RFC 7208 suite of openspf and pyspf: every case, and its explanation.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "identity/spf/spf_fixture.h"
#include "platform/dns/json_resolver.h"

namespace posthaste {
namespace {

using nlohmann::json;

const std::string kCorpus = std::string(POSTHASTE_CORPORA) + "/spf/";

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result.push_back('\\');
    result.push_back(c);
  }
  return result + "\"";
}

// A string, or strings to be joined.
std::string text_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string joined;
  for (const json& part : value) joined += part.get<std::string>();
  return joined;
}

std::string rdata_of(const std::string& type, const json& value) {
  if (type == "TXT") return quoted(text_of(value));
  if (type != "MX") return value.get<std::string>();
  const std::string host = value[1].get<std::string>();
  return std::to_string(value[0].get<int>()) + " " + (host.empty() ? "." : host);
}

// A record of type SPF is also one of type TXT, where TXT is not given. What TIMEOUT is said of has
// the records it has, and no answer for other types.
void add_owner(const std::string& name, const json& records, json& dns) {
  std::map<std::string, json> by_type;
  bool has_txt = false;
  bool is_timeout = false;
  for (const json& record : records) {
    is_timeout = is_timeout || record.is_string();
    has_txt = has_txt || (record.is_object() && record.contains("TXT"));
  }
  for (const json& record : records) {
    if (record.is_string()) continue;
    for (const auto& [type, value] : record.items()) {
      if (type == "TXT" && value == "NONE") continue;
      if (type != "SPF") by_type[type].push_back(rdata_of(type, value));
      if (type == "SPF" && !has_txt) by_type["TXT"].push_back(rdata_of("TXT", value));
    }
  }
  for (const std::string type : {"A", "AAAA", "MX", "TXT", "PTR", "CNAME"}) {
    if (by_type.contains(type)) {
      dns[name + " " + type] = by_type[type];
    } else if (is_timeout) {
      dns[name + " " + type] = "TIMEOUT";
    }
  }
  // It exists, though none of its records can be asked for.
  if (by_type.empty() && !is_timeout) dns[name + " A"] = "NODATA";
}

std::map<int, JsonResolver> read_zones() {
  std::map<int, JsonResolver> zones;
  std::ifstream file(kCorpus + "zones.jsonl");
  for (std::string line; std::getline(file, line);) {
    const json zone = json::parse(line);
    json dns = json::object();
    for (const auto& [name, records] : zone["zonedata"].items()) add_owner(name, records, dns);
    Result<JsonResolver> resolver = JsonResolver::parse(dns.dump());
    EXPECT_TRUE(resolver) << (resolver ? "" : resolver.error().message());
    if (resolver) zones.emplace(zone["scenario"].get<int>(), std::move(*resolver));
  }
  return zones;
}

bool has_right_explanation(const json& wanted, const std::string& explanation) {
  if (wanted.is_null()) return true;
  return explanation == (wanted == "DEFAULT" ? "" : wanted.get<std::string>());
}

TEST(SpfCorpus, JudgesTheSuiteOfRfc7208AsItsAuthorsDo) {
  std::ifstream cases(kCorpus + "cases.jsonl");
  if (!cases) GTEST_SKIP() << "no corpus at " << kCorpus;
  std::map<int, JsonResolver> zones = read_zones();
  int right = 0;
  int preferred = 0;
  int all = 0;
  for (std::string line; std::getline(cases, line);) {
    const json c = json::parse(line);
    const SpfVerdict verdict = SpfRun::check({.address = c["ip"].get<std::string>(),
                                              .helo = c["helo"].get<std::string>(),
                                              .mail_from = c["mail_from"].get<std::string>()},
                                             zones.at(c["scenario"].get<int>()));
    const auto accepted = c["accept"].get<std::vector<std::string>>();
    const std::string result(to_string(verdict.result));
    const bool is_accepted = std::find(accepted.begin(), accepted.end(), result) != accepted.end();
    const bool is_explained = has_right_explanation(c["explanation"], verdict.explanation);
    EXPECT_TRUE(is_accepted) << c["name"] << ": " << result << ", not " << c["accept"] << "; "
                             << verdict.problem;
    EXPECT_TRUE(is_explained) << c["name"] << ": \"" << verdict.explanation << "\", not "
                              << c["explanation"];
    right += is_accepted && is_explained ? 1 : 0;
    preferred += result == accepted.front() ? 1 : 0;
    ++all;
  }
  std::cout << "SPF suite of RFC 7208: " << right << " of " << all << " right, " << preferred
            << " with the preferred result\n";
  EXPECT_EQ(all, 203);
}

}  // namespace
}  // namespace posthaste
