#pragma once

#include <atomic>
#include <cstdint>

namespace posthaste {

// How many octets of messages may be in reception at one time, over all sessions and loops, so
// that no number of clients exhausts memory. Any thread.
class ReceptionBudget {
 public:
  explicit ReceptionBudget(std::uint64_t octets) : limit_(octets) {}

  bool try_take(std::uint64_t octets) {
    if (taken_.fetch_add(octets, std::memory_order_relaxed) + octets <= limit_) return true;
    give_back(octets);
    return false;
  }
  void give_back(std::uint64_t octets) { taken_.fetch_sub(octets, std::memory_order_relaxed); }

  std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> taken_{0};
};

// What one session holds of the budget; given back when it goes. Taken in large steps, so that
// most messages touch the shared counter once.
class BudgetLease {
 public:
  explicit BudgetLease(ReceptionBudget& budget) : budget_(budget) {}
  BudgetLease(const BudgetLease&) = delete;
  BudgetLease& operator=(const BudgetLease&) = delete;
  ~BudgetLease() { release(); }

  // Makes the lease cover `octets`. False, and nothing changed, when the budget is spent.
  bool cover(std::uint64_t octets) {
    if (octets <= held_) return true;
    const std::uint64_t more = (octets - held_ + kStep - 1) / kStep * kStep;
    if (!budget_.try_take(more)) return false;
    held_ += more;
    return true;
  }
  void release() {
    if (held_ > 0) budget_.give_back(held_);
    held_ = 0;
  }

 private:
  static constexpr std::uint64_t kStep = 16 * 1024;

  ReceptionBudget& budget_;
  std::uint64_t held_ = 0;
};

}  // namespace posthaste
