// What one decision of the governor costs with 10,000 sites, 20 sources and 100 tenants, each with
// limits and a closed loop, and a hundred suspensions of other cells.
#include <benchmark/benchmark.h>

#include <random>

#include "route/shipped_providers.h"
#include "shape/governor.h"

namespace posthaste {
namespace {

constexpr int kSites = 10'000;
constexpr int kSources = 20;
constexpr int kTenants = 100;

struct World {
  SystemClock clock;
  std::unique_ptr<Governor> governor;
  std::vector<std::shared_ptr<SendingCell>> cells;
  std::vector<QueueName> queues;

  World() {
    auto rules = std::make_shared<ShapingRules>();
    RemoteQueueConfig queue;
    queue.rate = *Rate::parse("1000000/s");
    auto queues_rules = QueueRules::compile({queue});
    rules->queues = std::make_shared<const QueueRules>(std::move(*queues_rules));
    std::vector<SourceConfig> sources(kSources);
    for (int i = 0; i < kSources; ++i) sources[i].name = "source-" + std::to_string(i);
    rules->sources = Sources(sources, {});
    auto providers = Providers::compile(shipped_providers(), {});
    rules->providers = std::move(*providers);
    for (int i = 0; i < kTenants; ++i) {
      TenantConfig tenant;
      tenant.name = "tenant-" + std::to_string(i);
      tenant.message_rate = *Rate::parse("100000/s");
      tenant.daily_messages = 1'000'000'000;
      tenant.concurrency = 1'000'000;
      rules->tenants.push_back(tenant);
      queues.push_back(
          {"outbound", TenantId(tenant.name), CampaignId("c"), *Domain::parse("example.com")});
    }
    governor = std::make_unique<Governor>(clock, rules);
    for (int site = 0; site < kSites; ++site) {
      Destination destination;
      const std::string host =
          "mx" + std::to_string(site) + (site % 3 == 0 ? ".google.com" : ".example.com");
      destination.site = SiteName(host);
      destination.hosts = {{host, 10, {{"192.0.2.1", 25}}, false}};
      for (int source = 0; source < kSources; ++source) {
        cells.push_back(
            governor->cell(SourceName("source-" + std::to_string(source)), destination));
      }
    }
    for (int i = 0; i < 100; ++i) {
      Suspension suspension;
      suspension.scope.source = "source-1";
      suspension.scope.site = "mx" + std::to_string(i) + ".elsewhere.com";
      suspension.by = "rule";
      governor->suspend(suspension);
    }
  }
};

void decide(benchmark::State& state) {
  static World world;
  std::mt19937 random(1);
  std::size_t granted = 0;
  for (auto _ : state) {
    const auto& cell = world.cells[random() % world.cells.size()];
    const auto& queue = world.queues[random() % world.queues.size()];
    auto refusal = world.governor->refusal_to_start(queue);
    if (!refusal) refusal = world.governor->take_token(queue, *cell);
    if (!refusal) ++granted;
    benchmark::DoNotOptimize(refusal);
  }
  state.counters["granted"] =
      static_cast<double>(granted) / static_cast<double>(state.iterations());
}
BENCHMARK(decide)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace posthaste

BENCHMARK_MAIN();
