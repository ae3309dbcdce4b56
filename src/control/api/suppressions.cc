// GET  /api/v1/suppressions         ?address= domain= tenant= stream= reason= everybody= expired=
//                                   from= limit=
// POST /api/v1/suppressions         {"entries": [{address, reason, tenant, stream, since, until,
//                                   text, line}, …]}; times in seconds since 1970
// POST /api/v1/suppressions/remove  ?address= tenant= stream=
//
// A page's "next" is the "from" of the page that follows.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <initializer_list>
#include <limits>
#include <utility>

#include "control/api/api.h"
#include "control/api/queue_query.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t kDefaultLimit = 1000;
constexpr std::size_t kMaxLimit = 10'000;
constexpr std::size_t kMaxEntries = 100'000;
constexpr std::size_t kMaxText = 500;

Error bad_request(std::string what) {
  return Error{make_error_code(boost::system::errc::invalid_argument), std::move(what)};
}

// Keys of the list hold NULs.
std::string to_hex(std::string_view octets) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const char octet : octets) {
    text.push_back(kHex[static_cast<std::uint8_t>(octet) >> 4]);
    text.push_back(kHex[static_cast<std::uint8_t>(octet) & 0x0f]);
  }
  return text;
}

Result<std::string> from_hex(std::string_view text) {
  std::string octets;
  for (; text.size() >= 2; text.remove_prefix(2)) {
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + 2, value, 16);
    if (ec != std::errc() || end != text.data() + 2) break;
    octets.push_back(static_cast<char>(value));
  }
  if (!text.empty()) return bad_request("from: give the \"next\" of the page before");
  return octets;
}

bool is_plain(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

ordered_json to_json(const Suppression& entry) {
  ordered_json json = {{"address", entry.address.smtp_form()},
                       {"reason", to_string(entry.reason)},
                       {"tenant", entry.tenant.value()},
                       {"stream", entry.stream},
                       {"since", to_rfc3339(entry.since)}};
  if (entry.until) json["until"] = to_rfc3339(*entry.until);
  if (entry.event != 0) json["event_id"] = std::to_string(entry.event);
  json["text"] = entry.text;
  return json;
}

struct ListQuery {
  Suppressor::Filter filter;
  std::string from;
  std::size_t limit = kDefaultLimit;
};

Result<void> read_field(const std::string& field, const std::string& value, ListQuery& query) {
  Suppressor::Filter& filter = query.filter;
  if (field == "address") {
    auto address = MailAddress::parse(value);
    if (!address) return address.error();
    filter.address = std::move(*address);
  } else if (field == "domain") {
    const auto domain = Domain::parse(value);
    if (!domain) return domain.error();
    filter.domain = domain->ascii();
  } else if (field == "tenant") {
    filter.tenant = value;
  } else if (field == "stream") {
    filter.stream = value;
  } else if (field == "reason") {
    filter.reason = parse_suppression_reason(value);
    if (!filter.reason) return bad_request("there is no reason \"" + value + "\"");
  } else if (field == "everybody") {
    filter.includes_everybody = value == "true";
  } else if (field == "expired") {
    filter.includes_expired = value == "true";
  } else if (field == "from") {
    auto from = from_hex(value);
    if (!from) return from.error();
    query.from = std::move(*from);
  } else if (field == "limit") {
    const auto limit = read_number(value, 1, std::numeric_limits<std::size_t>::max());
    if (!limit) return bad_request("limit \"" + value + "\" is no number: give one from 1 on");
    query.limit = std::min(*limit, kMaxLimit);
  } else {
    return bad_request("there is no field \"" + field +
                       "\" here: use address, domain, tenant, stream, reason, everybody, expired, "
                       "from, limit");
  }
  return {};
}

asio::awaitable<HttpResponse> list(Suppressor* suppressor, HttpRequest request) {
  ListQuery query;
  for (const auto& [field, value] : request.query) {
    const auto read = read_field(field, value, query);
    if (!read) co_return HttpResponse::failure(400, read.error().message());
  }
  const auto page = co_await suppressor->list(query.filter, query.from, query.limit);
  if (!page) co_return HttpResponse::failure(500, page.error().message());
  ordered_json entries = ordered_json::array();
  for (const Suppression& entry : page->entries) entries.push_back(to_json(entry));
  const ordered_json body = {{"suppressions", std::move(entries)}, {"next", to_hex(page->next)}};
  co_return HttpResponse{200, json_line(body)};
}

// A field of text; "" where there is none.
Result<std::string> text_of(const ordered_json& json, const char* field) {
  const auto known = json.find(field);
  if (known == json.end() || known->is_null()) return std::string();
  if (!known->is_string()) return bad_request(std::string(field) + " must be text");
  auto text = known->get<std::string>();
  if (!is_plain(text)) return bad_request(std::string(field) + " has a control character");
  if (text.size() > kMaxText) return bad_request(std::string(field) + " is longer than 500 octets");
  return text;
}

Result<std::optional<WallTime>> time_of(const ordered_json& json, const char* field) {
  const auto known = json.find(field);
  if (known == json.end() || known->is_null()) return std::optional<WallTime>();
  // As far as an entry can tell.
  const bool is_right = known->is_number_integer() && known->get<std::int64_t>() >= 0 &&
                        known->get<std::int64_t>() <= UINT32_MAX;
  if (!is_right) return bad_request(std::string(field) + " must be seconds from 1970 to 2106");
  return std::optional(WallTime(std::chrono::seconds(known->get<std::int64_t>())));
}

Result<Suppression> read_entry(const ordered_json& json, WallTime now) {
  if (!json.is_object()) return bad_request("an entry must be an object");
  const auto address = text_of(json, "address");
  const auto reason = text_of(json, "reason");
  auto tenant = text_of(json, "tenant");
  auto stream = text_of(json, "stream");
  auto text = text_of(json, "text");
  const std::initializer_list<const Result<std::string>*> texts{&address, &reason, &tenant, &stream,
                                                                &text};
  for (const Result<std::string>* one : texts) {
    if (!*one) return one->error();
  }
  const auto since = time_of(json, "since");
  const auto until = time_of(json, "until");
  if (!since) return since.error();
  if (!until) return until.error();
  auto parsed = MailAddress::parse(*address);
  if (!parsed) return parsed.error();
  const auto kind = parse_suppression_reason(reason->empty() ? "manual" : *reason);
  if (!kind) {
    return bad_request("there is no reason \"" + *reason +
                       "\": use hard_bounce, soft_bounces, complaint, unsubscribe or manual");
  }
  Suppression entry;
  entry.address = std::move(*parsed);
  entry.tenant = TenantId(std::move(*tenant));
  entry.stream = std::move(*stream);
  entry.reason = *kind;
  entry.since = since->value_or(now);
  entry.until = *until;
  entry.text = std::move(*text);
  if (entry.until && *entry.until <= entry.since) return bad_request("until is not after since");
  return entry;
}

asio::awaitable<HttpResponse> add(Suppressor* suppressor, HttpRequest request) {
  const auto body = ordered_json::parse(request.body, nullptr, false);
  const bool is_right = body.is_object() && body.contains("entries") && body["entries"].is_array();
  if (!is_right) {
    co_return HttpResponse::failure(400, "the body is not {\"entries\": […]}: send JSON");
  }
  if (body["entries"].size() > kMaxEntries) {
    co_return HttpResponse::failure(413, "more than 100000 entries: send several requests");
  }
  std::vector<Suppression> entries;
  ordered_json errors = ordered_json::array();
  std::size_t line = 0;
  for (const ordered_json& one : body["entries"]) {
    ++line;
    auto entry = read_entry(one, suppressor->now());
    if (entry) {
      entries.push_back(std::move(*entry));
      continue;
    }
    ordered_json where = line;
    if (one.is_object() && one.contains("line")) where = one["line"];
    errors.push_back({{"line", std::move(where)}, {"error", entry.error().detail}});
  }
  const std::size_t count = entries.size();
  if (count > 0) {
    const Result<void> written = co_await suppressor->add(std::move(entries));
    if (!written) co_return HttpResponse::failure(500, written.error().message());
  }
  const ordered_json answer = {{"added", count}, {"errors", std::move(errors)}};
  co_return HttpResponse{200, json_line(answer)};
}

asio::awaitable<HttpResponse> remove(Suppressor* suppressor, HttpRequest request) {
  for (const auto& [field, value] : request.query) {
    if (field == "address" || field == "tenant" || field == "stream") continue;
    co_return HttpResponse::failure(
        400, "there is no field \"" + field + "\" here: use address, tenant, stream");
  }
  auto address = MailAddress::parse(request.field("address"));
  if (!address) co_return HttpResponse::failure(400, address.error().message());
  Suppressor::Question question{std::move(*address), TenantId(request.field("tenant")),
                                request.field("stream")};
  const Result<bool> removed = co_await suppressor->remove(std::move(question));
  if (!removed) co_return HttpResponse::failure(500, removed.error().message());
  const ordered_json body = {{"removed", *removed}};
  co_return HttpResponse{200, json_line(body)};
}

}  // namespace

void add_suppressions_api(HttpRouter& router, Suppressor& suppressor) {
  Suppressor* const target = &suppressor;
  router.add("GET", "/api/v1/suppressions",
             [target](HttpRequest request) { return list(target, std::move(request)); });
  router.add("POST", "/api/v1/suppressions",
             [target](HttpRequest request) { return add(target, std::move(request)); });
  router.add("POST", "/api/v1/suppressions/remove",
             [target](HttpRequest request) { return remove(target, std::move(request)); });
}

}  // namespace posthaste
