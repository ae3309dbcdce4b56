#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "report/rate_alarm.h"
#include "report/rate_config.h"
#include "report/rate_outcome.h"
#include "report/rate_window.h"

namespace posthaste {

// A share has crossed a threshold, or come back.
struct RateChange {
  RateSubject subject;
  RateKind kind = RateKind::hard_bounce;
  Duration window{0};  // the one that says so
  RateSum sum;
  AlertLevel before = AlertLevel::ok;
  AlertLevel now = AlertLevel::ok;
  bool went_over_budget = false;
  Percent threshold;  // that was crossed
  WallTime time;

  // "campaign spring: hard_bounce 12 % (60 of 500 in 1h), page from 5% on".
  std::string to_string() const;
};

// One share over one window, for people and metrics.
struct RateRow {
  RateSubject subject;
  RateKind kind = RateKind::hard_bounce;
  Duration window{0};
  RateSum sum;
  Percent warn;
  Percent page;
  Percent budget;  // 0%: none
  std::uint32_t min_count = 0;
  AlertLevel level = AlertLevel::ok;  // of this window
  bool is_over_budget = false;
};

// The shares of bounces, deferrals and complaints by source, provider, tenant, campaign and cell,
// over the windows of the alert block, and the alarms on them. Without I/O; its time is that of the
// events.
//
//   rates.advance(event.time);                  // ends slices, judges them
//   rates.count(*outcome_of(event, …));
//   for (const RateChange& change : rates.take_changes()) …
//
// Whenever a slice of a window ends (RateWindow), the window is judged; so "two windows in a row"
// are two that end a thirtieth of their length apart. The windows of one share are one alarm: a
// change is told when the worst of them changes, and one window that is about to say the same keeps
// up what another no longer says.
//
// Memory: at most `max_cells` subjects, about 4 kB each where all windows are full. Beyond that an
// eighth of them is forgotten at once: first what has no alarm, of those what has least mail in its
// windows, of those what was silent longest. A million campaigns of one message each so push out
// each other, and none that counts.
//
// One thread.
class OutcomeRates {
 public:
  explicit OutcomeRates(std::shared_ptr<const RateRules> rules);

  void count(const RateOutcome& outcome);
  // Time has come to this moment; an earlier one changes nothing.
  void advance(WallTime now);
  std::vector<RateChange> take_changes() { return std::exchange(changes_, {}); }

  // Those with mail in them, alarms first, then by share; where `wants` is given, what it wants.
  using Wants = std::function<bool(RateScope scope, AlertLevel level)>;
  std::vector<RateRow> rows(const Wants& wants = {}) const;
  std::size_t size() const { return cells_.size(); }
  std::optional<WallTime> now() const { return now_; }
  const RateRules& rules() const { return *rules_; }

  // Other windows and thresholds: windows of the same length go on.
  void set_rules(std::shared_ptr<const RateRules> rules);

  // --- over restarts: what each subject has, by its key
  static constexpr std::string_view kPrefix = "rates/cell/";
  struct Record {
    std::string key;
    std::optional<std::string> value;  // nullopt: forgotten
  };
  // What has changed since it was last taken.
  std::vector<Record> take_records();
  // An earlier run's record; what is none is left out. Before anything is counted.
  void restore(std::string_view key, std::string_view value);

 private:
  struct Window {
    std::size_t rule;  // of RateRules::rules()
    RateWindow counts;
    RateAlarm warn;
    RateAlarm page;
    RateAlarm budget;

    AlertLevel level() const;
    // As if every alarm that is pending were raised.
    AlertLevel level_to_come() const;
  };
  struct Cell {
    RateSubject subject;
    const RateBudget* budget = nullptr;
    std::vector<Window> windows;
    // By kind, over all its windows.
    std::array<AlertLevel, kRateKinds> told{};  // warn, page, or ok
    std::array<bool, kRateKinds> over_budget{};
    std::uint64_t last = 0;   // its latest outcome's number among all
    bool is_changed = false;  // since it was last taken

    bool has_alarm() const;
    std::uint64_t mail(WallTime now) const;  // in all its windows
  };
  using Cells = std::unordered_map<std::string, Cell>;

  Cell& cell(const RateSubject& subject);
  Cell make_cell(const RateSubject& subject) const;
  bool adds_to(RateScope scope, const RateOutcome& outcome) const;
  void count_for(const RateSubject& subject, const RateOutcome& outcome);
  // The slice `last` of the windows of one rule has ended.
  void judge(std::size_t rule, std::int64_t last, WallTime end);
  void judge(Cell& cell, Window& window, const RateSum& sum, WallTime end);
  void tell_level(Cell& cell, RateChange change);
  void tell_budget(Cell& cell, RateChange change);
  void forget_least();
  std::string encode(const Cell& cell) const;

  std::shared_ptr<const RateRules> rules_;
  std::optional<WallTime> now_;
  Cells cells_;
  std::vector<std::string> forgotten_;  // keys whose records are to go
  std::vector<RateChange> changes_;
  std::uint64_t outcomes_ = 0;
};

}  // namespace posthaste
