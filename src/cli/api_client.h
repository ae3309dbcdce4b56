#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "cli/verb.h"

namespace posthaste {

// The options of a verb that talks to a running server: --api, --api-key-file, --json.
struct ApiOptions {
  std::string url = "http://127.0.0.1:8000";
  std::string key_file;
  bool json = false;

  static std::shared_ptr<ApiOptions> declare(CLI::App* command);
};

// Asks the server. Either the document it answered with, or the exit code after the error was
// printed: 3 when it cannot be reached, 1 when it said no.
std::variant<nlohmann::ordered_json, ExitCode> ask_api(const std::string& verb,
                                                       const ApiOptions& options,
                                                       const std::string& method,
                                                       const std::string& target);

// "3s", "5m", "2h 10m", "4d": for people.
std::string human_age(double seconds);

}  // namespace posthaste
