// GET  /api/v1/queues           ?name= queue= domain= tenant= campaign= pool= site= limit=
// GET  /api/v1/queues/messages  ?name= limit=
// POST /api/v1/queues/flush     the same filters
#include <algorithm>

#include "control/api/api.h"
#include "control/api/queue_query.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t kDefaultLimit = 1000;
constexpr std::size_t kMaxLimit = 100'000;

ordered_json to_json(const QueueState& state) {
  ordered_json json = {{"queue", state.name.to_string()},
                       {"remote_queue", state.name.remote_queue},
                       {"tenant", state.name.tenant.value()},
                       {"campaign", state.name.campaign.value()},
                       {"domain", state.name.domain.ascii()},
                       {"depth", state.depth},
                       {"is_depth_exact", state.is_depth_exact},
                       {"in_memory", state.in_memory},
                       {"site", state.site.value()}};
  if (state.oldest) json["oldest"] = to_rfc3339(*state.oldest);
  if (state.next_due) json["next_due"] = to_rfc3339(*state.next_due);
  if (!state.waits_for.empty()) json["waits_for"] = state.waits_for;
  if (state.waits_until) json["waits_until"] = to_rfc3339(*state.waits_until);
  return json;
}

ordered_json to_json(const QueuedMessage& message) {
  ordered_json recipients = ordered_json::array();
  for (const Recipient& one : message.envelope.recipients) {
    recipients.push_back(one.address.smtp_form());
  }
  return {{"message_id", message.id.to_string()},
          {"sender", message.envelope.sender.smtp_form()},
          {"recipients", recipients},
          {"subject", message.facts.subject},
          {"size", message.size},
          {"accepted", to_rfc3339(message.accepted)},
          {"due", to_rfc3339(message.due)},
          {"attempts", message.attempts},
          {"last_response", message.last_response}};
}

ordered_json held_json(const Operations::Way& way) {
  ordered_json list = ordered_json::array();
  for (const Governor::HeldPace& one : way.held) {
    ordered_json json = {{"source", one.source}, {"towards", one.towards}, {"why", one.why}};
    if (one.rate) json["rate"] = *one.rate;
    if (one.connections) json["connections"] = *one.connections;
    list.push_back(std::move(json));
  }
  return list;
}

ordered_json changes_json(const Operations::Way& way) {
  ordered_json list = ordered_json::array();
  for (const Event& one : way.changes) {
    list.push_back(
        {{"time", to_rfc3339(one.time)}, {"source", one.source}, {"what", one.response}});
  }
  return list;
}

asio::awaitable<HttpResponse> list(Operations* operations, HttpRequest request) {
  const auto query = QueueQuery::read(request, {"limit"}, kDefaultLimit);
  if (!query) co_return HttpResponse::failure(400, query.error().message());
  const auto states = co_await operations->list(query->filter);
  const std::size_t limit = std::min(query->limit, kMaxLimit);
  std::uint64_t depth = 0;
  ordered_json queues = ordered_json::array();
  for (const QueueState& state : states) {
    depth += state.depth;
    if (queues.size() < limit) queues.push_back(to_json(state));
  }
  const ordered_json body = {{"count", states.size()}, {"depth", depth}, {"queues", queues}};
  co_return HttpResponse{200, json_line(body)};
}

asio::awaitable<HttpResponse> messages(Operations* operations, HttpRequest request) {
  const auto query = QueueQuery::read(request, {"limit"}, kDefaultLimit);
  if (!query) co_return HttpResponse::failure(400, query.error().message());
  const auto states = co_await operations->list(query->filter);
  if (states.empty()) {
    co_return HttpResponse::failure(404, "no queue of that name holds mail: see queue list");
  }
  const std::size_t limit = std::min<std::size_t>(query->limit, 1000);
  const auto found = co_await operations->messages(states.front().name, limit);
  if (!found) co_return HttpResponse::failure(500, found.error().message());
  ordered_json list = ordered_json::array();
  for (const QueuedMessage& message : *found) list.push_back(to_json(message));
  const auto way = co_await operations->way_of(states.front().name);
  const ordered_json body = {{"queue", to_json(states.front())},
                             {"held", held_json(way)},
                             {"limit_changes", changes_json(way)},
                             {"messages", list}};
  co_return HttpResponse{200, json_line(body)};
}

asio::awaitable<HttpResponse> flush(Operations* operations, HttpRequest request) {
  const auto query = QueueQuery::read(request, {"limit"}, kDefaultLimit);
  if (!query) co_return HttpResponse::failure(400, query.error().message());
  const std::size_t count = co_await operations->flush(query->filter);
  const ordered_json body = {{"queues", count}};
  co_return HttpResponse{200, json_line(body)};
}

}  // namespace

void add_queues_api(HttpRouter& router, Operations& operations) {
  Operations* const target = &operations;
  router.add("GET", "/api/v1/queues",
             [target](HttpRequest request) { return list(target, std::move(request)); });
  router.add("GET", "/api/v1/queues/messages",
             [target](HttpRequest request) { return messages(target, std::move(request)); });
  router.add("POST", "/api/v1/queues/flush",
             [target](HttpRequest request) { return flush(target, std::move(request)); });
}

}  // namespace posthaste
