#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "route/queue_rule.h"
#include "shape/token_bucket.h"

namespace posthaste {

// Why something may not be sent now, and when to ask again.
struct LimitRefusal {
  std::string limit;  // "remote_queue \"outbound\" rate 10000/hour"
  // Absent: when something that is under way ends.
  std::optional<Clock::time_point> until;
};

// The one answer to "may this class of mail be sent now?". Holds the limits of every remote_queue:
// concurrency, how many connections carry its mail at one time, and rate.
//
// Lives on the queue loop; not thread-safe.
class Governor {
 public:
  Governor(Clock& clock, std::shared_ptr<const QueueRules> rules);
  Governor(const Governor&) = delete;
  Governor& operator=(const Governor&) = delete;

  // One place among the deliveries that a class may have under way. Gives itself back.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept;
    Slot& operator=(Slot&& other) noexcept;
    ~Slot() { give_back(); }
    explicit operator bool() const { return in_use_ != nullptr; }
    void give_back();

   private:
    friend class Governor;
    explicit Slot(std::shared_ptr<std::uint32_t> in_use);
    std::shared_ptr<std::uint32_t> in_use_;
  };

  // Whether a slot and a token would be there now. Takes neither.
  std::optional<LimitRefusal> refusal(const std::string& remote_queue) const;
  // Requires: refusal() is empty.
  Slot take_slot(const std::string& remote_queue);
  // Takes the right to send one message, or says why not.
  std::optional<LimitRefusal> take_token(const std::string& remote_queue);

  // New limits; what is under way still counts.
  void set_rules(std::shared_ptr<const QueueRules> rules);

 private:
  struct Flow {
    TokenBucket tokens;
    std::shared_ptr<std::uint32_t> in_use;
  };

  Flow& flow(const std::string& remote_queue) const;

  Clock& clock_;
  std::shared_ptr<const QueueRules> rules_;
  mutable std::map<std::string, Flow> flows_;
};

}  // namespace posthaste
