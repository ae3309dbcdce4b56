#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/units.h"
#include "platform/config_error.h"
#include "shape/daily_quota.h"
#include "shape/token_bucket.h"

namespace posthaste {

class LimitMeter;

// Why something may not be sent now, and when to ask again.
struct LimitRefusal {
  std::string limit;  // "remote_queue \"outbound\" rate 10000/hour"
  // Absent: when something that is under way ends.
  std::optional<Clock::time_point> until;
  ConfigLocation where;               // the line that says so, where one does
  const LimitMeter* meter = nullptr;  // that says so; null for what is no limit
};

// What a meter holds to; what is not set is no limit.
struct MeterLimits {
  std::optional<std::uint32_t> concurrency;  // holds at one time
  Rate openings;
  Rate messages;
  std::optional<std::uint64_t> daily_messages;
  // Nothing at all is sent until then.
  struct Closed {
    Clock::time_point until;
    std::string because;
  };
  std::optional<Closed> closed;
  // The names of the four in the configuration, and where each was set.
  struct Names {
    std::string concurrency = "concurrency";
    std::string openings = "connection_rate";
    std::string messages = "message_rate";
    std::string daily_messages = "daily_messages";
  } names;
  std::map<std::string, ConfigLocation> lines;
};

// Counts what one class, tenant, campaign, source, site or provider has under way and has sent, and
// says when a limit is reached.
//
// Lives on the queue loop; not thread-safe.
class LimitMeter : public std::enable_shared_from_this<LimitMeter> {
 public:
  // `label` is how people know it, as `remote_queue "outbound"`; `key` names it in the state that
  // outlasts a restart.
  LimitMeter(Clock& clock, std::string key, std::string label);
  LimitMeter(const LimitMeter&) = delete;
  LimitMeter& operator=(const LimitMeter&) = delete;

  const std::string& key() const { return key_; }
  const std::string& label() const { return label_; }

  // New limits; what is under way and what was sent still counts.
  void set(MeterLimits limits);
  const MeterLimits& limits() const { return limits_; }

  // Whether one more may be under way, opened, or sent now; empty: yes. None takes anything.
  std::optional<LimitRefusal> refusal_to_hold() const;
  std::optional<LimitRefusal> refusal_to_open() const;
  std::optional<LimitRefusal> refusal_to_send() const;

  // Require: the refusal of the same name is empty.
  void count_opening();
  void count_message();
  void hold() { ++held_; }
  void release() { --held_; }

  std::uint32_t held() const { return held_; }
  std::uint64_t sent_in_a_day() const;
  // Nothing is under way, and nothing that was sent bears on what may be sent now.
  bool is_idle() const;

  // --- over restarts
  // Whether grants must be written down: the limits are such that a restart could break them.
  bool must_be_kept() const;
  struct Kept {
    std::optional<WallTime> last_message;  // the last grant's point
    DailyQuota::Slots slots;
  };
  // The promise of what may be granted in a day runs low: write down a keep().
  bool needs_promise() const;
  // With a promise: what may be granted before it is written down again.
  Kept keep();
  // Without one: nothing is granted any more.
  Kept keep_at_end() const;
  // The promise of the last keep() is on disk, or could not be written.
  void kept(bool is_written);
  // The same as the last keep(), with what was granted since.
  Kept keep_with_promise() const;
  // What an earlier run kept. `ended_well`: nothing was granted after that.
  void restore(const Kept& kept, bool ended_well);
  // An earlier run may have granted up to `last`, and kept nothing.
  void restore_unknown(Clock::time_point last);

 private:
  LimitRefusal refused(const std::string& name, const std::string& value,
                       std::optional<Clock::time_point> until) const;
  std::uint64_t promise() const;

  Clock& clock_;
  std::string key_;
  std::string label_;
  MeterLimits limits_;
  TokenBucket openings_;
  TokenBucket messages_;
  DailyQuota quota_;
  std::uint32_t held_ = 0;
  // Grants of one slot that are written down and not made yet. In the next slot they are worth
  // nothing: the record would forget them too early.
  struct Promise {
    std::uint64_t left = 0;
    std::int64_t slot = 0;
  };
  std::uint64_t left(const Promise& promise) const;

  Promise promised_;
  Promise on_its_way_;
};

}  // namespace posthaste
