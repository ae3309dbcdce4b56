// GET /api/v1/rates: the shares of bounces, deferrals and complaints, alerts first; ?scope=S only
// those of sources, providers, tenants, campaigns or cells, ?limit=N so many at most.
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "control/api/api.h"
#include "control/api/queue_query.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t kUsual = 100;
constexpr std::size_t kMost = 100'000;

ordered_json to_json(const RateRow& row) {
  ordered_json json = {{"scope", std::string(to_string(row.subject.scope))},
                       {"name", row.subject.name}};
  if (row.subject.scope == RateScope::campaign) json["tenant"] = row.subject.owner;
  if (row.subject.scope == RateScope::cell) {
    json["name"] = row.subject.owner + "/" + row.subject.name;
    json["source"] = row.subject.owner;
    json["provider"] = row.subject.name;
  }
  json["rate"] = std::string(to_string(row.kind));
  json["window"] = to_string(row.window);
  json["count"] = row.sum.part;
  json["of"] = row.sum.whole;
  json["share"] = row.sum.share();
  json["measured"] = measured_share(row.sum);
  json["min_count"] = row.min_count;
  json["warn"] = row.warn.share();
  json["page"] = row.page.share();
  json["budget"] = row.budget == Percent() ? ordered_json() : ordered_json(row.budget.share());
  json["state"] = std::string(to_string(row.level));
  json["over_budget"] = row.is_over_budget;
  return json;
}

asio::awaitable<HttpResponse> show(const RateRowsOf* rows_of, HttpRequest request) {
  const std::string scope = request.field("scope");
  bool is_known = scope.empty();
  for (std::size_t i = 0; i < kRateScopes; ++i) {
    is_known = is_known || scope == to_string(static_cast<RateScope>(i));
  }
  if (!is_known) {
    co_return HttpResponse::failure(
        400, "scope: \"" + scope + "\" is none: give source, provider, tenant, campaign or cell");
  }
  const std::string text = request.field("limit");
  const auto number = read_number(text, 0, kMost);
  if (!text.empty() && !number) {
    co_return HttpResponse::failure(400, "limit: \"" + text + "\" is none: give a number");
  }
  const std::size_t limit = number.value_or(kUsual);
  const auto wants = [&scope](RateScope one, AlertLevel) {
    return scope.empty() || scope == to_string(one);
  };
  const std::vector<RateRow> rows = (*rows_of)(wants);
  ordered_json list = ordered_json::array();
  for (std::size_t i = 0; i < rows.size() && i < limit; ++i) list.push_back(to_json(rows[i]));
  const ordered_json body = {{"rates", list}, {"all", rows.size()}};
  co_return HttpResponse{200, json_line(body)};
}

}  // namespace

void add_rates_api(HttpRouter& router, RateRowsOf rows_of) {
  const auto shared = std::make_shared<const RateRowsOf>(std::move(rows_of));
  router.add("GET", "/api/v1/rates",
             [shared](HttpRequest request) { return show(shared.get(), std::move(request)); });
}

}  // namespace posthaste
