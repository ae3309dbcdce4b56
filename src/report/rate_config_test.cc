#include "report/rate_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/config.h"
#include "report/rate_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

ConfigurationOrErrors load(const std::string& text) {
  return Configuration::load_text(text, "t.conf",
                                  {&alert_schema(), &tenant_schema(), &campaign_schema()});
}

std::string error_of(const std::string& text) {
  const auto loaded = load(text);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  return errors == nullptr || errors->empty() ? "" : errors->front().to_string();
}

RateWorld world_of(const std::string& text) {
  const auto loaded = load(text);
  EXPECT_EQ(error_of(text), "");
  const auto& source = *std::get<std::shared_ptr<const Configuration>>(loaded);
  return {source.one(alert_schema()), source.all(tenant_schema()), source.all(campaign_schema())};
}

TEST(RateConfig, HasTheUsualThresholds) {
  const AlertConfig alert = world_of("").alert;
  EXPECT_EQ(alert, AlertConfig());
  EXPECT_EQ(alert.hard_bounce.warn.to_string(), "1%");
  EXPECT_EQ(alert.soft_bounce.page.to_string(), "8%");
  EXPECT_EQ(alert.deferral.warn.to_string(), "10%");
  EXPECT_EQ(alert.complaint.page.to_string(), "0.3%");
  EXPECT_EQ(alert.campaign_budget.action, BudgetAction::none);
}

TEST(RateConfig, KeepsTheUsualThresholdsOfABlockThatSaysLess) {
  const AlertConfig alert = world_of("alert { hard_bounce { windows = \"4m\" } }").alert;
  EXPECT_EQ(alert.hard_bounce.warn.to_string(), "1%");
  EXPECT_EQ(alert.hard_bounce.page.to_string(), "5%");
}

TEST(RateConfig, ReadsWhatIsWritten) {
  const AlertConfig alert = world_of(R"(
    alert {
      complaint { warn = "0.05%" windows = "2d" min_count = 10 }
      tenant_budget { soft_bounce = "9%" action = suspend duration = "2h" }
    })")
                                .alert;
  EXPECT_EQ(alert.complaint.warn, Percent(500));
  EXPECT_EQ(alert.complaint.page, Percent(3'000)) << "what is not written stays";
  EXPECT_THAT(alert.complaint.windows, testing::ElementsAre(Duration(48h)));
  EXPECT_EQ(alert.tenant_budget.soft_bounce, Percent(90'000));
  EXPECT_EQ(alert.tenant_budget.duration, Duration(2h));
}

TEST(RateConfig, RefusesWhatCannotBe) {
  EXPECT_THAT(error_of("alert { hard_bounce { warn = \"6%\" } }"),
              testing::HasSubstr("above page"));
  EXPECT_THAT(error_of("alert { hard_bounce { windows = {} } }"), testing::HasSubstr("windows"));
  EXPECT_THAT(error_of("alert { hard_bounce { warn = 1 } }"), testing::HasSubstr("percentage"));
}

TEST(RateConfig, GivesTenantsAndCampaignsTheirOwnBudgets) {
  const auto rules = world_of(R"(
    alert { campaign_budget { hard_bounce = "7%" } }
    tenant "acme" { budget { hard_bounce = "2%" } }
    campaign "spring" { tenant = "acme" budget { hard_bounce = "4%" } })")
                         .rules();
  const auto budget = [&](RateScope scope, const char* owner, const char* name) {
    return rules->budget_of({scope, owner, name})->hard_bounce.to_string();
  };
  EXPECT_EQ(budget(RateScope::tenant, "", "acme"), "2%");
  EXPECT_EQ(budget(RateScope::tenant, "", "other"), "5%");
  EXPECT_EQ(budget(RateScope::campaign, "acme", "spring"), "4%");
  EXPECT_EQ(budget(RateScope::campaign, "acme", "summer"), "7%");
  EXPECT_EQ(budget(RateScope::campaign, "other", "spring"), "7%");
  EXPECT_EQ(rules->budget_of({RateScope::source, "", "mail1"}), nullptr);
}

}  // namespace
}  // namespace posthaste
