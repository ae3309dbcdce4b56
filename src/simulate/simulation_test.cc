#include "simulate/simulation.h"

#include <gtest/gtest.h>

#include <chrono>

#include "route/shipped_providers.h"
#include "simulate/simulation_report.h"

namespace posthaste {
namespace {

// Addresses that begin, with the shipped providers and personas.
struct Setting {
  std::vector<SourceConfig> sources;
  SimulatedMail mail;

  explicit Setting(int count) {
    for (int i = 0; i < count; ++i) {
      SourceConfig source;
      source.name = "ip" + std::to_string(i + 1);
      sources.push_back(source);
    }
  }
  void warm_up(const WarmupConfig& warmup) {
    for (SourceConfig& source : sources) source.warmup = warmup;
  }

  SimulationReport run(int days) const {
    auto rules = std::make_shared<ShapingRules>();
    auto queues = QueueRules::compile({});
    rules->queues = std::make_shared<const QueueRules>(std::move(*queues));
    auto providers = Providers::compile(shipped_providers(), {});
    rules->providers = std::move(*providers);
    auto responses = ResponseRules::compile(rules->providers);
    rules->responses = std::make_shared<const ResponseRules>(std::move(*responses));
    rules->sources = Sources(sources, {});
    Simulation simulation(rules, usual_providers(), mail,
                          WallTime(std::chrono::sys_days(std::chrono::year(2026) / 12 / 1)));
    SimulationReport report(mail.volume);
    for (int day = 0; day < days; ++day) {
      report.add_day(simulation.run_day(), simulation.take_changes());
    }
    return report;
  }
};

// Three weeks to 3,000 a day.
WarmupConfig small() {
  WarmupConfig warmup;
  warmup.schedule = {100, 400, 1'500};
  warmup.full = 3'000;
  return warmup;
}

std::uint64_t delivered_on(const SimulationReport& report, int day) {
  const auto json = report.json();
  std::uint64_t sum = 0;
  for (const auto& one : json["days"][static_cast<std::size_t>(day - 1)]["providers"]) {
    sum += one["delivered"].get<std::uint64_t>();
  }
  return sum;
}

TEST(Simulation, BringsNewAddressesToTheirVolumeWithoutABlock) {
  Setting setting(2);
  setting.warm_up(small());
  setting.mail.volume = 6'000;
  const SimulationReport report = setting.run(30);
  ASSERT_TRUE(report.full_on());
  EXPECT_GE(*report.full_on(), 21);
  EXPECT_LE(*report.full_on(), 28);
  EXPECT_EQ(report.sums().blocked_sources, 0U);
  const SimulationReport::Sums sums = report.sums();
  EXPECT_LT(static_cast<double>(sums.deferrals), 0.01 * static_cast<double>(sums.delivered));
}

TEST(Simulation, GivesTheSameForTheSameSeed) {
  Setting setting(2);
  setting.warm_up({});
  setting.mail.volume = 2'000;
  const auto before = setting.run(5).json();
  EXPECT_EQ(setting.run(5).json(), before);
  setting.mail.seed = 2;
  EXPECT_NE(setting.run(5).json(), before);
}

TEST(Simulation, SlowsDownWhenTheListGoesBadAndRecovers) {
  Setting setting(2);
  setting.warm_up(small());
  setting.mail.volume = 6'000;
  setting.mail.bad_share = [](std::int64_t day) { return day >= 14 && day < 20 ? 0.03 : 0.003; };
  const SimulationReport bad = setting.run(28);
  setting.mail.bad_share = [](std::int64_t) { return 0.003; };
  const SimulationReport good = setting.run(28);
  EXPECT_LT(delivered_on(bad, 21), delivered_on(good, 21) / 2);
  EXPECT_GT(delivered_on(bad, 28), 2 * delivered_on(bad, 21)) << "it recovers";
}

TEST(Simulation, ShowsWhatANewAddressMeetsWithoutWarmUp) {
  Setting cold(1);
  cold.mail.volume = 100'000;
  const SimulationReport report = cold.run(2);
  EXPECT_GT(report.sums().deferrals, 50U);
  EXPECT_LT(report.sums().delivered, 20'000U);
}

TEST(Simulation, CountsEveryMessage) {
  Setting setting(1);
  setting.mail.volume = 5'000;
  const auto json = setting.run(3).json();
  std::uint64_t waiting = 0;
  for (const auto& one : json["days"][2]["providers"])
    waiting += one["waiting"].get<std::uint64_t>();
  EXPECT_EQ(json["offered"].get<std::uint64_t>(),
            json["delivered"].get<std::uint64_t>() + json["bounced"].get<std::uint64_t>() +
                json["failed"].get<std::uint64_t>() + json["left_over"].get<std::uint64_t>() +
                waiting);
}

TEST(SimulationReport, SaysWhenTheFullVolumeGoesOut) {
  SimulationReport report(1000);
  SimulatedDay day;
  day.provider = "google";
  day.delivered = 500;
  report.add_day({day}, {});
  EXPECT_FALSE(report.full_on());
  day.delivered = 940;
  day.bounced = 20;
  report.add_day({day}, {{"a", "", "google", "", "", "warm-up amber on day 3: hard bounces"}});
  EXPECT_EQ(report.full_on(), 2);
  EXPECT_NE(report.table().find("from day 2 on"), std::string::npos);
  EXPECT_NE(report.table().find("a to google: warm-up amber"), std::string::npos);
}

}  // namespace
}  // namespace posthaste
