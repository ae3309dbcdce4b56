#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace posthaste {

// Counts durations in log-linear buckets: each octave has 128, so that a quantile is at most 0.8 %
// above the true one, from nanoseconds to centuries. Not thread-safe; merge() adds up several.
class LatencyHistogram {
 public:
  using Latency = std::chrono::nanoseconds;

  LatencyHistogram();

  // Less than nothing counts as nothing.
  void add(Latency latency);
  void merge(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }
  Latency max() const { return max_; }
  // The least duration that at least `share` (0 to 1) of all do not exceed; 0 when there is none.
  Latency quantile(double share) const;

 private:
  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t upper_bound_of(std::size_t bucket);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  Latency max_{0};
};

}  // namespace posthaste
