// GET /api/v1/reputation: what blocklists and providers say of sources and domains; with ?days=N
// the last days, too.
#include <string>
#include <utility>

#include "control/api/api.h"
#include "control/api/queue_query.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t kMostDays = 90;

ordered_json to_json(const ReputationView::Entry& entry, std::size_t days) {
  ordered_json json = posthaste::to_json(entry.subject);
  for (ordered_json& listing : json["listings"]) listing.erase("since_micros");
  if (days == 0) return json;
  ordered_json history = ordered_json::array();
  const std::size_t count = entry.history.size();
  for (std::size_t i = count > days ? count - days : 0; i < count; ++i) {
    history.push_back(ordered_json::parse(entry.history[i], nullptr, false));
  }
  json["history"] = std::move(history);
  return json;
}

asio::awaitable<HttpResponse> show(const std::function<ReputationView::Shared()>* view,
                                   HttpRequest request) {
  const std::string text = request.field("days");
  const auto number = read_number(text, 1, kMostDays);
  if (!text.empty() && !number) {
    co_return HttpResponse::failure(400, "days: \"" + text + "\" is none: give 1 to 90");
  }
  const std::size_t days = number.value_or(0);
  const ReputationView::Shared now = (*view)();
  ordered_json subjects = ordered_json::array();
  for (const ReputationView::Entry& entry : now->entries) subjects.push_back(to_json(entry, days));
  ordered_json providers = ordered_json::object();
  for (const auto& [provider, outcome] : now->outcomes) {
    ordered_json one = {{"up", outcome.error.empty()}};
    if (!outcome.error.empty()) one["error"] = outcome.error;
    if (outcome.succeeded) one["succeeded"] = to_rfc3339(*outcome.succeeded);
    providers[provider] = std::move(one);
  }
  const ordered_json body = {{"reputation", subjects}, {"providers", providers}};
  co_return HttpResponse{200, json_line(body)};
}

}  // namespace

void add_reputation_api(HttpRouter& router, std::function<ReputationView::Shared()> view) {
  // The handler is copied with each request that it answers; what it asks is not.
  const auto shared =
      std::make_shared<const std::function<ReputationView::Shared()>>(std::move(view));
  router.add("GET", "/api/v1/reputation",
             [shared](HttpRequest request) { return show(shared.get(), std::move(request)); });
}

}  // namespace posthaste
