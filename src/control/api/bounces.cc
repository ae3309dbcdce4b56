// GET /api/v1/bounces/unknown: the replies that no rule knew, the most frequent first.
#include <string>
#include <utility>

#include "control/api/api.h"
#include "control/api/queue_query.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::ordered_json;

namespace {

asio::awaitable<HttpResponse> show(std::vector<UnknownReplies::Kind> kinds) {
  ordered_json list = ordered_json::array();
  for (const UnknownReplies::Kind& kind : kinds) {
    list.push_back({{"example", kind.example},
                    {"count", kind.count},
                    {"first", to_rfc3339(kind.first)},
                    {"last", to_rfc3339(kind.last)}});
  }
  const ordered_json body = {{"unknown", list}};
  co_return HttpResponse{200, json_line(body)};
}

}  // namespace

void add_bounces_api(HttpRouter& router, UnknownKinds unknown) {
  router.add("GET", "/api/v1/bounces/unknown",
             [unknown = std::move(unknown)](HttpRequest) { return show(unknown()); });
}

}  // namespace posthaste
