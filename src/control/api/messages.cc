// GET /api/v1/messages/{id}/trace: {"message_id", "events": […]}
#include "control/api/api.h"

namespace posthaste {

namespace asio = boost::asio;

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

}  // namespace

void add_messages_api(HttpRouter& router, Operations& operations) {
  Operations* const target = &operations;
  router.add("GET", "/api/v1/messages/{id}/trace",
             [target](HttpRequest request) { return trace(target, std::move(request)); });
}

}  // namespace posthaste
