#include "identity/transport/tls_report_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/url/decode_view.hpp>
#include <boost/url/pct_string_view.hpp>
#include <iterator>
#include <utility>

#include "mail/address.h"
#include "platform/io/run_all.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr auto kRound = 1h;
// RFC 8460 §5.5: a report is tried again for so long after its first time.
constexpr auto kRetry = 24h;
// Domains at one time: one whose receiver is slow holds up no more than its own place.
constexpr std::size_t kAtOnce = 8;

}  // namespace

std::string mailto_address(std::string_view uri) {
  constexpr std::string_view kScheme = "mailto:";
  if (!uri.starts_with(kScheme)) return {};
  uri.remove_prefix(kScheme.size());
  const auto text = boost::urls::make_pct_string_view(uri.substr(0, uri.find('?')));
  if (!text) return {};
  const boost::urls::decode_view decoded(*text);
  std::string address(decoded.begin(), decoded.end());
  return MailAddress::parse(address) ? address : std::string();
}

bool is_tls_report_uri(std::string_view uri) {
  return uri.starts_with("https://") || !mailto_address(uri).empty();
}

// What one call of send() has to do, and has done.
struct TlsReportSender::Round {
  std::vector<TlsDay> days;
  std::vector<std::vector<TlsReportDelivery>> deliveries = {};  // one of each day
  std::size_t next = 0;
};

asio::awaitable<void> TlsReportSender::run() {
  while (true) {
    const WallTime now = parts_.clock.wall();
    const auto today = std::chrono::floor<days>(now);
    if (now - today >= parts_.delay) (void)co_await send(today);
    co_await parts_.clock.sleep_until(parts_.clock.now() + kRound);
  }
}

asio::awaitable<std::vector<TlsReportDelivery>> TlsReportSender::send(std::chrono::sys_days end) {
  std::vector<TlsReportDelivery> all;
  if (std::exchange(is_sending_, true)) co_return all;
  // Also when the caller is cancelled in the midst of it.
  struct Done {
    bool& is_sending;
    ~Done() { is_sending = false; }
  } done{is_sending_};
  Round round{.days = parts_.book.days_before(end)};
  round.deliveries.resize(round.days.size());
  std::vector<asio::awaitable<void>> places;
  for (std::size_t i = 0; i < std::min(kAtOnce, round.days.size()); ++i) {
    places.push_back(send_some(round));
  }
  co_await run_all(std::move(places));
  for (std::vector<TlsReportDelivery>& some : round.deliveries) {
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  co_return all;
}

asio::awaitable<void> TlsReportSender::send_some(Round& round) {
  while (round.next < round.days.size()) {
    const std::size_t mine = round.next++;
    round.deliveries[mine] = co_await send_day(std::move(round.days[mine]));
  }
}

asio::awaitable<std::vector<TlsReportDelivery>> TlsReportSender::send_day(TlsDay day) {
  std::vector<TlsReportDelivery> deliveries;
  const WallTime now = parts_.clock.wall();
  const bool is_old = now >= WallTime(day.day + days(1)) + parts_.delay + kRetry;
  const DnsResult record =
      co_await parts_.resolver.lookup("_smtp._tls." + day.domain, RecordType::txt);
  std::vector<std::string> texts = record.strings();
  std::erase_if(texts, [](const std::string& text) { return !is_tls_rpt_record(text); });
  // RFC 8460 §3: several records are none.
  std::optional<std::vector<std::string>> uris;
  if (texts.size() == 1) uris = parse_tls_rpt_record(texts.front());
  if (!uris) {
    deliveries.push_back({day.domain, "", "", record.why});
    if (!record.is_temporary_failure() || is_old) parts_.book.remove(day);
    co_return deliveries;
  }
  const std::string unique = fmt::format("{:x}.{}", now.time_since_epoch().count(), ++sent_);
  const TlsReport report = make_tls_report(day, parts_.author, now, unique);
  bool is_taken = false;
  for (const std::string& uri : *uris) {
    const Result<void> sent = co_await deliver(uri, report);
    is_taken = is_taken || sent;
    deliveries.push_back({day.domain, report.id, uri, sent ? "" : sent.error().message()});
  }
  if (is_taken || is_old) parts_.book.remove(day);
  co_return deliveries;
}

asio::awaitable<Result<void>> TlsReportSender::deliver(std::string uri, const TlsReport& report) {
  if (!is_tls_report_uri(uri)) {
    co_return Error{make_error_code(boost::system::errc::invalid_argument),
                    "it is neither a mailto: nor an https: address"};
  }
  if (const std::string address = mailto_address(uri); !address.empty()) {
    std::string mail = make_tls_report_mail(report, parts_.author, address, parts_.clock.wall());
    co_return co_await parts_.mail(address, std::move(mail));
  }
  // RFC 8460 §5.4
  HttpsRequest request;
  request.method = "POST";
  request.url = uri;
  request.headers.emplace_back("Content-Type", "application/tlsrpt+gzip");
  request.body = report.gzip;
  const Result<HttpsAnswer> answer = co_await parts_.fetch(std::move(request));
  if (!answer) co_return answer.error();
  if (answer->status / 100 != 2) {
    co_return Error{asio::error::connection_refused,
                    fmt::format("the server answers {}", answer->status)};
  }
  co_return Result<void>();
}

}  // namespace posthaste
