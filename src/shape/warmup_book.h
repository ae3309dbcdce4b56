#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "shape/limit_meter.h"
#include "shape/shaping_rules.h"
#include "shape/warmup_cell.h"

namespace posthaste {

// What mail of a source that warms up to one provider must pass.
struct WarmupPlace {
  std::shared_ptr<WarmupCell> cell;   // null: the source does not warm up
  std::shared_ptr<LimitMeter> own;    // of the source to the provider
  std::shared_ptr<LimitMeter> total;  // of the source to all
};

// The warm-up of all sources that have one: shares the cap of a source's day among the providers by
// the mix of the last seven days' mail, and keeps meters at what the cells say.
//
// Lives on the queue loop; not thread-safe.
class WarmupBook {
 public:
  // As Governor::Keeper.
  using Keeper = std::function<void(std::string key, std::optional<std::string> value,
                                    std::function<void(bool is_written)> applied)>;
  using MakeMeter = std::function<std::shared_ptr<LimitMeter>(std::string key, std::string label)>;
  // A cap has moved, in words with its reason; `provider` is "" for all that are nobody's.
  struct Change {
    std::string source;
    std::string provider;
    std::string what;
    std::shared_ptr<LimitMeter> meter;
  };

  WarmupBook(Clock& clock, MakeMeter make_meter)
      : clock_(clock), make_meter_(std::move(make_meter)) {}
  WarmupBook(const WarmupBook&) = delete;
  WarmupBook& operator=(const WarmupBook&) = delete;

  // Takes up what an earlier run kept under this key, if it is the book's. Before anything else.
  void restore(std::string_view key, std::string_view value);
  // All was taken up: what was warming up then goes on. After set_rules().
  void resume();
  // New rules: schedules change, days and counts stay.
  void set_rules(const ShapingRules& rules);

  WarmupPlace place(const SourceConfig& source, const std::string& provider,
                    const ProviderConfig* block);
  // So many messages for a provider have come to a pool, whatever source will carry them.
  void expect(const std::string& pool, const std::string& provider, std::uint64_t count);
  // A blocklist that providers refuse by has the source: what it warms up to is red for 24 hours.
  // Told again while it stays listed; nothing is done about what is red already.
  void listed(const std::string& source, const std::string& why);
  // What people and servers said of its mail after it was delivered. Nothing is done where the
  // source does not warm up to this provider.
  void count_later(const std::string& source, const std::string& provider,
                   const WarmupTally& tally);
  // No source warms up.
  bool empty() const { return sources_.empty(); }
  // The part of the last seven days' mail of the source's pools that went to the provider; 1 while
  // too little is known.
  double share_of(const std::string& source, const std::string& provider) const;

  // About once a second. What has changed since.
  std::vector<Change> tick();
  // Writes down what has changed, `keeper` being where to: now and then, or all of it.
  enum class Keep : std::uint8_t { now_and_then, everything };
  void keep(const Keeper& keeper, Keep which);

  struct Status {
    std::string source;
    std::string provider;    // "": all that are nobody's
    bool has_begun = false;  // false: nothing was sent yet, and no provider is known
    WarmupCell::State state = WarmupCell::State::green;
    std::string reason;
    std::int64_t day = 0;  // of the schedule, from 1
    std::int64_t days = 0;
    std::optional<std::uint64_t> cap;         // a day
    std::optional<std::uint64_t> source_cap;  // of the source to all
    std::uint64_t sent = 0;                   // in 24 hours
    double share = 1;
    WarmupTally window;
    std::optional<WallTime> closed_until;
    ConfigLocation where;
  };
  std::vector<Status> status() const;

 private:
  struct Cell {
    std::shared_ptr<WarmupCell> cell;
    std::shared_ptr<LimitMeter> meter;
    std::string written;
  };
  struct Source {
    WarmupConfig config;
    std::shared_ptr<const WarmupSchedule> schedule;
    std::optional<WallTime> began;  // its first message; not set: none yet
    bool is_began_written = false;
    std::shared_ptr<LimitMeter> total;  // null before its first cell
    std::map<std::string, Cell> cells;  // by provider
    std::vector<std::string> pools;
  };
  // Messages by provider on one day.
  struct MixDay {
    std::int64_t day;
    std::map<std::string, std::uint64_t> messages;
  };
  struct Mix {
    std::deque<MixDay> days;
    bool is_written = true;
  };

  void open(const std::string& name, Source& source);
  Cell& cell(const std::string& name, Source& source, const std::string& provider, double factor);
  std::int64_t first_day(const Source& source) const;
  MeterLimits limits_of(const Source& source, std::int64_t day, std::optional<std::uint64_t> cap,
                        std::optional<std::uint64_t> hourly) const;
  std::optional<MeterLimits::Closed> closed(const Source& source, const WarmupCell* cell) const;
  std::optional<std::uint64_t> total_cap(const Source& source) const;
  bool set_if_new(LimitMeter& meter, MeterLimits limits) const;
  void update(const std::string& name, Source& source, std::vector<Change>& changes);

  Clock& clock_;
  MakeMeter make_meter_;
  std::map<std::string, Source> sources_;
  std::map<std::string, Mix> mixes_;                      // by pool
  std::map<std::string, std::string, std::less<>> kept_;  // of the earlier run, by its keys
  bool has_new_ = false;                                  // a cell that was never written
  Clock::time_point looks_at_{};
  Clock::time_point keeps_at_{};
};

}  // namespace posthaste
