#pragma once

#include "event/event.h"
#include "platform/store/store.h"

namespace posthaste {

// The spool's families, in the order in which Spool::open() names them.
constexpr Family kBodies{0};
constexpr Family kMessages{1};
constexpr Family kDue{2};
constexpr Family kOutbox{3};
constexpr Family kTimeline{4};
constexpr Family kState{5};
constexpr Family kList{6};

// Adds an event to the outbox, and to its message's timeline.
void add_event(Batch& batch, const Event& event);

}  // namespace posthaste
