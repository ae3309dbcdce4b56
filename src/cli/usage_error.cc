#include "cli/usage_error.h"

#include <cctype>

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
  if (!problem.empty()) {
    problem.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(problem.front())));
  }
  error.what = problem + ": " + see;
  return error;
}

}  // namespace posthaste
