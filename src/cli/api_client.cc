#include "cli/api_client.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "platform/http/http_client.h"

namespace posthaste {
namespace {

std::string key_of(const ApiOptions& options) {
  if (!options.key_file.empty()) {
    std::ifstream file(options.key_file);
    std::string line;
    std::getline(file, line);
    return line;
  }
  const char* key = std::getenv("POSTHASTE_API_KEY");
  return key == nullptr ? "" : key;
}

}  // namespace

std::shared_ptr<ApiOptions> ApiOptions::declare(CLI::App* command) {
  auto options = std::make_shared<ApiOptions>();
  command->add_option("--api", options->url, "Address of the server's http listener")
      ->capture_default_str();
  command->add_option("--api-key-file", options->key_file,
                      "File with the API key (else POSTHASTE_API_KEY)");
  command->add_flag("--json", options->json, "Print one JSON document");
  return options;
}

std::variant<nlohmann::ordered_json, ExitCode> ask_api(const std::string& verb,
                                                       const ApiOptions& options,
                                                       const std::string& method,
                                                       const std::string& target) {
  const HttpClient client(options.url, key_of(options));
  const auto answer = client.request(method, target);
  if (!answer) return fail(verb, answer.error().message(), ExitCode::unreachable);
  auto json = nlohmann::ordered_json::parse(answer->body, nullptr, false);
  if (json.is_discarded()) {
    return fail(verb, options.url + " answers no JSON: is it a Posthaste server?",
                ExitCode::unreachable);
  }
  if (answer->status >= 400) {
    const std::string why =
        json.value("error", "the server answered " + std::to_string(answer->status));
    return fail(verb, why, answer->status == 401 ? ExitCode::usage : ExitCode::answer_is_no);
  }
  return json;
}

std::string human_age(double seconds) {
  if (seconds < 1) return fmt::format("{:.0f}ms", seconds * 1000);
  if (seconds < 60) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<long>(seconds);
  if (whole < 3600) return fmt::format("{}m {}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h {}m", whole / 3600, whole % 3600 / 60);
  return fmt::format("{}d {}h", whole / 86400, whole % 86400 / 3600);
}

}  // namespace posthaste
