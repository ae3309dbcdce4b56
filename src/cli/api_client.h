#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "base/result.h"
#include "cli/verb.h"

namespace posthaste {

// The options of a verb that talks to a running server: --api, --api-key-file, --config, --json.
struct ApiOptions {
  std::string url;     // "": the http listener of the local configuration
  std::string config;  // "": the default one
  std::string key_file;
  bool json = false;

  static std::shared_ptr<ApiOptions> declare(CLI::App* command);
};

// Where the API is: --api, else the first http listener of the configuration, else
// http://127.0.0.1:8000. Errors: the configuration that was named cannot be read, or has none.
Result<std::string> api_url(const ApiOptions& options);
// The key: the first line of --api-key-file, else POSTHASTE_API_KEY, else "". Errors: the file that
// was named cannot be read, or is empty.
Result<std::string> api_key(const ApiOptions& options);

// Asks the server. Either the document it answered with, or the exit code after the error was
// printed: 2 for wrong options, 3 when it cannot be reached, 1 when it said no.
std::variant<nlohmann::ordered_json, ExitCode> ask_api(const std::string& verb,
                                                       const ApiOptions& options,
                                                       const std::string& method,
                                                       const std::string& target,
                                                       const std::string& body = {});

// GETs `target` and shows the answer: the document where --json asks for it, else what `print`
// makes of it for people.
ExitCode show_answer(const std::string& verb, const ApiOptions& options, const std::string& target,
                     const std::function<void(const nlohmann::ordered_json&)>& print);

// "3s", "5m", "2h 10m", "4d": for people.
std::string human_age(double seconds);

}  // namespace posthaste
