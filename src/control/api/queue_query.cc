#include "control/api/queue_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "base/json_text.h"
#include "mail/address.h"

namespace posthaste {
namespace {

using Word = std::string MailScope::*;
constexpr std::array<std::pair<const char*, Word>, 8> kWords{
    std::pair{"queue", &MailScope::remote_queue}, std::pair{"domain", &MailScope::domain},
    std::pair{"tenant", &MailScope::tenant},      std::pair{"campaign", &MailScope::campaign},
    std::pair{"pool", &MailScope::pool},          std::pair{"source", &MailScope::source},
    std::pair{"site", &MailScope::site},          std::pair{"provider", &MailScope::provider}};

Error bad_query(std::string what) {
  return Error{make_error_code(boost::system::errc::invalid_argument), std::move(what)};
}

Error unknown_field(const std::string& field, std::initializer_list<std::string_view> further) {
  std::string known = "name";
  for (const auto& [name, word] : kWords) known += std::string(", ") + name;
  for (const std::string_view name : further) known += ", " + std::string(name);
  return bad_query("there is no field \"" + field + "\" here: use " + known);
}

}  // namespace

Result<QueueQuery> QueueQuery::read(const HttpRequest& request,
                                    std::initializer_list<std::string_view> further,
                                    std::size_t default_limit) {
  QueueQuery query;
  query.limit = default_limit;
  for (const auto& [field, value] : request.query) {
    const auto word = std::find_if(kWords.begin(), kWords.end(),
                                   [&f = field](const auto& one) { return f == one.first; });
    if (field == "name") {
      query.filter.name = value;
    } else if (field == "domain" && !value.empty()) {
      const auto domain = Domain::parse(value);
      if (!domain) return bad_query(domain.error().message());
      query.filter.scope.domain = domain->ascii();
    } else if (word != kWords.end()) {
      query.filter.scope.*word->second = value;
    } else if (std::find(further.begin(), further.end(), field) == further.end()) {
      return unknown_field(field, further);
    } else if (field == "limit") {
      const auto limit = read_number(value, 1, std::numeric_limits<std::size_t>::max());
      if (!limit) return bad_query("limit \"" + value + "\" is no number: give one from 1 on");
      query.limit = *limit;
    } else {
      query.others[field] = value;
    }
  }
  return query;
}

std::string QueueQuery::other(const std::string& name) const {
  const auto known = others.find(name);
  return known == others.end() ? std::string() : known->second;
}

std::optional<std::size_t> read_number(std::string_view text, std::size_t least, std::size_t most) {
  std::size_t number = 0;
  const auto [rest, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = ec == std::errc() && rest == text.data() + text.size();
  if (!is_whole || number < least || number > most) return std::nullopt;
  return number;
}

std::string json_line(const nlohmann::ordered_json& json) {
  return dump_json(json) + "\n";
}

nlohmann::ordered_json to_json(const MailScope& scope) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, word] : kWords) {
    if (!(scope.*word).empty()) json[name] = scope.*word;
  }
  return json;
}

}  // namespace posthaste
