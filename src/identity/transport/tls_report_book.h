#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "identity/transport/tls_report.h"

namespace posthaste {

// Sessions of one day under one policy, counted.
struct TlsPolicyCounts {
  struct Failure {
    TlsFailureType type = TlsFailureType::none;
    std::string sending_address;
    std::string receiving_host;
    std::string receiving_helo;
    std::string receiving_address;
    std::string detail;
    std::uint64_t count = 0;
  };
  TlsPolicyFacts policy;
  std::uint64_t successful = 0;
  std::uint64_t failed = 0;
  // Those that differ, with their counts; all together: `failed`, and what failed before a session
  // was tried.
  std::vector<Failure> failures;
};

// One day's sessions with one recipient domain.
struct TlsDay {
  std::chrono::sys_days day;
  std::string domain;
  std::vector<TlsPolicyCounts> policies;

  std::string key() const;  // "2026-11-25/example.com"
};

// Gathers sessions by day (UTC) and recipient domain for the daily reports (RFC 8460 §4). Holds
// counts, and only so many of them: what a peer could make endless is cut.
//
// What is counted outlives restarts through `keep`, but for what came after the last flush().
// Any thread may call it.
class TlsReportBook final : public TlsReporter {
 public:
  // Keeps a value under a key, or forgets it. Any thread; never blocks.
  using Keep = std::function<void(std::string key, std::optional<std::string> value)>;

  explicit TlsReportBook(Clock& clock, Keep keep = nullptr, std::size_t capacity = 100'000);

  // What was kept under keys that begin with key_prefix().
  void restore(const std::vector<std::pair<std::string, std::string>>& kept);
  static constexpr const char* key_prefix() { return "tls-report/"; }

  void note(TlsSession session) override;
  // Hands what has changed to `keep`.
  void flush();

  // All that is counted of days before `end`.
  std::vector<TlsDay> days_before(std::chrono::sys_days end) const;
  // Takes off what has been reported, or will never be.
  void remove(const TlsDay& reported);

  std::size_t size() const;  // domains and days

 private:
  struct State {
    std::map<std::string, TlsDay> days;
    std::set<std::string> changed;
  };
  static bool count(TlsDay& day, TlsSession& session);

  Clock& clock_;
  Keep keep_;
  std::size_t capacity_;
  Guarded<State> state_;
};

}  // namespace posthaste
