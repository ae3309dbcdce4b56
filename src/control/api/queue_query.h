#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "control/operations.h"
#include "platform/http/http_message.h"

namespace posthaste {

// The query of a request about queues: name, queue, domain, tenant, campaign, pool, source, site,
// provider, and what else the resource knows.
struct QueueQuery {
  QueueFilter filter;
  std::size_t limit = 0;
  std::map<std::string, std::string> others;  // of those that were asked for, as they stand

  // Errors, for status 400: a field that nobody knows (what was meant as a filter must not become
  // "everything"), a domain that is none, a limit that is no number.
  static Result<QueueQuery> read(const HttpRequest& request,
                                 std::initializer_list<std::string_view> further,
                                 std::size_t default_limit);
  std::string other(const std::string& name) const;
};

// A whole number in decimal, within bounds; nothing when the text is none.
std::optional<std::size_t> read_number(std::string_view text, std::size_t least, std::size_t most);

// With its line end: the body of an answer.
std::string json_line(const nlohmann::ordered_json& json);

nlohmann::ordered_json to_json(const MailScope& scope);

}  // namespace posthaste
