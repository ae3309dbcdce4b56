#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "cli/output.h"
#include "cli/verbs/verbs.h"
#include "identity/blocklist/blocklist_config.h"
#include "platform/config_reference.h"
#include "route/shipped_providers.h"
#include "server/server_config.h"
#include "server/server_config_files.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

struct CheckOptions {
  std::string file;
  bool print = false;
  bool json = false;
  bool reference = false;
};

void append_as_remarks(std::string_view shipped, std::string& text) {
  std::istringstream lines{std::string(shipped)};
  for (std::string line; std::getline(lines, line);) {
    text += line.empty() ? "#\n" : "# " + line + "\n";
  }
}

// The effective configuration: what the file says, and in remarks what is shipped below it.
std::string print_all(const ServerConfig& config) {
  std::string text = config.source->print();
  text += "\n# Shipped with the program, below the zone blocks of the blocklist block:\n";
  append_as_remarks(shipped_blocklists_text(), text);
  if (!config.delivery.shipped_providers) return text;
  text += "\n# Shipped with the program, below the provider blocks above:\n";
  append_as_remarks(shipped_providers_text(), text);
  return text;
}

void print_as_json(const CheckOptions& options, const ServerConfig* config,
                   const std::vector<ConfigError>& errors) {
  ordered_json list = ordered_json::array();
  for (const ConfigError& error : errors) {
    list.push_back({{"file", error.where.file}, {"line", error.where.line}, {"what", error.what}});
  }
  ordered_json document = {{"file", options.file}, {"ok", errors.empty()}, {"errors", list}};
  if (options.print && config != nullptr) document["configuration"] = print_all(*config);
  fmt::print("{}\n", dump_json(document));
}

ExitCode check(CheckOptions options) {
  if (options.reference) {
    fmt::print("{}", config_reference(server_schemas()));
    return ExitCode::done;
  }
  if (options.file.empty()) options.file = default_config_path().string();

  const ServerConfigOrErrors loaded = load_server_config(options.file);
  std::vector<ConfigError> errors;
  const ServerConfig* config = nullptr;
  if (const auto* found = std::get_if<std::vector<ConfigError>>(&loaded)) {
    errors = *found;
  } else {
    config = std::get<std::shared_ptr<const ServerConfig>>(loaded).get();
    errors = check_config_files(*config);
  }

  if (options.json) {
    print_as_json(options, config, errors);
  } else {
    if (options.print && config != nullptr) fmt::print("{}", print_all(*config));
    for (const ConfigError& error : errors) fmt::print(stderr, "{}\n", error.to_string());
    if (errors.empty() && !options.print) fmt::print("{}: ok\n", options.file);
  }
  return errors.empty() ? ExitCode::done : ExitCode::usage;
}

}  // namespace

void add_check(Program& program) {
  CLI::App* verb = program.add_verb("check", "Parse and validate the configuration");
  const auto options = std::make_shared<CheckOptions>();
  verb->add_option("-c,--config", options->file,
                   "The configuration file; default: /etc/posthaste/posthaste.conf, or "
                   "conf/demo.conf in a checkout");
  verb->add_flag("--print", options->print,
                 "Print the configuration in effect and where each value comes from");
  verb->add_flag("--json", options->json, "Print one JSON document");
  verb->add_flag("--reference", options->reference,
                 "Print the reference of all blocks and keys, in Markdown");
  program.add_action(verb, [options] { return check(*options); });
}

}  // namespace posthaste
