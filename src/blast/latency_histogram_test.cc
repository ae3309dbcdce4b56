#include "blast/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace posthaste {
namespace {

using Latency = LatencyHistogram::Latency;

TEST(LatencyHistogram, IsWithinOnePercentOfTheTrueQuantiles) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<> spread(14, 3);
  LatencyHistogram all;
  LatencyHistogram half;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    const auto value = static_cast<std::int64_t>(spread(random));
    values.push_back(value);
    (i % 2 == 0 ? all : half).add(Latency(value));
  }
  all.merge(half);
  std::sort(values.begin(), values.end());
  ASSERT_EQ(all.count(), values.size());
  for (const double share : {0.0001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * 100'000));
    const auto exact = static_cast<double>(values[rank - 1]);
    const auto told = static_cast<double>(all.quantile(share).count());
    EXPECT_GE(told, exact);
    EXPECT_LE(told, exact * 1.008 + 1);
  }
  EXPECT_EQ(all.max().count(), values.back());
  EXPECT_EQ(all.quantile(1), all.max());
}

TEST(LatencyHistogram, HoldsEveryDurationThereIs) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), Latency(0));
  histogram.add(Latency(-5));
  EXPECT_EQ(histogram.quantile(1), Latency(0));
  histogram.add(Latency::max());
  EXPECT_EQ(histogram.quantile(1), Latency::max());
  for (int bit = 0; bit < 63; ++bit) {
    LatencyHistogram one;
    one.add(Latency(std::int64_t{1} << bit));
    EXPECT_EQ(one.quantile(0.5), Latency(std::int64_t{1} << bit));
  }
}

}  // namespace
}  // namespace posthaste
