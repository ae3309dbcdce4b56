#include "server/server_config_blocks.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/ascii.h"
#include "base/text_file.h"

namespace posthaste {
namespace {

constexpr std::size_t kMinKeyLength = 16;

std::string check_key(const std::string& key) {
  if (key.size() >= kMinKeyLength) return {};
  return fmt::format("a key of {} characters can be guessed: use at least {}", key.size(),
                     kMinKeyLength);
}

std::string check_folder(const std::filesystem::path& path) {
  return path.empty() ? "is empty: name a folder" : "";
}

std::vector<ConfigProblem> check_api_key(const ApiKeyConfig& api_key) {
  if (api_key.key.empty() == api_key.key_file.empty()) {
    return {{"", "an API key has either key or key_file: give one"}};
  }
  if (!api_key.key.empty()) {
    const std::string wrong = check_key(api_key.key);
    if (!wrong.empty()) return {{"key", wrong}};
  }
  return {};
}

}  // namespace

Domain ServerBlock::effective_hostname() const {
  if (hostname) return *hostname;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0) {
    const Result<Domain> domain = Domain::parse(name.data());
    if (domain) return *domain;
  }
  return *Domain::parse("localhost");
}

Result<std::string> ApiKeyConfig::read() const {
  if (!key.empty()) return key;
  const Result<std::string> line = read_first_line(key_file);
  if (!line) return bad_config_value(line.error().message());
  std::string first(trim_white(*line));
  const std::string wrong = check_key(first);
  if (!wrong.empty()) return bad_config_value(key_file.string() + ": " + wrong);
  return first;
}

const BlockSchema<ServerBlock>& server_schema() {
  static const auto schema =
      BlockSchema<ServerBlock>("server", BlockKind::single, "The server itself.")
          .key("hostname", &ServerBlock::hostname,
               "The name it gives itself in greetings, EHLO, Received and Message-ID; it should "
               "lead back to its address. Not set: the machine's own name.")
          .key("data_dir", &ServerBlock::data_dir, "Folder of everything that it keeps.",
               {.check = check_folder})
          .key("threads", &ServerBlock::threads, "Event loops; 0 is one per core.", {.max = 1024U})
          .key("user", &ServerBlock::user,
               "User to become once the ports are open; \"\" stays the one that started it.")
          .key("log_level", &ServerBlock::log_level,
               "The least important lines that its own log shows.");
  return schema;
}

const BlockSchema<HttpConfig>& http_schema() {
  static const auto schema =
      BlockSchema<HttpConfig>("http", BlockKind::single,
                              "What all listeners of protocol http share.")
          .key("max_request_size", &HttpConfig::max_request_size, "The largest request taken.",
               {.min = Bytes(1024)})
          .key("request_timeout", &HttpConfig::request_timeout,
               "How long a request may take to arrive.", {.min = std::chrono::seconds(1)})
          .key("idle_timeout", &HttpConfig::idle_timeout,
               "How long a connection waits for another request.",
               {.min = std::chrono::seconds(1)});
  return schema;
}

const BlockSchema<ApiKeyConfig>& api_key_schema() {
  static const auto schema =
      BlockSchema<ApiKeyConfig>("api_key", BlockKind::titled,
                                "A key that programs send to the HTTP API.")
          .title(&ApiKeyConfig::name)
          .key("key", &ApiKeyConfig::key, "The key itself, of 16 characters or more.")
          .key("key_file", &ApiKeyConfig::key_file, "File that holds the key in its first line.")
          .validate(check_api_key);
  return schema;
}

}  // namespace posthaste
