#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <vector>

#include "classify/unknown_replies.h"
#include "control/operations.h"
#include "identity/transport/tls_report_sender.h"
#include "inbound/unsubscriber.h"
#include "platform/http/http_message.h"
#include "platform/metrics.h"
#include "report/event_tally.h"
#include "report/outcome_rates.h"
#include "reputation/reputation_view.h"
#include "route/suppressor.h"

namespace posthaste {

// One function a resource, each in the file of its name: adds its routes to the router.
// What they reference outlives the router.
void add_queues_api(HttpRouter& router, Operations& operations);
void add_queue_orders_api(HttpRouter& router, Operations& operations);
void add_messages_api(HttpRouter& router, Operations& operations);
// What the overview is made of; `tally` lives on the router's loop.
struct OverviewParts {
  QueueManager& manager;
  Governor& governor;
  const EventTally& tally;
  Clock& clock;
  boost::asio::any_io_executor queue_loop;
  std::function<std::size_t()> open_connections;  // to other servers; any thread
};
void add_overview_api(HttpRouter& router, OverviewParts parts);
// `database` is opened for each request, on `disk`: the server needs none to start.
struct ReportsApiParts {
  std::filesystem::path database;
  BlockingPool* disk;
  Clock* clock;
};
void add_reports_api(HttpRouter& router, ReportsApiParts parts);
// What a running server has tallied of replies that no rule knew; on the router's loop.
using UnknownKinds = std::function<std::vector<UnknownReplies::Kind>()>;
void add_bounces_api(HttpRouter& router, UnknownKinds unknown);
void add_warmup_api(HttpRouter& router, Operations& operations);
void add_reputation_api(HttpRouter& router, std::function<ReputationView::Shared()> view);
// On the router's loop.
using RateRowsOf = std::function<std::vector<RateRow>(const OutcomeRates::Wants& wants)>;
void add_rates_api(HttpRouter& router, RateRowsOf rows_of);
void add_suppressions_api(HttpRouter& router, Suppressor& suppressor);
// For the recipients of mail: open to everybody. On the router's loop.
void add_unsubscribe_api(HttpRouter& router, Unsubscriber& unsubscriber, Clock& clock);
void add_health_api(HttpRouter& router, Operations& operations, Metrics& metrics);
// Sends the reports of what is counted until now; what became of each. An error: the server stops.
using SendTlsReports =
    std::function<boost::asio::awaitable<Result<std::vector<TlsReportDelivery>>>()>;
void add_tls_reports_api(HttpRouter& router, SendTlsReports send_now);

}  // namespace posthaste
