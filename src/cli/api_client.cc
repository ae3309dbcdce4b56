#include "cli/api_client.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/text_file.h"
#include "platform/http/http_client.h"
#include "server/server_config.h"

namespace posthaste {
namespace {

constexpr const char* kUsualUrl = "http://127.0.0.1:8000";

Error wrong_options(std::string what) {
  return Error{make_error_code(boost::system::errc::invalid_argument), std::move(what)};
}

// An address that listens everywhere is reached at loopback.
std::string url_of(const SocketAddress& address) {
  std::string host = address.address();
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return fmt::format("http://{}:{}", host, address.port());
}

}  // namespace

Result<std::string> api_url(const ApiOptions& options) {
  if (!options.url.empty()) return options.url;
  const bool is_named = !options.config.empty();
  const std::filesystem::path path =
      is_named ? std::filesystem::path(options.config) : default_config_path();
  std::error_code ec;
  if (!is_named && !std::filesystem::exists(path, ec)) return std::string(kUsualUrl);
  const auto loaded = load_server_config(path);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    return wrong_options(errors->front().to_string() + ": or name the server with --api");
  }
  const auto& config = std::get<std::shared_ptr<const ServerConfig>>(loaded);
  for (const ListenerConfig& listener : config->listeners) {
    if (listener.protocol == ListenerProtocol::http) return url_of(listener.address);
  }
  return wrong_options(path.string() + " has no http listener: add one, or use --api");
}

Result<std::string> api_key(const ApiOptions& options) {
  if (options.key_file.empty()) {
    const char* key = std::getenv("POSTHASTE_API_KEY");
    return std::string(key == nullptr ? "" : key);
  }
  Result<std::string> line = read_first_line(options.key_file);
  if (!line || line->empty()) {
    return wrong_options("--api-key-file " + options.key_file +
                         " cannot be read, or its first line is empty: check the name and its "
                         "permissions");
  }
  return line;
}

std::shared_ptr<ApiOptions> ApiOptions::declare(CLI::App* command) {
  auto options = std::make_shared<ApiOptions>();
  command->add_option("--api", options->url,
                      "Address of the server's http listener, as http://127.0.0.1:8000; else that "
                      "of the configuration");
  command->add_option("-c,--config", options->config, "Configuration whose server is meant");
  command->add_option("--api-key-file", options->key_file,
                      "File with the API key (else POSTHASTE_API_KEY)");
  command->add_flag("--json", options->json, "Print one JSON document");
  return options;
}

std::variant<nlohmann::ordered_json, ExitCode> ask_api(const std::string& verb,
                                                       const ApiOptions& options,
                                                       const std::string& method,
                                                       const std::string& target,
                                                       const std::string& body) {
  const auto url = api_url(options);
  if (!url) return fail(verb, url.error().message(), ExitCode::usage);
  const auto key = api_key(options);
  if (!key) return fail(verb, key.error().message(), ExitCode::usage);
  const HttpClient client(*url, *key);
  const auto answer = client.request(method, target, body);
  if (!answer) {
    const bool is_wrong_url = answer.error().code == boost::system::errc::invalid_argument;
    return fail(verb, answer.error().message(),
                is_wrong_url ? ExitCode::usage : ExitCode::unreachable);
  }
  auto json = nlohmann::ordered_json::parse(answer->body, nullptr, false);
  if (json.is_discarded()) {
    return fail(verb, *url + " answers no JSON: is it a Posthaste server?", ExitCode::unreachable);
  }
  if (answer->status >= 400) {
    const std::string why =
        json.value("error", "the server answered " + std::to_string(answer->status));
    return fail(verb, why, answer->status == 401 ? ExitCode::usage : ExitCode::answer_is_no);
  }
  return json;
}

ExitCode show_answer(const std::string& verb, const ApiOptions& options, const std::string& target,
                     const std::function<void(const nlohmann::ordered_json&)>& print) {
  const auto answer = ask_api(verb, options, "GET", target);
  if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
  const auto& json = std::get<nlohmann::ordered_json>(answer);
  if (options.json) {
    std::puts(json.dump().c_str());
  } else {
    print(json);
  }
  return ExitCode::done;
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
