#pragma once

namespace posthaste {

// What a thread gets where all cores are busy. Background work gets about a thirtieth of what
// normal work asks for, and all that normal work leaves.
enum class ThreadPriority { normal, background };

// Sets the calling thread's. There is no way back from background: that takes a privilege.
void set_priority(ThreadPriority priority);

}  // namespace posthaste
