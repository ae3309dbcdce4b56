// GET /healthz: the process runs. GET /readyz: it takes mail. GET /metrics: Prometheus text.
#include "control/api/api.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

asio::awaitable<HttpResponse> answer(HttpResponse response) {
  co_return response;
}

HttpResponse readiness(const Operations& operations) {
  if (operations.is_accepting()) return {200, "ready\n", "text/plain"};
  return {503, "not ready: " + operations.refusal() + "\n", "text/plain"};
}

}  // namespace

void add_health_api(HttpRouter& router, Operations& operations, Metrics& metrics) {
  router.add(
      "GET", "/healthz",
      [](HttpRequest) {
        return answer({200, "ok\n", "text/plain"});
      },
      HttpRouter::Access::open);
  router.add(
      "GET", "/readyz", [target = &operations](HttpRequest) { return answer(readiness(*target)); },
      HttpRouter::Access::open);
  router.add("GET", "/metrics", [target = &metrics](HttpRequest) {
    return answer({200, target->expose(), "text/plain; version=0.0.4"});
  });
}

}  // namespace posthaste
