#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/api_client.h"
#include "cli/verbs/verbs.h"
#include "platform/http/http_client.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

struct RatesOptions {
  std::shared_ptr<ApiOptions> api;
  std::string scope;
  unsigned limit = 100;
};

std::string percentage(double share) {
  return fmt::format("{:.3g} %", 100 * share);
}

std::string name_of(const ordered_json& row) {
  const std::string tenant = row.value("tenant", "");
  return (tenant.empty() ? "" : tenant + "/") + row.value("name", "");
}

// The one that matters at this state.
std::string threshold_of(const ordered_json& row) {
  const std::string state = row.value("state", "");
  return percentage(row.value(state == "page" ? "page" : "warn", 0.0));
}

std::string state_of(const ordered_json& row) {
  std::string state = row.value("state", "");
  if (row.value("over_budget", false)) return state + ", over budget";
  // Too few to say anything.
  if (row.value("of", 0ULL) < row.value("min_count", 0ULL) && state == "ok") return "-";
  return state;
}

void print_rows(const ordered_json& rows) {
  std::size_t width = 4;
  for (const ordered_json& row : rows) width = std::max(width, name_of(row).size());
  fmt::print("{:<9} {:<{}} {:<12} {:<7} {:>9} {:>9} {:>10}  {}\n", "SCOPE", "NAME", width, "RATE",
             "WINDOW", "OF", "SHARE", "THRESHOLD", "STATE");
  for (const ordered_json& row : rows) {
    fmt::print("{:<9} {:<{}} {:<12} {:<7} {:>9} {:>9} {:>10}  {}\n", row.value("scope", ""),
               name_of(row), width, row.value("rate", ""), row.value("window", ""),
               row.value("of", 0ULL), percentage(row.value("share", 0.0)), threshold_of(row),
               state_of(row));
  }
}

void print_rates(const ordered_json& json) {
  if (json["rates"].empty()) {
    fmt::print("Nothing was sent within the windows of the alert block.\n");
    return;
  }
  print_rows(json["rates"]);
  const auto all = json.value("all", 0ULL);
  if (all > json["rates"].size()) fmt::print("… {} more: --limit\n", all - json["rates"].size());
}

ExitCode show(const RatesOptions& options) {
  std::string target = fmt::format("/api/v1/rates?limit={}", options.limit);
  if (!options.scope.empty()) target += "&scope=" + url_encode(options.scope);
  return show_answer("rates", *options.api, target, &print_rates);
}

}  // namespace

void add_rates(Program& program) {
  CLI::App* verb = program.add_verb(
      "rates", "Bounces, deferrals and complaints by source, provider, tenant and campaign");
  const auto options = std::make_shared<RatesOptions>();
  options->api = ApiOptions::declare(verb);
  verb->add_option("--scope", options->scope,
                   "Only source, provider, tenant, campaign, or cell: one source to one provider")
      ->check(CLI::IsMember({"source", "provider", "tenant", "campaign", "cell"}));
  verb->add_option("--limit", options->limit, "At most so many lines")->capture_default_str();
  program.add_action(verb, [options] { return show(*options); });
}

}  // namespace posthaste
