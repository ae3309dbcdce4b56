#include "server/reputation_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reputation/reputation_watch.h"

namespace posthaste {
namespace {

using testing::ElementsAre;
using testing::Pair;

ReputationPlan plan_of(const std::string& text) {
  const ServerConfigOrErrors loaded = load_server_config_text(text, "test.conf");
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  EXPECT_EQ(errors, nullptr) << errors->front().to_string();
  if (errors != nullptr) return {};
  return make_reputation_plan(*std::get<std::shared_ptr<const ServerConfig>>(loaded));
}

TEST(ReputationPlan, AsksAboutAddressesThatTheWorldSees) {
  const ReputationPlan plan = plan_of(R"(
    source "public" { address = "203.0.113.1" }
    source "six" { address = "2001:db8::1" }
    source "translated" { address = "10.0.0.1" public_address = "203.0.113.2" }
    source "loopback" { address = "127.0.0.2" }
    source "ten" { address = "10.9.9.9" }
    source "carrier" { address = "100.64.0.1" }
    source "local six" { address = "fd00::1" }
    source "any" { })");
  EXPECT_THAT(plan.sources,
              ElementsAre(Pair("public", "203.0.113.1"), Pair("six", "2001:db8::1"),
                          Pair("translated", "203.0.113.2"), Pair("loopback", ""), Pair("ten", ""),
                          Pair("carrier", ""), Pair("local six", ""), Pair("any", "")));
}

TEST(ReputationPlan, AsksAboutDomainsThatCanBeKnown) {
  const ReputationPlan plan = plan_of(R"(
    dkim { sign = false domain = "postmta.com" }
    dkim { sign = false domain = "sender.test" }
    dkim { sign = false domain = "mail.example.com" }
    blocklist { domains = {"Bounces.Test."} }
    postmaster_tools { domains = {"postmta.com", "other.de"} })");
  EXPECT_THAT(plan.domains, ElementsAre("postmta.com", "bounces.test", "other.de"));
}

TEST(ReputationPlan, TakesItsIntervalsFromTheBlocks) {
  const ReputationPlan plan = plan_of(R"(
    blocklist { watch = false interval = "2h" }
    snds { interval = "3h" }
    postmaster_tools { interval = "4h" })");
  EXPECT_FALSE(plan.asks_blocklists);
  EXPECT_EQ(plan.blocklist_interval, std::chrono::hours(2));
  EXPECT_EQ(plan.snds_interval, std::chrono::hours(3));
  EXPECT_EQ(plan.postmaster_interval, std::chrono::hours(4));
}

}  // namespace
}  // namespace posthaste
