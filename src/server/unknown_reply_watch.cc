#include "server/unknown_reply_watch.h"

#include <chrono>
#include <string>

namespace posthaste {
namespace {

constexpr const char* kStateKey = "unknown_replies";
constexpr std::chrono::minutes kSaveEvery{1};

}  // namespace

UnknownReplyWatch::UnknownReplyWatch(Spool& spool, Clock& clock, TaskGroup& tasks)
    : spool_(spool),
      clock_(clock),
      follower_(spool, clock, tasks, [this](const std::vector<Spool::Told>& batch) {
        for (const Spool::Told& told : batch) {
          if (const auto event = Event::decode(told.record)) take(*event);
        }
        if (replies_.has_changed() && clock_.now() >= next_save_) save();
        return true;
      }) {}

void UnknownReplyWatch::start() {
  classifier_ = std::make_unique<const ReplyClassifier>(ReplyClassifier::shipped());
  const auto state = spool_.get_state(kStateKey);
  if (state && *state) replies_ = UnknownReplies::from_state(**state);
  next_save_ = clock_.now() + kSaveEvery;
  follower_.start(spool_.last_told());
}

void UnknownReplyWatch::finish() {
  if (replies_.has_changed()) save();
}

void UnknownReplyWatch::take(const Event& event) {
  const bool is_failure = event.type == EventType::bounce || event.type == EventType::oob_bounce ||
                          event.type == EventType::transient_failure;
  if (!is_failure || event.smtp_code == 0 || event.response.empty()) return;
  const RefusalClass found = classifier_->classify({.text = event.response,
                                                    .provider = event.provider,
                                                    .smtp_code = event.smtp_code,
                                                    .enhanced_status = event.enhanced_status});
  if (!found.is_known) replies_.count(event.response, event.time);
}

void UnknownReplyWatch::save() {
  next_save_ = clock_.now() + kSaveEvery;
  spool_.put_state(kStateKey, replies_.to_state());
}

}  // namespace posthaste
