#include "server/shaping_gauges.h"

#include <utility>

namespace posthaste {
namespace {

std::string shown(const std::string& provider) {
  return provider.empty() ? "others" : provider;
}

}  // namespace

ShapingGauges::ShapingGauges(Metrics& metrics) {
  auto add = [&](const MetricName& info, auto sample_of, auto list_of) {
    auto samples = [this, sample_of, list_of] {
      return figures_.with([&](const Figures& figures) {
        std::vector<MetricSample> made;
        for (const auto& one : list_of(figures)) {
          if (auto sample = sample_of(one)) made.push_back(std::move(*sample));
        }
        return made;
      });
    };
    registrations_.push_back(metrics.callback_gauges(info, samples));
  };
  using Sample = std::optional<MetricSample>;
  const auto paces = [](const Figures& figures) { return figures.paces; };
  const auto warmup = [](const Figures& figures) { return figures.warmup; };
  add(
      {"posthaste_held_rate",
       "Messages a second that a closed loop allows; absent when free.",
       {"source", "provider"}},
      [](const Governor::HeldPace& one) {
        return one.rate ? Sample({{one.source, one.towards}, *one.rate}) : std::nullopt;
      },
      paces);
  add(
      {"posthaste_held_connections",
       "Connections that a closed loop allows; absent when free.",
       {"source", "provider"}},
      [](const Governor::HeldPace& one) {
        return one.connections
                   ? Sample({{one.source, one.towards}, static_cast<double>(*one.connections)})
                   : std::nullopt;
      },
      paces);
  add(
      {"posthaste_warmup_cap",
       "Messages a day that the warm-up allows; absent when done.",
       {"source", "provider"}},
      [](const WarmupBook::Status& one) {
        const bool has_cap = one.has_begun && one.cap;
        return has_cap ? Sample({{one.source, shown(one.provider)}, static_cast<double>(*one.cap)})
                       : std::nullopt;
      },
      warmup);
  add(
      {"posthaste_warmup_day",
       "The day of its schedule to which a warm-up has come.",
       {"source", "provider"}},
      [](const WarmupBook::Status& one) {
        return one.has_begun
                   ? Sample({{one.source, shown(one.provider)}, static_cast<double>(one.day)})
                   : std::nullopt;
      },
      warmup);
  registrations_.push_back(metrics.callback_gauge(
      {"posthaste_suspensions", "Suspensions in force, of rules and operators."}, [this] {
        return figures_.with(
            [](const Figures& figures) { return static_cast<double>(figures.suspensions); });
      }));
}

void ShapingGauges::set(const Governor& governor) {
  Figures now{governor.held_paces(), governor.warmup().status(), governor.suspensions().size()};
  figures_.with([&](Figures& figures) { figures = std::move(now); });
}

}  // namespace posthaste
