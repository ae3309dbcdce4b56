#include "reputation/snds.h"

#include <utility>

namespace posthaste {

namespace asio = boost::asio;

asio::awaitable<Result<std::string>> Snds::fetch(std::string path, std::string link) {
  if (api_) {
    auto answer = co_await api_->get(std::move(path));
    if (!answer) co_return answer.error();
    co_return std::move(answer->body);
  }
  HttpsRequest request;
  request.url = link;
  request.max_answer = 16 << 20;
  auto raw = co_await fetch_(std::move(request));
  if (!raw) co_return raw.error();
  auto answer = read_api_answer(link, *raw);
  if (!answer) co_return answer.error();
  co_return std::move(answer->body);
}

asio::awaitable<Result<Snds::Report>> Snds::report() {
  Report report;
  std::string data_path = "/api/report/data";
  auto data = co_await fetch(std::move(data_path), links_.data);
  if (!data) co_return data.error();
  auto rows = parse_snds_data(*data);
  if (!rows) co_return rows.error();
  report.rows = std::move(*rows);
  if (!api_ && links_.status.empty()) co_return report;
  std::string status_path = "/api/report/status/ip";
  auto status = co_await fetch(std::move(status_path), links_.status);
  if (!status) co_return status.error();
  auto ranges = parse_snds_status(*status);
  if (!ranges) co_return ranges.error();
  report.ranges = std::move(*ranges);
  co_return report;
}

}  // namespace posthaste
