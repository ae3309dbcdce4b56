#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/api_client.h"
#include "cli/verbs/verbs.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

struct ReputationOptions {
  std::shared_ptr<ApiOptions> api;
  unsigned days = 0;
};

std::string text_of(const ordered_json& one, const char* name) {
  const auto found = one.find(name);
  return found == one.end() || !found->is_string() ? "" : found->get<std::string>();
}

std::string score_text(const ordered_json& one, const char* name) {
  const auto found = one.find(name);
  if (found == one.end() || !found->is_number()) return "unknown";
  return std::to_string(found->get<int>());
}

void print_listing(const ordered_json& listing) {
  std::string line = fmt::format("    {} ({})", text_of(listing, "zone"), text_of(listing, "tier"));
  const std::string meaning = text_of(listing, "meaning");
  if (!meaning.empty()) line += ": " + meaning;
  fmt::print("{}, since {}\n", line, text_of(listing, "since").substr(0, 16));
  const std::string text = text_of(listing, "text");
  if (!text.empty()) fmt::print("      says: {}\n", text);
  const std::string where = text_of(listing, "remove_at");
  if (!where.empty()) fmt::print("      removal: {}\n", where);
}

void print_history(const ordered_json& history) {
  for (const ordered_json& day : history) {
    fmt::print("    {}  score {:>7}  Sender Score {:>7}  listed by {}\n", text_of(day, "day"),
               score_text(day, "score"), score_text(day, "sender_score"),
               day.contains("listed_by") ? day["listed_by"].size() : 0);
  }
}

void print_subject(const ordered_json& one) {
  const std::string address = text_of(one, "address");
  fmt::print("{} {}{}: {}\n", text_of(one, "kind"), text_of(one, "name"),
             address.empty() ? "" : " (" + address + ")", score_text(one, "score"));
  for (const ordered_json& reason : one["reasons"]) {
    fmt::print("  {}\n", reason.get<std::string>());
  }
  if (!one["listings"].empty()) fmt::print("  listed by\n");
  for (const ordered_json& listing : one["listings"]) print_listing(listing);
  const std::size_t silent = one["zones_silent"].size();
  if (one["checked"].is_string()) {
    fmt::print("  {} blocklists asked at {}, {} could not say\n", one.value("zones_asked", 0),
               text_of(one, "checked").substr(0, 16), silent);
  } else {
    fmt::print("  not looked up in blocklists yet\n");
  }
  if (one.contains("history")) print_history(one["history"]);
  fmt::print("\n");
}

void print_reputation(const ordered_json& json) {
  if (json["reputation"].empty()) {
    fmt::print("Nothing is watched: name sources in source blocks and domains in dkim blocks.\n");
  }
  for (const ordered_json& one : json["reputation"]) print_subject(one);
  for (const auto& [provider, outcome] : json["providers"].items()) {
    const bool is_up = outcome.value("up", false);
    fmt::print("{}: {}\n", provider, is_up ? "answers" : text_of(outcome, "error"));
  }
}

ExitCode show(const ReputationOptions& options) {
  std::string target = "/api/v1/reputation";
  if (options.days > 0) target += "?days=" + std::to_string(options.days);
  return show_answer("reputation", *options.api, target, &print_reputation);
}

}  // namespace

void add_reputation(Program& program) {
  CLI::App* verb = program.add_verb(
      "reputation", "What blocklists and mailbox providers think of our addresses and domains");
  const auto options = std::make_shared<ReputationOptions>();
  options->api = ApiOptions::declare(verb);
  verb->add_option("--days", options->days, "The last days as well, 90 at most")
      ->check(CLI::Range(1, 90));
  program.add_action(verb, [options] { return show(*options); });
}

}  // namespace posthaste
