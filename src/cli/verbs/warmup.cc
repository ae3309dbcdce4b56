#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/api_client.h"
#include "cli/verbs/verbs.h"
#include "server/server_config.h"
#include "shape/warmup_schedule.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

// What one address carries in the long run; both ends are usual advice.
constexpr std::uint64_t kMostForAddress = 100'000;
constexpr std::uint64_t kLeastForAddress = 50'000;

std::string count_text(const ordered_json& count) {
  return count.is_null() ? "none" : std::to_string(count.get<std::uint64_t>());
}

void print_status(const ordered_json& one) {
  const std::string provider = one["provider"].is_null() ? "-" : one.value("provider", "");
  fmt::print("{:<16} {:<18} {:<9} {:>3} of {:<3} {:>9} {:>9} {:>6.1f} %  {}\n",
             one.value("source", ""), provider, one.value("state", ""), one.value("day", 0),
             one.value("days", 0), count_text(one["cap"]), one.value("sent", 0ULL),
             100 * one.value("share", 1.0), one.value("reason", ""));
  const std::string until = one.value("closed_until", "");
  if (!until.empty()) fmt::print("{:35}nothing until {}\n", "", until.substr(0, 19));
}

void print_warmup(const ordered_json& json) {
  if (json["warmup"].empty()) {
    fmt::print("No source warms up: give one a warmup block.\n");
    return;
  }
  fmt::print("{:<16} {:<18} {:<9} {:<10} {:>9} {:>9} {:>8}  {}\n", "SOURCE", "PROVIDER", "STATE",
             "DAY", "CAP", "SENT 24H", "SHARE", "WHY");
  for (const ordered_json& one : json["warmup"]) print_status(one);
}

ExitCode status(const ApiOptions& options) {
  return show_answer("warmup status", options, "/api/v1/warmup", &print_warmup);
}

struct PlanOptions {
  std::string config;
  std::uint64_t volume = 0;
  bool json = false;
};

// One source's schedule, beginning with its start or today.
struct PlannedSource {
  std::string name;
  WarmupSchedule schedule;
  std::int64_t offset = 0;  // days from today to its first
};

struct Plan {
  std::vector<PlannedSource> sources;
  std::uint64_t warm_sources = 0;
  std::chrono::sys_days today;

  // What all that warm up may send on a day counted from today; nullopt: one has no cap any more.
  std::optional<std::uint64_t> on_day(std::int64_t day) const {
    std::uint64_t sum = 0;
    for (const PlannedSource& source : sources) {
      if (day < source.offset) continue;
      const auto cap = source.schedule.on_day(day - source.offset);
      if (!cap) return std::nullopt;
      sum += *cap;
    }
    return sum;
  }
  std::int64_t days() const {
    std::int64_t last = 0;
    for (const PlannedSource& source : sources) {
      last = std::max(last, source.offset + source.schedule.days());
    }
    return last;
  }
};

Plan make_plan(const ServerConfig& config) {
  Plan plan;
  plan.today = std::chrono::floor<std::chrono::days>(SystemClock().wall());
  for (const SourceConfig& source : config.sources) {
    if (!source.warmup) {
      ++plan.warm_sources;
      continue;
    }
    const auto start = source.warmup->start ? source.warmup->start->day : plan.today;
    plan.sources.push_back(
        {source.name, WarmupSchedule(*source.warmup), (start - plan.today).count()});
  }
  return plan;
}

// The first day on which the volume fits.
std::optional<std::int64_t> day_of(const Plan& plan, std::uint64_t volume) {
  for (std::int64_t day = 0; day <= plan.days(); ++day) {
    const auto cap = plan.on_day(day);
    if (!cap || *cap >= volume) return day;
  }
  return std::nullopt;
}

std::string advice(const Plan& plan, std::uint64_t volume) {
  const std::uint64_t least = (volume + kMostForAddress - 1) / kMostForAddress;
  const std::uint64_t most = (volume + kLeastForAddress - 1) / kLeastForAddress;
  std::string text = fmt::format("{} messages a day want ", volume);
  text += least == most ? fmt::format("{} address{}", most, most == 1 ? "" : "es")
                        : fmt::format("{} to {} addresses", least, most);
  text += fmt::format(" (one for each {} to {} a day); {} {} configured.\n", kLeastForAddress,
                      kMostForAddress, plan.sources.size() + plan.warm_sources,
                      plan.sources.size() + plan.warm_sources == 1 ? "is" : "are");
  if (plan.sources.empty()) return text;
  const auto day = day_of(plan, volume);
  if (!day) {
    return text + "The schedules end below this volume: raise full, or add addresses.\n";
  }
  return text + fmt::format("If all goes well, it fits on day {}, {}.\n", *day + 1,
                            WarmupDate{plan.today + std::chrono::days(*day)}.to_string());
}

ordered_json plan_json(const Plan& plan, std::uint64_t volume) {
  ordered_json days = ordered_json::array();
  for (std::int64_t day = 0; day <= plan.days(); ++day) {
    ordered_json one = {{"day", day + 1},
                        {"date", WarmupDate{plan.today + std::chrono::days(day)}.to_string()},
                        {"cap", nullptr}};
    if (const auto cap = plan.on_day(day)) one["cap"] = *cap;
    days.push_back(std::move(one));
  }
  ordered_json json = {
      {"sources", plan.sources.size()}, {"warm_sources", plan.warm_sources}, {"days", days}};
  if (volume == 0) return json;
  json["volume"] = volume;
  json["addresses_least"] = (volume + kMostForAddress - 1) / kMostForAddress;
  json["addresses_most"] = (volume + kLeastForAddress - 1) / kLeastForAddress;
  json["fits_on_day"] = nullptr;
  if (const auto day = day_of(plan, volume)) json["fits_on_day"] = *day + 1;
  return json;
}

void print_plan(const Plan& plan) {
  fmt::print("{:>4}  {:<10} {:>12}", "DAY", "DATE", "ALL");
  for (const PlannedSource& source : plan.sources) fmt::print(" {:>12}", source.name);
  fmt::print("\n");
  for (std::int64_t day = 0; day <= plan.days(); ++day) {
    const auto all = plan.on_day(day);
    fmt::print("{:>4}  {:<10} {:>12}", day + 1,
               WarmupDate{plan.today + std::chrono::days(day)}.to_string(),
               all ? std::to_string(*all) : "no cap");
    for (const PlannedSource& source : plan.sources) {
      const auto cap = source.schedule.on_day(day - source.offset);
      const std::string text = cap ? std::to_string(*cap) : "no cap";
      fmt::print(" {:>12}", day < source.offset ? "-" : text);
    }
    fmt::print("\n");
  }
  fmt::print("\n");
}

ExitCode plan(PlanOptions options) {
  if (options.config.empty()) options.config = default_config_path().string();
  const ServerConfigOrErrors loaded = load_server_config(options.config);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors) fmt::print(stderr, "{}\n", error.to_string());
    return fail("warmup plan", options.config + " cannot be used: mend the lines above",
                ExitCode::usage);
  }
  const Plan made = make_plan(*std::get<std::shared_ptr<const ServerConfig>>(loaded));
  if (options.json) {
    std::puts(plan_json(made, options.volume).dump().c_str());
    return ExitCode::done;
  }
  if (made.sources.empty()) {
    fmt::print("No source of {} warms up: give one a warmup block.\n", options.config);
  } else {
    print_plan(made);
  }
  if (options.volume > 0) fmt::print("{}", advice(made, options.volume));
  return ExitCode::done;
}

}  // namespace

void add_warmup(Program& program) {
  CLI::App* verb = program.add_verb("warmup", "New addresses on their way to full volume");
  verb->require_subcommand(1);
  CLI::App* show = verb->add_subcommand("status", "Where each source stands, by provider");
  const auto api = ApiOptions::declare(show);
  program.add_action(show, [api] { return status(*api); });

  CLI::App* planned = verb->add_subcommand("plan", "The schedule of the configuration, by day");
  const auto options = std::make_shared<PlanOptions>();
  planned->add_option("-c,--config", options->config, "Configuration file");
  planned->add_option("--volume", options->volume,
                      "Messages a day that are wanted: how many addresses, and from which day on");
  planned->add_flag("--json", options->json, "One JSON document");
  program.add_action(planned, [options] { return plan(*options); });
}

}  // namespace posthaste
