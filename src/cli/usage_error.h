#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace posthaste {

// What is wrong with a command line, and where to look.
struct UsageError {
  std::string verb;  // "queue list"; "" where no verb was understood
  std::string what;  // "what is wrong: what to do"
};

// `words` is the command line without the program's name, `problem` what the parser said of it.
UsageError describe_usage_error(const CLI::App& app, const std::vector<std::string>& words,
                                std::string problem);

}  // namespace posthaste
