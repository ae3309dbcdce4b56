#include "cli/verb.h"

#include <cstdio>
#include <utility>

namespace posthaste {

CLI::App* Program::add_verb(const std::string& name, const std::string& summary) {
  return app_.add_subcommand(name, summary);
}

void Program::add_action(CLI::App* command, std::function<ExitCode()> action) {
  command->callback([this, action = std::move(action)] { action_ = action; });
}

ExitCode fail(const std::string& verb, const std::string& what, ExitCode code) {
  std::fprintf(stderr, "posthaste%s%s: %s\n", verb.empty() ? "" : " ", verb.c_str(), what.c_str());
  return code;
}

}  // namespace posthaste
