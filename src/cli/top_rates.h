#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace posthaste {

// What became of recipients since the server's start.
struct TopCounts {
  std::uint64_t delivered = 0;
  std::uint64_t deferred = 0;
  std::uint64_t failed = 0;
};

// Why mail waits, and how much of it.
struct TopReason {
  std::string reason;
  std::uint64_t messages = 0;
  auto operator<=>(const TopReason&) const = default;
};

// A provider, source or queue as the server describes it.
struct TopRow {
  std::string name;
  TopCounts counts;
  std::uint64_t waiting = 0;
  std::uint32_t connections = 0;
  std::vector<TopReason> held_by;  // what holds most first
  std::vector<std::string> loops;  // what the closed loop holds it to
  std::string next;                // when mail falls due: "02:21:20"; "" now
  std::string last_failure;
};

// One answer of GET /api/v1/overview.
struct TopSample {
  std::string time;     // of day, UTC
  std::string started;  // as it stands
  double uptime = 0;    // seconds
  std::uint64_t received = 0;
  TopCounts counts;
  std::uint64_t queued = 0;
  std::uint64_t queue_count = 0;
  std::optional<double> oldest;  // seconds
  std::uint64_t connections = 0;
  std::uint64_t suspensions = 0;
  bool are_queues_longest = true;
  std::vector<TopRow> providers;  // the busiest first
  std::vector<TopRow> sources;
  std::vector<TopRow> queues;  // the longest first
};

// Errors: this is no overview.
Result<TopSample> read_top_sample(const nlohmann::ordered_json& overview);

// Each a second.
struct TopRates {
  double delivered = 0;
  double deferred = 0;
  double failed = 0;
  double growth = 0;  // of what waits
};

// A sample with what changed since the one before; no rates where that is not known.
struct TopFigures {
  TopSample now;
  double received = 0;  // a second
  std::optional<TopRates> totals;
  std::vector<std::optional<TopRates>> providers;  // one for each of `now`
  std::vector<std::optional<TopRates>> sources;
  std::vector<std::optional<TopRates>> queues;
};

// `before`: nullptr for the first. A server that was restarted between them counts from 0 again, so
// that nothing is known then.
TopFigures top_figures(const TopSample* before, TopSample now);

// The overview with its rates: "delivered_per_second" and so on beside each count.
nlohmann::ordered_json with_rates(nlohmann::ordered_json overview,
                                  const nlohmann::ordered_json* before);

}  // namespace posthaste
