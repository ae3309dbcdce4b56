#include "reputation/postmaster_tools.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "reputation/reputation_error.h"
#include "reputation/reputation_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::chrono::sys_days day(int month, int date) {
  return std::chrono::sys_days{std::chrono::year(2026) / month / date};
}

TEST(PostmasterDocuments, AskForFiguresAsTheApiWantsIt) {
  const json body = json::parse(postmaster_query(day(9, 1), day(9, 7), "page2"));
  EXPECT_EQ(body["timeQuery"]["dateRanges"]["dateRanges"],
            json::parse(R"([{"start": {"year": 2026, "month": 9, "day": 1},
                             "end": {"year": 2026, "month": 9, "day": 7}}])"));
  EXPECT_EQ(body["aggregationGranularity"], "DAILY");
  EXPECT_EQ(body["pageSize"], 200);
  EXPECT_EQ(body["pageToken"], "page2");
  EXPECT_EQ(body["metricDefinitions"][0],
            json::parse(R"({"name": "spam_rate", "baseMetric": {"standardMetric": "SPAM_RATE"}})"));
  EXPECT_EQ(body["metricDefinitions"][1]["filter"], "auth_type = \"spf\"");
  EXPECT_FALSE(json::parse(postmaster_query(day(9, 1), day(9, 7), "")).contains("pageToken"));
}

TEST(PostmasterDocuments, ReadFiguresOfEveryNumberKind) {
  std::vector<PostmasterDay> days;
  const auto next = parse_postmaster_stats(R"({"domainStats": [
      {"metric": "spam_rate", "date": {"year": 2026, "month": 9, "day": 2},
       "value": {"doubleValue": 0.0012}},
      {"metric": "tls_rate", "date": {"year": 2026, "month": 9, "day": 1},
       "value": {"floatValue": 1}},
      {"metric": "errors", "date": {"year": 2026, "month": 9, "day": 1},
       "value": {"intValue": "12345678901"}},
      {"metric": "reject_rate", "date": {"year": 2026, "month": 9, "day": 1}, "value": {}},
      {"metric": "bad", "date": {"year": 2026, "month": 2, "day": 30}, "value": {"floatValue": 1}},
      {"metric": "bad", "value": {"floatValue": 1}},
      {"metric": "bad", "date": {"year": 2026, "month": 9, "day": 1},
       "value": {"stringValue": "x"}}],
      "nextPageToken": "abc"})",
                                           days);
  ASSERT_TRUE(next) << next.error().message();
  EXPECT_EQ(*next, "abc");
  ASSERT_EQ(days.size(), 2u);
  EXPECT_EQ(days[0].day, day(9, 1));
  EXPECT_EQ(days[0].figures, (std::map<std::string, double>{
                                 {"errors", 12345678901.0}, {"reject_rate", 0}, {"tls_rate", 1}}));
  EXPECT_EQ(days[1].figures, (std::map<std::string, double>{{"spam_rate", 0.0012}}));
}

TEST(PostmasterDocuments, ReadTheRulesOfTheSubdomainWhereThereAreAny) {
  const std::string own = R"("subdomainComplianceData": {"domainId": "mail.example.test",
      "rowData": [{"requirement": "SPF", "status": {"status": "COMPLIANT"}},
                  {"requirement": "DMARC_ALIGNMENT", "status": {"status": "NEEDS_WORK"}}],
      "oneClickUnsubscribeVerdict": {"status": {"status": "NEEDS_WORK"},
                                     "reason": "NO_UNSUB_GENERAL"}})";
  const std::string above = R"("complianceData": {"rowData": [
      {"requirement": "ENCRYPTION", "status": {"status": "COMPLIANT"}}]})";
  const auto rules = parse_postmaster_rules("{" + own + "," + above + "}");
  ASSERT_TRUE(rules) << rules.error().message();
  ASSERT_EQ(rules->size(), 3u);
  EXPECT_EQ((*rules)[1].requirement, "DMARC_ALIGNMENT");
  EXPECT_EQ((*rules)[1].status, "NEEDS_WORK");
  EXPECT_EQ((*rules)[2].reason, "NO_UNSUB_GENERAL");
  EXPECT_EQ((*parse_postmaster_rules("{" + above + "}"))[0].requirement, "ENCRYPTION");
}

TEST(PostmasterDocuments, AreErrorsWhenTheyAreNone) {
  std::vector<PostmasterDay> days;
  for (const char* text : {"", "[]", "<html>", "{\"domainStats\": "}) {
    EXPECT_FALSE(parse_postmaster_stats(text, days)) << text;
    EXPECT_FALSE(parse_postmaster_domains(text)) << text;
    EXPECT_FALSE(parse_postmaster_rules(text)) << text;
  }
  EXPECT_TRUE(parse_postmaster_domains(R"({"domains": [7, {"name": 1}]})")->names.empty());
}

// Speaks the documented shapes of version 2.
class PostmasterToolsTest : public ReputationHttpTest {
 protected:
  PostmasterTools tools() {
    auto credentials = OauthCredentials::parse(
        R"({"client_id": "c", "refresh_token": "r", "token_uri": ")" + url() + R"(/token"})", "s");
    return PostmasterTools(AuthorizedApi(url(), OauthToken(*credentials, clock_, fetch), fetch));
  }
  void answer(Handler api) {
    handler_ = [api](const HeardRequest& heard) {
      if (heard.target == "/token") return GivenAnswer{200, R"({"access_token": "t"})"};
      if (heard.header.find("Authorization: Bearer t\r\n") == std::string::npos) {
        return GivenAnswer{401, "{}"};
      }
      return api(heard);
    };
  }
};

TEST_F(PostmasterToolsTest, ListsTheDomainsOfAllPages) {
  answer([](const HeardRequest& heard) {
    if (heard.target == "/v2/domains?pageSize=200") {
      return GivenAnswer{200, R"({"domains": [
          {"name": "domains/a.test", "permission": "OWNER", "verificationState": "VERIFIED"},
          {"name": "domains/b.test", "permission": "NONE"},
          {"name": "domains/c.test", "verificationState": "UNVERIFIED"}],
          "nextPageToken": "p/2"})"};
    }
    if (heard.target == "/v2/domains?pageSize=200&pageToken=p%2F2") {
      return GivenAnswer{200,
                         R"({"domains": [{"name": "domains/d.test", "permission": "READER"}]})"};
    }
    return GivenAnswer{404, "{}"};
  });
  PostmasterTools one = tools();
  const auto domains = run(one.domains());
  ASSERT_TRUE(domains) << domains.error().message();
  EXPECT_THAT(*domains, ElementsAre("a.test", "d.test"));
}

TEST_F(PostmasterToolsTest, GathersFiguresOfAllPagesAndTheRules) {
  answer([](const HeardRequest& heard) {
    if (heard.target == "/v2/domains/a.test/complianceStatus") {
      return GivenAnswer{200, R"({"name": "domains/a.test/complianceStatus", "complianceData":
          {"rowData": [{"requirement": "SPF", "status": {"status": "COMPLIANT"}}]}})"};
    }
    if (heard.target != "/v2/domains/a.test/domainStats:query" || heard.method != "POST") {
      return GivenAnswer{404, "{}"};
    }
    const json body = json::parse(heard.body);
    const bool is_second = body.contains("pageToken");
    json stat = {{"metric", is_second ? "tls_rate" : "spam_rate"},
                 {"date", {{"year", 2026}, {"month", 9}, {"day", 6}}},
                 {"value", {{"doubleValue", is_second ? 1.0 : 0.002}}}};
    json page = {{"domainStats", json::array({stat})}};
    if (!is_second) page["nextPageToken"] = "2026-09-06/tls_rate";
    return GivenAnswer{200, page.dump()};
  });
  PostmasterTools one = tools();
  const auto domain = run(one.domain("a.test", day(9, 1), day(9, 7)));
  ASSERT_TRUE(domain) << domain.error().message();
  ASSERT_EQ(domain->days.size(), 1u);
  EXPECT_EQ(domain->days[0].figures,
            (std::map<std::string, double>{{"spam_rate", 0.002}, {"tls_rate", 1.0}}));
  EXPECT_EQ(domain->rules.size(), 1u);
}

TEST_F(PostmasterToolsTest, SaysWhatGoogleRefuses) {
  answer([](const HeardRequest&) {
    return GivenAnswer{403, R"({"error": {"code": 403, "message": "No access to a.test",
                                          "status": "PERMISSION_DENIED"}})"};
  });
  PostmasterTools one = tools();
  const auto domain = run(one.domain("a.test", day(9, 1), day(9, 7)));
  ASSERT_FALSE(domain);
  EXPECT_EQ(domain.error().code, make_error_code(ReputationErrc::refused));
  EXPECT_THAT(domain.error().message(),
              HasSubstr("answered 403 PERMISSION_DENIED: No access to a.test"));
}

TEST_F(PostmasterToolsTest, EndsWithAServerThatNeverEnds) {
  answer([](const HeardRequest&) {
    return GivenAnswer{200, R"({"domains": [], "nextPageToken": "again"})"};
  });
  PostmasterTools one = tools();
  EXPECT_FALSE(run(one.domains()));
  EXPECT_LT(heard_.size(), 200u);
}

}  // namespace
}  // namespace posthaste
