#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shape/governor.h"

namespace posthaste {

// What the configuration would say, and what would be on disk.
struct ShapingWorld {
  ManualClock clock;
  std::vector<RemoteQueueConfig> queues{RemoteQueueConfig{}};
  std::vector<SourceConfig> sources;
  std::vector<ProviderConfig> providers;
  std::vector<TenantConfig> tenants;
  std::vector<CampaignConfig> campaigns;
  std::map<std::string, std::string> disk;
  std::deque<std::function<void(bool)>> on_their_way;

  std::shared_ptr<const ShapingRules> rules() const {
    auto made = std::make_shared<ShapingRules>();
    auto compiled = QueueRules::compile(queues);
    made->queues = std::make_shared<const QueueRules>(std::move(*compiled));
    made->sources = Sources(sources, {});
    auto compiled_providers = Providers::compile(providers, {});
    made->providers = std::move(*compiled_providers);
    made->tenants = tenants;
    made->campaigns = campaigns;
    return made;
  }

  // Each write is applied at once, as far as nobody holds it up.
  void connect(Governor& governor) {
    governor.set_keeper([this](std::string key, std::optional<std::string> value,
                               std::function<void(bool)> applied) {
      if (value) {
        disk[key] = *value;
      } else {
        disk.erase(key);
      }
      if (applied) on_their_way.push_back(std::move(applied));
    });
  }
  void apply(bool is_written = true) {
    while (!on_their_way.empty()) {
      auto applied = std::move(on_their_way.front());
      on_their_way.pop_front();
      applied(is_written);
    }
  }
  Governor::Kept kept() const { return {disk.begin(), disk.end()}; }
};

inline Destination site(const std::string& host) {
  Destination destination;
  destination.site = SiteName(host);
  destination.hosts = {{host, 10, {{"192.0.2.1", 25}}, false}};
  return destination;
}

inline QueueName queue(const std::string& tenant = "", const std::string& campaign = "") {
  return {"outbound", TenantId(tenant), CampaignId(campaign), *Domain::parse("example.com")};
}

}  // namespace posthaste
