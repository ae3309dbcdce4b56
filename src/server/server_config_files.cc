#include "server/server_config_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "accept/server_tls.h"
#include "base/text_file.h"
#include "identity/dkim/dkim_signer.h"
#include "reputation/oauth.h"

namespace posthaste {
namespace {

// "" when the file has a first line.
std::string check_secret_file(const std::filesystem::path& path) {
  const Result<std::string> line = read_first_line(path);
  if (!line) return line.error().message();
  return line->empty() ? path.string() + ": has no first line: write the password there" : "";
}

// The password_file of every block of a schema that has one.
template <class Config>
void check_passwords(const Configuration& source, const BlockSchema<Config>& schema,
                     std::vector<ConfigError>& errors) {
  for (const LoadedBlock<Config>& block : source.blocks(schema)) {
    const std::filesystem::path path = block.value.password_file;
    if (path.empty()) continue;
    const std::string wrong = check_secret_file(path);
    if (!wrong.empty()) errors.push_back({block.where("password_file"), "password_file: " + wrong});
  }
}

void check_certificates(const ServerConfig& config, std::vector<ConfigError>& errors) {
  for (const LoadedBlock<ListenerConfig>& block : config.source->blocks(listeners_schema())) {
    if (block.value.tls == ListenerTls::off) continue;
    const auto loaded = load_server_tls(block.value.certificate, block.value.key);
    if (!loaded) {
      errors.push_back({block.where("certificate"), "certificate: " + loaded.error().message()});
    }
  }
}

void check_dkim_keys(const Configuration& source, std::vector<ConfigError>& errors) {
  for (const LoadedBlock<DkimConfig>& block : source.blocks(dkim_schema())) {
    const Result<void> added = DkimSigner().add(block.value);
    if (!added) {
      errors.push_back({block.where("private_key"), "private_key: " + added.error().message()});
    }
  }
}

void check_blocklists(const Configuration& source, std::vector<ConfigError>& errors) {
  const LoadedBlock<BlocklistConfig> block = source.blocks(blocklist_schema()).front();
  const auto zones = blocklist_zones(block.value);
  if (!zones) errors.push_back({block.where("zones"), zones.error().message()});
}

// The credentials of a block that has them; they may be a link instead.
template <class Config>
void check_credentials(const Configuration& source, const BlockSchema<Config>& schema,
                       std::vector<ConfigError>& errors) {
  const LoadedBlock<Config> block = source.blocks(schema).front();
  if (block.value.credentials.empty()) return;
  const auto text = read_text_file(block.value.credentials);
  const bool is_link = text && text->find("\"url\"") != std::string::npos;
  std::string wrong = text ? "" : text.error().message();
  if (text && !is_link) {
    const auto read = OauthCredentials::parse(*text, "");
    if (!read) wrong = block.value.credentials.string() + ": " + read.error().message();
  }
  if (!wrong.empty()) errors.push_back({block.where("credentials"), "credentials: " + wrong});
}

}  // namespace

std::vector<ConfigError> check_config_files(const ServerConfig& config) {
  const Configuration& source = *config.source;
  std::vector<ConfigError> errors;
  check_certificates(config, errors);
  check_passwords(source, user_schema(), errors);
  check_passwords(source, route_schema(), errors);
  check_dkim_keys(source, errors);
  check_blocklists(source, errors);
  check_credentials(source, postmaster_tools_schema(), errors);
  check_credentials(source, snds_schema(), errors);
  for (const LoadedBlock<ApiKeyConfig>& block : source.blocks(api_key_schema())) {
    const Result<std::string> key = block.value.read();
    if (!key) errors.push_back({block.where("key_file"), "key_file: " + key.error().message()});
  }
  std::stable_sort(errors.begin(), errors.end(),
                   [](const auto& a, const auto& b) { return a.where < b.where; });
  return errors;
}

}  // namespace posthaste
