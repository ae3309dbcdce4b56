#include "route/shipped_providers.h"

#include <memory>
#include <string>
#include <variant>

#include "platform/config.h"

namespace posthaste {
namespace {

std::vector<ProviderConfig> read_shipped() {
  const auto loaded = Configuration::load_text(std::string(shipped_providers_text()),
                                               "shipped providers.conf", {&provider_schema()});
  const auto* configuration = std::get_if<std::shared_ptr<const Configuration>>(&loaded);
  if (configuration == nullptr) return {};
  return (*configuration)->all(provider_schema());
}

}  // namespace

const std::vector<ProviderConfig>& shipped_providers() {
  static const std::vector<ProviderConfig> kShipped = read_shipped();
  return kShipped;
}

}  // namespace posthaste
