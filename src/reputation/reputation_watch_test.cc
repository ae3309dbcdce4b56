#include "reputation/reputation_watch.h"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "identity/blocklist/dns_blocklists.h"
#include "reputation/reputation_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kAlive = R"(
  2.0.0.127.bl.test.   A 127.0.0.2
  test.dbl.test.       A 127.0.1.2
)";
constexpr const char* kListed = R"(
  1.113.0.203.bl.test.                    60 A 127.0.0.2
  1.113.0.203.score.senderscore.com.      60 A 127.0.4.88
)";

std::vector<BlocklistZone> zones() {
  BlocklistZone addresses;
  addresses.name = addresses.suffix = "bl.test";
  addresses.tier = BlocklistTier::page;
  addresses.lists = {BlocklistKind::ipv4};
  BlocklistZone domains = addresses;
  domains.name = domains.suffix = "dbl.test";
  domains.lists = {BlocklistKind::domain};
  return {addresses, domains};
}

class ReputationWatchTest : public ReputationHttpTest {
 protected:
  ReputationWatchTest() {
    plan_.sources = {{"s1", "203.0.113.1"}, {"private", ""}};
    plan_.domains = {"example.test"};
  }
  void check() {
    watch_.set_plan(plan_);
    run(watch_.check_blocklists());
  }
  AuthorizedApi api() {
    auto credentials = OauthCredentials::parse(
        R"({"client_id": "c", "refresh_token": "r", "token_url": ")" + url() + R"(/token"})", "s");
    return {url(), OauthToken(*credentials, clock_, fetch), fetch};
  }
  std::vector<std::string> words() {
    std::vector<std::string> all;
    for (const ReputationChange& change : told_) all.push_back(change.what);
    told_.clear();
    return all;
  }
  ReputationSubject seen(std::size_t index) { return watch_.view()->entries.at(index).subject; }

  ZoneTextResolver dns_{kAlive};
  std::vector<ReputationChange> told_;
  std::vector<std::string> stopped_;
  ReputationPlan plan_;
  DnsBlocklists lists_{dns_, clock_, zones()};
  ReputationBook book_{{clock_, [](const std::string&, const std::optional<std::string>&) {},
                        [this](const ReputationChange& change) { told_.push_back(change); }}};
  boost::asio::io_context own_loop_;
  TaskGroup own_tasks_{own_loop_.get_executor()};
  ReputationWatch watch_{{lists_, dns_, clock_, own_tasks_, Log::to_nowhere(clock_), book_,
                          [this](const std::string& source, const std::string& why) {
                            stopped_.push_back(source + ": " + why);
                          }}};
};

TEST_F(ReputationWatchTest, FindsListingsAndScores) {
  dns_.replace(std::string(kAlive) + kListed);
  check();
  EXPECT_EQ(seen(0).listings.size(), 1u);
  EXPECT_EQ(seen(0).sender_score, 88);
  EXPECT_EQ(score_of(seen(0)).score, 60);
  EXPECT_THAT(seen(1).answers, IsEmpty());
  EXPECT_EQ(seen(2).zones_known(), 1u);
  EXPECT_THAT(words(), Contains(HasSubstr("203.0.113.1 is listed by bl.test")));
}

TEST_F(ReputationWatchTest, StopsTheWarmUpAtEachCheckWhileTheSourceIsListed) {
  dns_.replace(std::string(kAlive) + kListed);
  check();
  clock_.advance(1h);
  check();
  EXPECT_THAT(stopped_, ElementsAre("s1: 203.0.113.1 is listed by bl.test",
                                    "s1: 203.0.113.1 is listed by bl.test"));
  clock_.advance(1h);
  dns_.replace(kAlive);
  check();
  EXPECT_EQ(stopped_.size(), 2u);
}

TEST_F(ReputationWatchTest, TakesNoErrorForASenderScore) {
  dns_.replace(std::string(kAlive) + "1.113.0.203.score.senderscore.com. A 127.255.255.255");
  check();
  EXPECT_FALSE(seen(0).sender_score);
  dns_.replace(std::string(kAlive) + "1.113.0.203.score.senderscore.com. A 127.0.4.101");
  check();
  EXPECT_FALSE(seen(0).sender_score);
}

TEST_F(ReputationWatchTest, KeepsAScoreWhileNobodyCanSay) {
  dns_.replace(std::string(kAlive) + kListed);
  check();
  dns_.replace(std::string(kAlive) + "score.senderscore.com. TIMEOUT");
  check();
  EXPECT_EQ(seen(0).sender_score, 88);
  dns_.replace(kAlive);
  check();
  EXPECT_FALSE(seen(0).sender_score);
}

TEST_F(ReputationWatchTest, AsksNobodyWhenItIsNotTo) {
  plan_.asks_blocklists = false;
  check();
  EXPECT_EQ(dns_.asked("2.0.0.127.bl.test", RecordType::a), 0u);
}

TEST_F(ReputationWatchTest, LooksAgainAfterEachInterval) {
  watch_.set_plan(plan_);
  watch_.start();
  const auto asked = [this] { return dns_.asked("1.113.0.203.bl.test", RecordType::a); };
  own_loop_.poll();
  EXPECT_EQ(asked(), 1u);
  clock_.advance(59min);
  own_loop_.poll();
  EXPECT_EQ(asked(), 1u);
  clock_.advance(1min);
  own_loop_.poll();
  EXPECT_EQ(asked(), 2u);
  own_tasks_.cancel();
  own_loop_.poll();
}

TEST_F(ReputationWatchTest, GathersWhatMicrosoftSays) {
  handler_ = [](const HeardRequest& heard) {
    if (heard.target == "/token") return GivenAnswer{200, R"({"access_token": "t"})"};
    if (heard.target == "/api/report/data") {
      return GivenAnswer{200,
                         "IP Address,Filter result,Complaint rate,Trap hits\n"
                         "203.0.113.1,RED,0.4%,2\n",
                         "text/csv"};
    }
    return GivenAnswer{200, R"([{"beginningIpAddress": "203.0.113.0", "blocked": true,
        "endingIpAddress": "203.0.113.255", "reason": "Blocked due to user complaints"}])"};
  };
  watch_.use(Snds(api()));
  watch_.set_plan(plan_);
  run(watch_.ask_snds());
  EXPECT_EQ(seen(0).snds->filter_result, "RED");
  EXPECT_TRUE(seen(0).snds_range->is_blocked);
  EXPECT_EQ(score_of(seen(0)).score, 0);
  EXPECT_EQ(watch_.view()->outcomes.at("microsoft").error, "");
}

// 404: the link or the attestation has lapsed, which is no good news.
TEST_F(ReputationWatchTest, AlertsWhenMicrosoftKnowsNothingOfUs) {
  handler_ = [](const HeardRequest&) { return GivenAnswer{404, ""}; };
  watch_.use(Snds(SndsLinks{url() + "/snds/data?key=secret", ""}, fetch));
  watch_.set_plan(plan_);
  run(watch_.ask_snds());
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_TRUE(told_[0].is_alert);
  EXPECT_EQ(told_[0].provider, "microsoft");
  EXPECT_THAT(told_[0].what, HasSubstr("answered 404: the link has expired"));
  EXPECT_THAT(told_[0].what, testing::Not(HasSubstr("secret")));
}

TEST_F(ReputationWatchTest, GathersWhatGoogleSaysOfEveryDomainOfTheAccount) {
  handler_ = [](const HeardRequest& heard) {
    if (heard.target == "/token") return GivenAnswer{200, R"({"access_token": "t"})"};
    if (heard.target.starts_with("/v2/domains?")) {
      return GivenAnswer{200, R"({"domains": [{"name": "domains/example.test"},
                                              {"name": "domains/other.test"}]})"};
    }
    if (heard.target.ends_with("complianceStatus")) return GivenAnswer{200, "{}"};
    const auto body = nlohmann::json::parse(heard.body);
    EXPECT_EQ(body["timeQuery"]["dateRanges"]["dateRanges"][0]["end"]["day"], 31);
    if (heard.target == "/v2/domains/other.test/domainStats:query") {
      return GivenAnswer{403, R"({"error": {"status": "PERMISSION_DENIED"}})"};
    }
    return GivenAnswer{200, R"({"domainStats": [{"metric": "spam_rate",
        "date": {"year": 2025, "month": 12, "day": 30}, "value": {"doubleValue": 0.0004}}]})"};
  };
  watch_.use(PostmasterTools(api()));
  watch_.set_plan(plan_);
  run(watch_.ask_postmaster());
  EXPECT_EQ(seen(2).postmaster->figures.at("spam_rate"), 0.0004);
  EXPECT_THAT(watch_.view()->outcomes.at("google").error, HasSubstr("PERMISSION_DENIED"));
}

TEST_F(ReputationWatchTest, ForgetsWhatIsNoLongerInThePlan) {
  check();
  plan_.sources = {{"s2", "203.0.113.2"}};
  plan_.domains = {};
  check();
  ASSERT_EQ(watch_.view()->entries.size(), 1u);
  EXPECT_EQ(seen(0).name, "s2");
}

}  // namespace
}  // namespace posthaste
