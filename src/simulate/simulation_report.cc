#include "simulate/simulation_report.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace posthaste {

using nlohmann::ordered_json;

namespace {

constexpr double kFull = 0.95;

// What a table has room for: "412", "9.8k", "1.25M".
std::string brief(std::uint64_t count) {
  const auto value = static_cast<double>(count);
  if (count < 10'000) return std::to_string(count);
  if (count < 100'000) return fmt::format("{:.1f}k", value / 1000);
  if (count < 1'000'000) return fmt::format("{:.0f}k", value / 1000);
  return fmt::format("{:.2f}M", value / 1'000'000);
}

bool speaks_of_trouble(const ShapingChange& change) {
  const std::string_view what = change.what;
  return what.starts_with("warm-up amber") || what.starts_with("warm-up red") ||
         what.starts_with("held") || what.starts_with("suspended");
}

std::string place_of(const ShapingChange& change) {
  return change.source + " to " + (change.provider.empty() ? "others" : change.provider);
}

}  // namespace

void SimulationReport::Sums::operator+=(const SimulatedDay& day) {
  offered += day.offered;
  delivered += day.delivered;
  deferrals += day.deferrals;
  bounced += day.bounced;
  failed += day.failed;
  left_over += day.left_over;
  blocked_sources += day.blocked_sources;
}

void SimulationReport::add_day(std::vector<SimulatedDay> providers,
                               std::vector<ShapingChange> changes) {
  std::erase_if(changes, [](const ShapingChange& one) { return !speaks_of_trouble(one); });
  days_.push_back({std::move(providers), std::move(changes)});
}

SimulationReport::Sums SimulationReport::sums_of(const Day& day) {
  Sums sums;
  for (const SimulatedDay& one : day.providers) sums += one;
  return sums;
}

SimulationReport::Sums SimulationReport::sums() const {
  Sums sums;
  for (const Day& day : days_) {
    for (const SimulatedDay& one : day.providers) sums += one;
  }
  return sums;
}

std::optional<std::int64_t> SimulationReport::full_on() const {
  for (std::size_t i = 0; i < days_.size(); ++i) {
    const Sums sums = sums_of(days_[i]);
    const auto out = static_cast<double>(sums.delivered + sums.bounced + sums.failed);
    if (out >= kFull * static_cast<double>(volume_)) return static_cast<std::int64_t>(i) + 1;
  }
  return std::nullopt;
}

std::string SimulationReport::table() const {
  std::string text = fmt::format("{:>4} {:>8} {:>9} {:>8} {:>7} {:>7} {:>9}", "DAY", "OFFERED",
                                 "DELIVERED", "DEFERRED", "BOUNCED", "REFUSED", "LEFT OVER");
  if (!days_.empty()) {
    for (const SimulatedDay& one : days_.front().providers) {
      text += fmt::format("  {:>15}", one.provider + "/cap");
    }
  }
  text += '\n';
  for (std::size_t i = 0; i < days_.size(); ++i) {
    const Sums sums = sums_of(days_[i]);
    text += fmt::format("{:>4} {:>8} {:>9} {:>8} {:>7} {:>7} {:>9}", i + 1, brief(sums.offered),
                        brief(sums.delivered), brief(sums.deferrals), brief(sums.bounced),
                        brief(sums.failed), brief(sums.left_over));
    for (const SimulatedDay& one : days_[i].providers) {
      text +=
          fmt::format("  {:>7}/{:<7}", brief(one.delivered), one.cap ? brief(*one.cap) : "none");
    }
    text += '\n';
    for (const ShapingChange& change : days_[i].changes) {
      text += fmt::format("     {}: {}\n", place_of(change), change.what);
    }
  }
  const Sums all = sums();
  const auto full = full_on();
  text += '\n';
  text += full ? fmt::format("The full volume goes out from day {} on.\n", *full)
               : fmt::format("The full volume was not reached in {} days.\n", days_.size());
  text += fmt::format(
      "Of {} messages {} were delivered, {} were beyond what the addresses could carry; {} "
      "deferrals, {} bounces, {} refused for good, addresses blocked {} times.\n",
      brief(all.offered), brief(all.delivered), brief(all.left_over), brief(all.deferrals),
      brief(all.bounced), brief(all.failed), all.blocked_sources);
  return text;
}

ordered_json SimulationReport::json() const {
  ordered_json days = ordered_json::array();
  for (std::size_t i = 0; i < days_.size(); ++i) {
    ordered_json providers = ordered_json::array();
    for (const SimulatedDay& one : days_[i].providers) {
      ordered_json entry = {{"provider", one.provider},
                            {"offered", one.offered},
                            {"delivered", one.delivered},
                            {"deferrals", one.deferrals},
                            {"bounced", one.bounced},
                            {"failed", one.failed},
                            {"waiting", one.waiting},
                            {"left_over", one.left_over},
                            {"cap", nullptr},
                            {"blocked_sources", one.blocked_sources},
                            {"sources", one.states}};
      if (one.cap) entry["cap"] = *one.cap;
      providers.push_back(std::move(entry));
    }
    ordered_json changes = ordered_json::array();
    for (const ShapingChange& one : days_[i].changes) {
      changes.push_back({{"source", one.source}, {"provider", one.provider}, {"what", one.what}});
    }
    days.push_back({{"day", i + 1}, {"providers", providers}, {"changes", changes}});
  }
  const Sums all = sums();
  ordered_json document = {{"volume", volume_},
                           {"full_on_day", nullptr},
                           {"offered", all.offered},
                           {"delivered", all.delivered},
                           {"deferrals", all.deferrals},
                           {"bounced", all.bounced},
                           {"failed", all.failed},
                           {"left_over", all.left_over},
                           {"blocks", all.blocked_sources},
                           {"days", days}};
  if (const auto full = full_on()) document["full_on_day"] = *full;
  return document;
}

}  // namespace posthaste
