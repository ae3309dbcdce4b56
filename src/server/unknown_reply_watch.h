#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "classify/reply_classifier.h"
#include "classify/unknown_replies.h"
#include "event/event.h"
#include "report/outbox_follower.h"
#include "spool/spool.h"

namespace posthaste {

// Follows the outbox and tallies the replies of failed deliveries that no rule knew. The tally is
// kept in the spool's state, about once a minute. Lives on the report loop.
class UnknownReplyWatch {
 public:
  UnknownReplyWatch(Spool& spool, Clock& clock, TaskGroup& tasks);

  void start();
  // Writes what is not written yet.
  void finish();
  std::uint64_t position() const { return follower_.position(); }
  std::vector<UnknownReplies::Kind> by_number() const { return replies_.by_number(); }

 private:
  void take(const Event& event);
  void save();

  Spool& spool_;
  Clock& clock_;
  std::unique_ptr<const ReplyClassifier> classifier_;  // made at start: compiling rules takes time
  UnknownReplies replies_;
  Clock::time_point next_save_;
  OutboxFollower follower_;
};

}  // namespace posthaste
