#include "identity/doctor/modelled_dns.h"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/text_file.h"
#include "platform/dns/dns_error.h"
#include "platform/dns/dns_name.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using Json = nlohmann::json;

constexpr std::string_view kEveryServer = "authoritative";

// The answers of one server that differ from the resolver's.
using Differences = std::map<std::string, Json>;

std::optional<DnsQuestion> question_of(const std::string& key) {
  const std::size_t space = key.rfind(' ');
  if (space == std::string::npos) return std::nullopt;
  std::optional<std::string> name = normalize_dns_name(key.substr(0, space));
  const std::optional<RecordType> type = parse_record_type(key.substr(space + 1));
  if (!name || !type) return std::nullopt;
  return DnsQuestion{std::move(*name), *type};
}

}  // namespace

// What each server says: its differences where it has one for the question, else the resolver's.
class ModelledDns::Servers final : public AuthoritativeServers {
 public:
  struct Server {
    std::string name;
    JsonResolver answers;
    std::vector<DnsQuestion> questions;
  };

  Servers(Resolver& common, std::vector<Server> servers)
      : common_(common), servers_(std::move(servers)) {}

  asio::awaitable<AuthoritativeAnswer> ask(std::string name, RecordType type) override {
    AuthoritativeAnswer all;
    all.zone = co_await zone_of(name);
    for (Server& server : servers_) {
      const DnsQuestion question{name, type};
      const bool differs = std::find(server.questions.begin(), server.questions.end(), question) !=
                           server.questions.end();
      Resolver& resolver = differs ? static_cast<Resolver&>(server.answers) : common_;
      DnsResult result = co_await resolver.lookup(name, type);
      all.answers.push_back({server.name, std::move(result)});
    }
    co_return all;
  }

 private:
  // Files rarely have NS records: then it is the organization's, taken to be of two labels.
  asio::awaitable<std::string> zone_of(std::string name) {
    for (std::string_view above = name; above.find('.') != std::string_view::npos;) {
      const DnsResult servers = co_await common_.lookup(std::string(above), RecordType::ns);
      const std::string_view parent = parent_dns_name(above);
      if (servers.is_found() || parent.find('.') == std::string_view::npos) {
        co_return std::string(above);
      }
      above = parent;
    }
    co_return name;
  }

  Resolver& common_;
  std::vector<Server> servers_;
};

Result<ModelledDns> ModelledDns::parse(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_object()) {
    return {DnsErrc::bad_answers_file,
            "the DNS answers are not a JSON object: write {\"name TYPE\": [\"rdata\"]}"};
  }
  Json common = Json::object();
  std::map<std::string, Differences> servers;
  for (const auto& [key, value] : document.items()) {
    const std::size_t at = key.find(" @");
    if (at == std::string::npos) {
      common[key] = value;
    } else {
      servers[key.substr(at + 2)][key.substr(0, at)] = value;
    }
  }
  Result<JsonResolver> parsed = JsonResolver::parse(common.dump());
  if (!parsed) return parsed.error();
  auto resolver = std::make_unique<JsonResolver>(std::move(*parsed));
  if (servers.empty()) return ModelledDns(std::move(resolver), nullptr);

  const Differences every = servers[std::string(kEveryServer)];
  if (servers.size() > 1) servers.erase(std::string(kEveryServer));
  std::vector<Servers::Server> list;
  for (auto& [name, differences] : servers) {
    differences.insert(every.begin(), every.end());
    Result<JsonResolver> answers = JsonResolver::parse(Json(differences).dump());
    if (!answers) return answers.error();
    std::vector<DnsQuestion> questions;
    for (const auto& [key, value] : differences) {
      if (const auto question = question_of(key)) questions.push_back(*question);
    }
    list.push_back({name, std::move(*answers), std::move(questions)});
  }
  auto authoritative = std::make_unique<Servers>(*resolver, std::move(list));
  return ModelledDns(std::move(resolver), std::move(authoritative));
}

Result<ModelledDns> ModelledDns::read(const std::filesystem::path& file) {
  const Result<std::string> text = read_text_file(file);
  if (!text) {
    return {DnsErrc::bad_answers_file,
            fmt::format("{} cannot be read: name a file of DNS answers", file.string())};
  }
  Result<ModelledDns> dns = parse(*text);
  if (!dns) {
    return {dns.error().code, fmt::format("{}: {}", file.string(), dns.error().message())};
  }
  return dns;
}

}  // namespace posthaste
