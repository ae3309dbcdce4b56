// GET /api/v1/reports/summary?domain=&days=30: who sends as us, and what fails since when.
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "control/api/api.h"
#include "control/api/queue_query.h"
#include "inbound/report/report_store.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kUsualDays = 30;
constexpr std::size_t kMostDays = 40'000;

Result<ReportSummary> read(const std::filesystem::path& path, const SummaryQuery& query) {
  auto store = ReportStore::open({path});
  if (!store) return store.error();
  return (*store)->summary(query);
}

asio::awaitable<HttpResponse> show(ReportsApiParts parts, HttpRequest request) {
  const std::string text = request.field("days");
  const auto days = text.empty() ? kUsualDays : read_number(text, 1, kMostDays);
  if (!days) {
    co_return HttpResponse::failure(400, "days is no number from 1 to 40000: correct it");
  }
  const auto since = parts.clock->wall() - std::chrono::days(*days);
  SummaryQuery query;
  query.domain = request.field("domain");
  query.since = std::chrono::floor<std::chrono::seconds>(since).time_since_epoch().count();
  std::function<Result<ReportSummary>()> work = [path = parts.database, query] {
    return read(path, query);
  };
  const auto summary = co_await parts.disk->run<Result<ReportSummary>>(std::move(work));
  if (!summary) co_return HttpResponse::failure(500, summary.error().message());
  co_return HttpResponse{200, json_line(to_json(*summary))};
}

}  // namespace

void add_reports_api(HttpRouter& router, ReportsApiParts parts) {
  router.add("GET", "/api/v1/reports/summary",
             [parts](HttpRequest request) { return show(parts, std::move(request)); });
}

}  // namespace posthaste
