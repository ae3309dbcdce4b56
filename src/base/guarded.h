#pragma once

#include <mutex>
#include <utility>

namespace posthaste {

// A value that can only be reached while its mutex is held. Never hold it across co_await.
//
//   Guarded<std::vector<Batch>> pending_;
//   pending_.with([&](auto& pending) { pending.push_back(std::move(batch)); });
template <class T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  template <class Use>
  decltype(auto) with(Use&& use) {
    std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(value_);
  }
  template <class Use>
  decltype(auto) with(Use&& use) const {
    std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace posthaste
