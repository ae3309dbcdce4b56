// GET /api/v1/messages/{id}/trace: {"message_id", "events": […]}
// GET /api/v1/messages/{id}/explain: {"message_id", "waiting": […]}, why it is where it is
#include "control/api/api.h"
#include "control/api/queue_query.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::ordered_json;

namespace {

asio::awaitable<HttpResponse> trace(Operations* operations, HttpRequest request) {
  const auto id = MessageId::parse(request.params["id"]);
  if (!id) co_return HttpResponse::failure(400, id.error().message());
  const auto events = co_await operations->trace(*id);
  if (!events) co_return HttpResponse::failure(500, events.error().message());
  if (events->empty()) {
    co_return HttpResponse::failure(404, "nothing is known of message " + id->to_string());
  }
  std::string body = "{\"message_id\":\"" + id->to_string() + "\",\"events\":[";
  for (std::size_t i = 0; i < events->size(); ++i) {
    if (i > 0) body += ",";
    body += (*events)[i].to_json();
  }
  co_return HttpResponse{200, body + "]}\n"};
}

ordered_json to_json(const MessageExplanation& one) {
  const QueuedMessage& message = one.message;
  ordered_json recipients = ordered_json::array();
  for (const Recipient& recipient : message.envelope.recipients) {
    recipients.push_back(recipient.address.smtp_form());
  }
  ordered_json json = {{"recipients", recipients},
                       {"queue", message.queue.to_string()},
                       {"remote_queue", message.queue.remote_queue},
                       {"attempts", message.attempts},
                       {"due", to_rfc3339(message.due)}};
  if (!message.last_response.empty()) json["last_response"] = message.last_response;
  if (!message.wish.only.empty()) json["only_source"] = message.wish.only;
  if (!one.queue) return json;
  const QueueManager::Explanation& queue = *one.queue;
  json["pool"] = queue.pool;
  json["site"] = queue.state.site.value();
  if (!queue.provider.empty()) json["provider"] = queue.provider;
  if (!queue.state.waits_for.empty()) json["queue_waits_for"] = queue.state.waits_for;
  ordered_json ways = ordered_json::array();
  for (const auto& way : queue.ways) {
    ordered_json source = {{"source", way.source.value()}, {"may_go", !way.refusal}};
    if (way.refusal) {
      source["waits_for"] = way.refusal->limit;
      const std::string where = way.refusal->where.to_string();
      if (way.refusal->where.line > 0) source["line"] = where;
    }
    if (way.until) source["until"] = to_rfc3339(*way.until);
    ways.push_back(std::move(source));
  }
  json["sources"] = ways;
  return json;
}

asio::awaitable<HttpResponse> explain(Operations* operations, HttpRequest request) {
  const auto id = MessageId::parse(request.params["id"]);
  if (!id) co_return HttpResponse::failure(400, id.error().message());
  const auto found = co_await operations->explain(*id);
  if (!found) co_return HttpResponse::failure(500, found.error().message());
  if (found->empty()) {
    co_return HttpResponse::failure(
        404, "no mail of message " + id->to_string() + " waits here: see its trace");
  }
  ordered_json waiting = ordered_json::array();
  for (const MessageExplanation& one : *found) waiting.push_back(to_json(one));
  const ordered_json body = {{"message_id", id->to_string()}, {"waiting", waiting}};
  co_return HttpResponse{200, json_line(body)};
}

}  // namespace

void add_messages_api(HttpRouter& router, Operations& operations) {
  Operations* const target = &operations;
  router.add("GET", "/api/v1/messages/{id}/trace",
             [target](HttpRequest request) { return trace(target, std::move(request)); });
  router.add("GET", "/api/v1/messages/{id}/explain",
             [target](HttpRequest request) { return explain(target, std::move(request)); });
}

}  // namespace posthaste
