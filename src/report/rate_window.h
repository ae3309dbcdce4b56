#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/units.h"

namespace posthaste {

// A part and the whole that it is of.
struct RateSum {
  std::uint64_t part = 0;
  std::uint64_t whole = 0;

  double share() const {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }
  bool operator==(const RateSum&) const = default;
};

// Counts over the last while, in thirty slices, so that it forgets a thirtieth of its length at a
// time: what came at a moment is out of it exactly when thirty slices have begun after its own.
// Slices are numbered since 1970, so that windows of one length slide together. Empty slices take
// no room; thirty full ones take about 500 octets.
class RateWindow {
 public:
  static constexpr std::int64_t kSlices = 30;

  // Requires: length >= 1 ms.
  explicit RateWindow(Duration length) : slice_(length / kSlices) {}

  // The slice of a moment, and the moment at which a slice ends.
  std::int64_t slice_of(WallTime time) const;
  WallTime end_of(std::int64_t slice) const;

  struct Slice {
    std::int64_t number = 0;
    std::uint32_t part = 0;
    std::uint32_t whole = 0;
  };
  // `time` may lie before what was counted last; what is out of the window at `now` already counts
  // for nothing.
  void add(WallTime time, WallTime now, std::uint32_t part, std::uint32_t whole);
  // Of the thirty slices up to `last`.
  RateSum sum(std::int64_t last) const;

  // --- over restarts
  const std::vector<Slice>& slices() const { return slices_; }
  void restore(std::vector<Slice> slices) { slices_ = std::move(slices); }

 private:
  Duration slice_;
  std::vector<Slice> slices_;  // in order; at most thirty
};

}  // namespace posthaste
