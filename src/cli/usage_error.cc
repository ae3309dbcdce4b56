#include "cli/usage_error.h"

#include "base/ascii.h"

namespace posthaste {

UsageError describe_usage_error(const CLI::App& app, const std::vector<std::string>& words,
                                std::string problem) {
  UsageError error;
  const CLI::App* command = &app;
  std::string unknown;
  for (const std::string& word : words) {
    if (command->get_subcommands(nullptr).empty() || word.starts_with('-')) break;
    const auto found =
        command->get_subcommands([&](const CLI::App* one) { return one->get_name() == word; });
    if (found.empty()) {
      unknown = word;
      break;
    }
    error.verb += (error.verb.empty() ? "" : " ") + word;
    command = found.front();
  }
  const std::string see =
      "see posthaste " + error.verb + (error.verb.empty() ? "" : " ") + "--help";
  if (!unknown.empty()) {
    error.what = "there is no verb \"" + unknown + "\": " + see;
    return error;
  }
  problem.erase(problem.find_last_not_of(" \n.") + 1);
  // It begins no sentence any more; "ID" and "DOMAIN" are names, and stay.
  const bool is_name =
      problem.size() > 1 && is_alpha(problem[1]) && problem[1] == to_upper(problem[1]);
  if (!problem.empty() && !is_name) problem.front() = to_lower(problem.front());
  error.what = problem + ": " + see;
  return error;
}

}  // namespace posthaste
