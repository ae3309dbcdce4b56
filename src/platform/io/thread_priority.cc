#include "platform/io/thread_priority.h"

#include <sys/resource.h>
#include <unistd.h>

namespace posthaste {
namespace {

// Each step of niceness is a factor of about 1.25 in processor time (sched(7)): 1.25^-15 = 0.035.
constexpr int kBackgroundSteps = 15;

}  // namespace

void set_priority(ThreadPriority priority) {
  if (priority == ThreadPriority::normal) return;
  // On Linux niceness is a thread's own (setpriority(2)); what is above the nicest counts as that.
  // It cannot fail: to be nicer is allowed to all.
  const auto thread = static_cast<id_t>(::gettid());
  ::setpriority(PRIO_PROCESS, thread, ::getpriority(PRIO_PROCESS, thread) + kBackgroundSteps);
}

}  // namespace posthaste
