#include "blast/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace posthaste {
namespace {

constexpr unsigned kBits = 7;  // of a value that its bucket tells apart, behind the first
constexpr std::size_t kPerOctave = std::size_t{1} << kBits;
constexpr std::size_t kBuckets = (64 - kBits + 1) * kPerOctave;

}  // namespace

LatencyHistogram::LatencyHistogram() : buckets_(kBuckets) {}

// Values below 2^7 have a bucket each. Those of the octave 2^e, e ≥ 7, share 128: the number of
// the octave is in the upper bits, the seven bits behind the first one in the lower.
std::size_t LatencyHistogram::bucket_of(std::uint64_t value) {
  if (value < kPerOctave) return value;
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kBits;
  return (shift + 1) * kPerOctave + ((value >> shift) & (kPerOctave - 1));
}

std::uint64_t LatencyHistogram::upper_bound_of(std::size_t bucket) {
  if (bucket < kPerOctave) return bucket;
  const unsigned shift = static_cast<unsigned>(bucket / kPerOctave) - 1;
  const std::uint64_t lower = (kPerOctave + bucket % kPerOctave) << shift;
  return lower + ((std::uint64_t{1} << shift) - 1);
}

void LatencyHistogram::add(Latency latency) {
  latency = std::max(latency, Latency(0));
  ++buckets_[bucket_of(static_cast<std::uint64_t>(latency.count()))];
  ++count_;
  max_ = std::max(max_, latency);
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

LatencyHistogram::Latency LatencyHistogram::quantile(double share) const {
  if (count_ == 0) return Latency(0);
  const auto rank = std::clamp<std::uint64_t>(
      static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(max_, Latency(upper_bound_of(i)));
  }
  return max_;
}

}  // namespace posthaste
