// GET /api/v1/warmup: where each source stands in its warm-up, by provider.
#include <string>
#include <utility>

#include "control/api/api.h"
#include "control/api/queue_query.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::ordered_json;

namespace {

ordered_json to_json(const WarmupBook::Status& status) {
  ordered_json json = {{"source", status.source},
                       {"provider", nullptr},
                       {"state", "not begun"},
                       {"reason", status.reason},
                       {"day", status.day},
                       {"days", status.days},
                       {"cap", nullptr},
                       {"source_cap", nullptr},
                       {"sent", status.sent},
                       {"share", status.share},
                       {"line", status.where.to_string()}};
  if (status.has_begun) {
    json["provider"] = status.provider.empty() ? "others" : status.provider;
    json["state"] = std::string(to_string(status.state));
  }
  if (status.cap) json["cap"] = *status.cap;
  if (status.source_cap) json["source_cap"] = *status.source_cap;
  if (status.closed_until) json["closed_until"] = to_rfc3339(*status.closed_until);
  const WarmupTally& window = status.window;
  json["window"] = {{"attempts", window.attempts}, {"delivered", window.delivered},
                    {"hard_bounces", window.hard}, {"deferred", window.deferred},
                    {"blocked", window.blocked},   {"complaints", window.complaints}};
  return json;
}

asio::awaitable<HttpResponse> show(Operations* operations, HttpRequest) {
  const auto all = co_await operations->warmup();
  ordered_json list = ordered_json::array();
  for (const WarmupBook::Status& one : all) list.push_back(to_json(one));
  const ordered_json body = {{"warmup", list}};
  co_return HttpResponse{200, json_line(body)};
}

}  // namespace

void add_warmup_api(HttpRouter& router, Operations& operations) {
  Operations* const target = &operations;
  router.add("GET", "/api/v1/warmup",
             [target](HttpRequest request) { return show(target, std::move(request)); });
}

}  // namespace posthaste
