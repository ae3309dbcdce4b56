// POST /api/v1/tls-reports: sends the TLS reports of what is counted until now.
#include <string>
#include <utility>

#include "control/api/api.h"
#include "control/api/queue_query.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::ordered_json;

namespace {

asio::awaitable<HttpResponse> send(SendTlsReports send_now, HttpRequest) {
  const auto deliveries = co_await send_now();
  if (!deliveries) co_return HttpResponse::failure(503, deliveries.error().message());
  ordered_json list = ordered_json::array();
  for (const TlsReportDelivery& one : *deliveries) {
    ordered_json entry{{"domain", one.domain}, {"report_id", one.report_id}, {"uri", one.uri}};
    if (!one.problem.empty()) entry["problem"] = one.problem;
    list.push_back(std::move(entry));
  }
  const ordered_json body = {{"reports", list}};
  co_return HttpResponse{200, json_line(body)};
}

}  // namespace

void add_tls_reports_api(HttpRouter& router, SendTlsReports send_now) {
  router.add("POST", "/api/v1/tls-reports",
             [send_now](HttpRequest request) { return send(send_now, std::move(request)); });
}

}  // namespace posthaste
