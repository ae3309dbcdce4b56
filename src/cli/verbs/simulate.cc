#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/verbs/verbs.h"
#include "server/server_config.h"
#include "server/settings.h"
#include "simulate/simulation_report.h"

namespace posthaste {
namespace {

constexpr std::int64_t kMostDays = 3660;
constexpr std::uint64_t kMostVolume = 1'000'000'000;

struct SimulateOptions {
  std::string config;
  std::int64_t days = 45;
  std::uint64_t volume = 0;
  std::vector<std::string> bounces;
  std::string mix;
  std::uint64_t seed = 1;
  bool json = false;
};

// Bounces of some days: "0.4" for all, "15-21:3" for those.
struct BounceSpan {
  std::int64_t from = 1;
  std::int64_t to = kMostDays;
  double percent = 0;
};

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  return ec == std::errc() && end == text.data() + text.size();
}

std::optional<BounceSpan> read_span(std::string_view text) {
  BounceSpan span;
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos || dash > colon) return std::nullopt;
    if (!read_number(text.substr(0, dash), span.from)) return std::nullopt;
    if (!read_number(text.substr(dash + 1, colon - dash - 1), span.to)) return std::nullopt;
    text.remove_prefix(colon + 1);
  }
  if (text.ends_with('%')) text.remove_suffix(1);
  const bool is_percent =
      read_number(text, span.percent) && span.percent >= 0 && span.percent <= 100;
  return is_percent && span.from <= span.to ? std::optional(span) : std::nullopt;
}

// "google=50,outlook=20,others=30" over the usual providers. False: it is none.
bool apply_mix(const std::string& mix, std::vector<SimulatedProvider>& providers) {
  if (mix.empty()) return true;
  double sum = 0;
  for (SimulatedProvider& one : providers) one.share = 0;
  for (std::size_t begin = 0; begin <= mix.size();) {
    const std::size_t end = std::min(mix.find(',', begin), mix.size());
    const std::string_view part = std::string_view(mix).substr(begin, end - begin);
    const auto equals = part.find('=');
    double share = 0;
    if (equals == std::string_view::npos || !read_number(part.substr(equals + 1), share)) {
      return false;
    }
    const std::string_view name = part.substr(0, equals);
    const auto found = std::find_if(providers.begin(), providers.end(), [&](const auto& one) {
      return one.name == name || (one.name.empty() && name == "others");
    });
    if (found == providers.end() || share < 0) return false;
    found->share = share;
    sum += share;
    begin = end + 1;
  }
  if (sum <= 0) return false;
  for (SimulatedProvider& one : providers) one.share /= sum;
  return true;
}

ExitCode run(const SimulateOptions& options, std::shared_ptr<const ShapingRules> rules,
             std::vector<SimulatedProvider> providers, SimulatedMail mail) {
  const auto today = std::chrono::floor<std::chrono::days>(SystemClock().wall());
  Simulation simulation(std::move(rules), std::move(providers), std::move(mail), today);
  SimulationReport report(options.volume);
  const bool shows_progress = ::isatty(STDERR_FILENO) != 0;
  for (std::int64_t day = 0; day < options.days; ++day) {
    report.add_day(simulation.run_day(), simulation.take_changes());
    if (shows_progress) fmt::print(stderr, "\rday {} of {}", day + 1, options.days);
  }
  if (shows_progress) fmt::print(stderr, "\r\033[K");
  if (options.json) {
    std::puts(report.json().dump().c_str());
  } else {
    fmt::print("{}", report.table());
  }
  return ExitCode::done;
}

ExitCode simulate(SimulateOptions options) {
  if (options.config.empty()) options.config = default_config_path().string();
  const ServerConfigOrErrors loaded = load_server_config(options.config);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors) fmt::print(stderr, "{}\n", error.to_string());
    return fail("simulate", options.config + " cannot be used: mend the lines above",
                ExitCode::usage);
  }
  const auto& config = std::get<std::shared_ptr<const ServerConfig>>(loaded);
  auto rules = make_shaping_rules(*config);
  if (!rules) return fail("simulate", rules.error().message(), ExitCode::usage);

  std::vector<BounceSpan> spans;
  for (const std::string& text : options.bounces) {
    const auto span = read_span(text);
    if (!span) {
      return fail("simulate",
                  "--bounces " + text +
                      " is no share of the mail: write per cent as 0.4, or with days as 15-21:3",
                  ExitCode::usage);
    }
    spans.push_back(*span);
  }
  auto providers = usual_providers();
  if (!apply_mix(options.mix, providers)) {
    return fail("simulate",
                "--mix " + options.mix +
                    " cannot be read: write it as google=50,outlook=20,yahoo=15,others=15",
                ExitCode::usage);
  }
  SimulatedMail mail;
  mail.volume = options.volume;
  mail.seed = options.seed;
  if (!spans.empty()) {
    mail.bad_share = [spans](std::int64_t day) {
      double percent = 0;
      for (const BounceSpan& span : spans) {
        if (span.from <= day + 1 && day + 1 <= span.to) percent = span.percent;
      }
      return percent / 100;
    };
  }
  return run(options, std::move(*rules), std::move(providers), std::move(mail));
}

}  // namespace

void add_simulate(Program& program) {
  CLI::App* verb =
      program.add_verb("simulate", "What would happen to my mail with this configuration");
  const auto options = std::make_shared<SimulateOptions>();
  verb->add_option("-c,--config", options->config, "Configuration file");
  verb->add_option("--days", options->days, "Days, beginning with today")
      ->check(CLI::Range(std::int64_t{1}, kMostDays))
      ->capture_default_str();
  verb->add_option("--volume", options->volume, "Messages a day")
      ->required()
      ->check(CLI::Range(std::uint64_t{1}, kMostVolume));
  verb->add_option("--bounces", options->bounces,
                   "Per cent of recipients that do not exist (0.4); \"15-21:3\" for some days; may "
                   "be given several times");
  verb->add_option("--mix", options->mix,
                   "Shares of the mail (google=50,outlook=20,yahoo=15,others=15)");
  verb->add_option("--seed", options->seed, "Seed of what happens at random")
      ->capture_default_str();
  verb->add_flag("--json", options->json, "One JSON document");
  program.add_action(verb, [options] { return simulate(*options); });
}

}  // namespace posthaste
