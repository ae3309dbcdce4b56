#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "deliver/tls_config.h"
#include "deliver/tls_policy.h"
#include "identity/transport/mta_sts_cache.h"
#include "identity/transport/tls_report_book.h"
#include "identity/transport/tls_report_sender.h"
#include "platform/http/https_client.h"
#include "platform/io/task_group.h"
#include "platform/log.h"
#include "platform/metrics.h"
#include "route/tls_terms.h"
#include "spool/spool.h"

namespace posthaste {

// What the server knows of TLS with others beside the connections themselves: the terms of
// recipient domains (tls_policy blocks, MTA-STS), and the reports of what came of them. What must
// outlive a restart is in the spool's state.
class TransportSecurity final : public TlsTermsSource {
 public:
  struct Parts {
    Resolver& dns;
    Clock& clock;
    Spool& spool;
    Metrics& metrics;
    TaskGroup& tasks;  // of the queue loop
    Log log;
    std::string hostname;
    TlsReportSender::Mail mail;
  };
  // What the blocks say; replaced by a reload.
  struct Settings {
    TlsConfig tls;
    std::vector<TlsPolicyConfig> policies;
  };
  // Errors: the spool cannot be read, or the tls block's ca_file.
  static Result<std::unique_ptr<TransportSecurity>> create(Parts parts, Settings settings);

  // Renews policies and sends reports from now on. On the queue loop.
  void start();
  // Keeps what was counted. Any thread.
  void flush() { book_.flush(); }
  // For domains that are looked up from now on. What wants a restart comes back, a line at most.
  std::vector<std::string> reload(Settings settings);

  boost::asio::awaitable<std::shared_ptr<const TlsTerms>> terms_for(std::string domain) override;
  TlsSessionObserver observer();
  // Null where the tls block turned DANE off at the start.
  Resolver* dane();

  // Sends what is counted until now, today included. Any loop; nothing where reports are off. An
  // error: the server stops.
  using Deliveries = std::vector<TlsReportDelivery>;
  boost::asio::awaitable<Result<Deliveries>> report_now();
  // On the queue loop, before its tasks are cancelled: nothing is sent from now on.
  void stop() { is_stopped_ = true; }

 private:
  TransportSecurity(Parts parts, Settings settings,
                    std::unique_ptr<boost::asio::ssl::context> trust);
  boost::asio::awaitable<Result<HttpsAnswer>> fetch(HttpsRequest request);
  boost::asio::awaitable<void> keep_counts();
  void keep(std::string key, std::optional<std::string> value);
  void note(const TlsSession& session, const std::vector<std::string>& domains);
  void count(TlsSession session, const std::string& domain);
  void note_fetch_failure(const std::string& domain, const MtaStsAnswer& answer);
  bool sends_reports() const { return started_.reports && !author_.contact.empty(); }

  std::shared_ptr<const Settings> settings() const {
    return settings_.with([](const auto& current) { return current; });
  }

  Parts parts_;
  Guarded<std::shared_ptr<const Settings>> settings_;
  const TlsConfig started_;  // what the start took of the tls block
  std::unique_ptr<boost::asio::ssl::context> trust_;
  HttpsClient https_;
  TlsReportBook book_;
  MtaStsCache policies_;
  TlsReportAuthor author_;
  TlsReportSender sender_;
  bool is_stopped_ = false;  // of the queue loop
};

}  // namespace posthaste
