#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "identity/transport/tls_report_book.h"
#include "identity/transport/tls_report_document.h"
#include "platform/dns/resolver.h"
#include "platform/http/https_client.h"

namespace posthaste {

// What became of one report, or of one of its addresses.
struct TlsReportDelivery {
  std::string domain;
  std::string report_id;
  std::string uri;      // "": the domain asks for no report
  std::string problem;  // "": it is on its way
};

// Sends to each recipient domain that asks for it (RFC 8460 §3) what the book says of the days that
// are over, a few domains at one time, and takes it out of the book. A report that nobody takes is
// tried again every hour for a day.
//
// Lives on one loop, that of who calls it; one call of send() at a time.
class TlsReportSender {
 public:
  using Fetch = std::function<boost::asio::awaitable<Result<HttpsAnswer>>(HttpsRequest)>;
  // Signs and queues a mail.
  using Mail = std::function<boost::asio::awaitable<Result<void>>(std::string recipient,
                                                                  std::string message)>;
  struct Parts {
    TlsReportBook& book;
    Resolver& resolver;
    Clock& clock;
    Fetch fetch;
    Mail mail;
    TlsReportAuthor author;
    // How long after midnight, UTC: RFC 8460 §4.1 asks not to send all at once.
    std::chrono::seconds delay{0};
  };
  explicit TlsReportSender(Parts parts) : parts_(std::move(parts)) {}

  // Every hour what is due. Ends when cancelled.
  boost::asio::awaitable<void> run();

  // All days before `end`. A second call while one runs does nothing.
  boost::asio::awaitable<std::vector<TlsReportDelivery>> send(std::chrono::sys_days end);

 private:
  struct Round;
  boost::asio::awaitable<void> send_some(Round& round);
  boost::asio::awaitable<std::vector<TlsReportDelivery>> send_day(TlsDay day);
  boost::asio::awaitable<Result<void>> deliver(std::string uri, const TlsReport& report);

  Parts parts_;
  std::uint64_t sent_ = 0;
  bool is_sending_ = false;
};

// Whether reports can be sent there (RFC 8460 §3): "mailto:" an address, or "https:".
bool is_tls_report_uri(std::string_view uri);
// The address of a "mailto:" URI (RFC 6068 §2); "" when it is none.
std::string mailto_address(std::string_view uri);

}  // namespace posthaste
