#include "platform/dns/json_resolver.h"

#include <fmt/format.h>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text_file.h"
#include "platform/dns/dns_error.h"
#include "platform/dns/dns_name.h"
#include "platform/dns/rdata.h"

namespace posthaste {
namespace {

using Json = nlohmann::json;

Error bad(std::string detail) {
  return {DnsErrc::bad_answers_file, std::move(detail)};
}

std::optional<DnsStatus> parse_status(std::string_view text) {
  if (text == "NODATA") return DnsStatus::nodata;
  if (text == "NXDOMAIN") return DnsStatus::nxdomain;
  if (text == "SERVFAIL") return DnsStatus::servfail;
  if (text == "TIMEOUT") return DnsStatus::timeout;
  return std::nullopt;
}

Result<DnsQuestion> parse_question(const std::string& key) {
  const std::size_t space = key.rfind(' ');
  if (space == std::string::npos) {
    return bad(fmt::format("\"{}\" is not a question: write \"NAME TYPE\"", key));
  }
  std::optional<std::string> name = normalize_dns_name(key.substr(0, space));
  const std::optional<RecordType> type = parse_record_type(key.substr(space + 1));
  if (!name || !type) {
    return bad(
        fmt::format("\"{}\" is not a question: write a domain name and a type such as TXT", key));
  }
  return DnsQuestion{std::move(*name), *type};
}

Result<void> add_answer(ZoneText& zone, const std::string& key, const Json& value) {
  const Result<DnsQuestion> question = parse_question(key);
  if (!question) return question.error();
  if (value.is_string()) {
    const std::optional<DnsStatus> status = parse_status(value.get_ref<const std::string&>());
    if (!status) {
      return bad(
          fmt::format("the answer to \"{}\" is not NODATA, NXDOMAIN, SERVFAIL or TIMEOUT: "
                      "write one of them or a list of records",
                      key));
    }
    zone.set_status(question->name, question->type, *status);
    return {};
  }
  if (!value.is_array()) {
    return bad(fmt::format("the answer to \"{}\" is not a list: write [\"…\"]", key));
  }
  if (value.empty()) zone.set_status(question->name, question->type, DnsStatus::nodata);
  for (const Json& item : value) {
    if (!item.is_string()) {
      return bad(fmt::format("an answer to \"{}\" is not a string: put it in quotes", key));
    }
    Result<Rdata> record = parse_rdata_text(question->type, item.get_ref<const std::string&>());
    if (!record) return bad(fmt::format("\"{}\": {}", key, record.error().message()));
    zone.add_record(question->name, question->type, std::move(*record));
  }
  return {};
}

}  // namespace

Result<JsonResolver> JsonResolver::parse(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_object()) {
    return bad("the DNS answers are not a JSON object: write {\"name TYPE\": [\"rdata\"]}");
  }
  ZoneText zone;
  for (const auto& [key, value] : document.items()) {
    if (const Result<void> added = add_answer(zone, key, value); !added) return added.error();
  }
  return JsonResolver(std::move(zone));
}

Result<JsonResolver> JsonResolver::read(const std::filesystem::path& file) {
  const Result<std::string> text = read_text_file(file);
  if (!text) {
    return bad(fmt::format("{} cannot be read: name a file of DNS answers", file.string()));
  }
  Result<JsonResolver> resolver = parse(*text);
  if (!resolver) return bad(fmt::format("{}: {}", file.string(), resolver.error().message()));
  return resolver;
}

boost::asio::awaitable<DnsResult> JsonResolver::lookup(std::string name, RecordType type) {
  co_return zone_.answer(name, type);
}

}  // namespace posthaste
