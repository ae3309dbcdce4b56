// What stops, ends or moves mail. Filters as in queues.cc; ?dry_run=true counts and does nothing.
//
// GET  /api/v1/queues/suspensions
// POST /api/v1/queues/suspend      ?duration= reason=   without a duration: until it is resumed
// POST /api/v1/queues/resume
// POST /api/v1/queues/bounce       ?reason= notify=true
// POST /api/v1/queues/rebind       ?to=
// GET  /api/v1/queues/orders       bounces and rebinds that are not done yet
#include <utility>

#include "control/api/api.h"
#include "control/api/queue_query.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::ordered_json;

namespace {

using Touched = QueueManager::Touched;

HttpResponse touched_response(const Touched& touched, bool is_dry_run) {
  const ordered_json body = {
      {"queues", touched.queues}, {"messages", touched.messages}, {"dry_run", is_dry_run}};
  return {200, json_line(body)};
}

// What bounces or moves mail is looked up by queues; where mail would leave from is not known then.
std::string wrong_for_order(const MailScope& scope) {
  if (!scope.source.empty() || !scope.site.empty() || !scope.provider.empty()) {
    return "mail that waits has no source, site or provider yet: use domain, tenant, campaign, "
           "pool or queue";
  }
  return "";
}

asio::awaitable<HttpResponse> suspend(Operations* operations, HttpRequest request) {
  const auto query = QueueQuery::read(request, {"duration", "reason", "dry_run"}, 1);
  if (!query) co_return HttpResponse::failure(400, query.error().message());
  Suspension suspension;
  suspension.scope = query->filter.scope;
  suspension.by = "operator";
  suspension.reason = query->other("reason");
  const std::string duration = query->other("duration");
  if (!duration.empty()) {
    const auto parsed = parse_duration(duration);
    if (!parsed) co_return HttpResponse::failure(400, "duration: " + parsed.error().message());
    suspension.until = operations->now() + std::chrono::duration_cast<WallTime::duration>(*parsed);
  }
  if (query->other("dry_run") == "true") {
    const Touched touched = co_await operations->count(suspension.scope);
    co_return touched_response(touched, true);
  }
  const auto touched = co_await operations->suspend(std::move(suspension));
  if (!touched) co_return HttpResponse::failure(500, touched.error().message());
  co_return touched_response(*touched, false);
}

asio::awaitable<HttpResponse> resume(Operations* operations, HttpRequest request) {
  const auto query = QueueQuery::read(request, {}, 1);
  if (!query) co_return HttpResponse::failure(400, query.error().message());
  const auto count = co_await operations->resume(query->filter.scope);
  if (!count) co_return HttpResponse::failure(500, count.error().message());
  const ordered_json body = {{"suspensions", *count}};
  co_return HttpResponse{200, json_line(body)};
}

asio::awaitable<HttpResponse> suspensions(Operations* operations, HttpRequest) {
  const auto found = co_await operations->suspensions();
  ordered_json list = ordered_json::array();
  for (const Suspension& one : found) {
    ordered_json json = {{"scope", to_json(one.scope)}, {"since", to_rfc3339(one.since)}};
    if (one.until) json["until"] = to_rfc3339(*one.until);
    json["by"] = one.by;
    json["reason"] = one.reason;
    list.push_back(std::move(json));
  }
  const ordered_json body = {{"suspensions", list}};
  co_return HttpResponse{200, json_line(body)};
}

asio::awaitable<HttpResponse> give_order(Operations* operations, HttpRequest request,
                                         QueueOrder order) {
  const auto query = QueueQuery::read(request, {"reason", "notify", "to", "dry_run"}, 1);
  if (!query) co_return HttpResponse::failure(400, query.error().message());
  order.scope = query->filter.scope;
  const std::string wrong = wrong_for_order(order.scope);
  if (!wrong.empty()) co_return HttpResponse::failure(400, wrong);
  if (query->filter.empty()) {
    co_return HttpResponse::failure(400, "this would be all mail there is: give a filter");
  }
  order.reason = query->other("reason");
  if (order.reason.empty()) order.reason = "ended by an operator";
  order.notifies = query->other("notify") == "true";
  order.to = query->other("to");
  if (order.kind == QueueOrder::Kind::rebind && order.to.empty()) {
    co_return HttpResponse::failure(400, "rebind to what: give to=REMOTE_QUEUE");
  }
  if (query->other("dry_run") == "true") {
    const Touched touched = co_await operations->count(order.scope);
    co_return touched_response(touched, true);
  }
  const auto touched = co_await operations->order(std::move(order));
  if (!touched) co_return HttpResponse::failure(400, touched.error().message());
  co_return touched_response(*touched, false);
}

asio::awaitable<HttpResponse> orders(Operations* operations, HttpRequest) {
  const auto found = co_await operations->orders();
  ordered_json list = ordered_json::array();
  for (const QueueOrder& one : found) {
    const bool is_bounce = one.kind == QueueOrder::Kind::bounce;
    ordered_json json = {{"order", is_bounce ? "bounce" : "rebind"},
                         {"scope", to_json(one.scope)},
                         {"given", to_rfc3339(one.given)}};
    if (is_bounce) {
      json["reason"] = one.reason;
    } else {
      json["to"] = one.to;
    }
    list.push_back(std::move(json));
  }
  const ordered_json body = {{"orders", list}};
  co_return HttpResponse{200, json_line(body)};
}

}  // namespace

void add_queue_orders_api(HttpRouter& router, Operations& operations) {
  Operations* const target = &operations;
  router.add("GET", "/api/v1/queues/suspensions",
             [target](HttpRequest request) { return suspensions(target, std::move(request)); });
  router.add("POST", "/api/v1/queues/suspend",
             [target](HttpRequest request) { return suspend(target, std::move(request)); });
  router.add("POST", "/api/v1/queues/resume",
             [target](HttpRequest request) { return resume(target, std::move(request)); });
  router.add("POST", "/api/v1/queues/bounce", [target](HttpRequest request) {
    QueueOrder order;
    order.kind = QueueOrder::Kind::bounce;
    return give_order(target, std::move(request), std::move(order));
  });
  router.add("POST", "/api/v1/queues/rebind", [target](HttpRequest request) {
    QueueOrder order;
    order.kind = QueueOrder::Kind::rebind;
    return give_order(target, std::move(request), std::move(order));
  });
  router.add("GET", "/api/v1/queues/orders",
             [target](HttpRequest request) { return orders(target, std::move(request)); });
}

}  // namespace posthaste
