#include "sink/id_counts.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

namespace posthaste {
namespace {

TEST(IdCounts, CountsEveryIdExactlyFromSeveralThreads) {
  IdCounts ids;
  constexpr int kThreads = 4;
  constexpr int kIds = 20'000;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&ids, thread] {
      // The first hundred are everybody's; the others belong to one thread.
      for (int i = 0; i < 100; ++i) ids.add("shared-" + std::to_string(i));
      for (int i = 0; i < kIds; ++i) ids.add(std::to_string(thread) + "-" + std::to_string(i));
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(ids.distinct(), 100U + kThreads * kIds);
  EXPECT_EQ(ids.duplicates(), 100U * (kThreads - 1));
  std::map<std::string, std::uint32_t> seen;
  ids.for_each([&](std::string_view id, std::uint32_t count) {
    EXPECT_TRUE(seen.emplace(std::string(id), count).second) << id;
  });
  EXPECT_EQ(seen.size(), ids.distinct());
  EXPECT_EQ(seen["shared-42"], 4U);
  EXPECT_EQ(seen["3-19999"], 1U);
}

TEST(IdCounts, CutsWhatIsTooLongAndForgets) {
  IdCounts ids;
  EXPECT_EQ(ids.add(std::string(5000, 'x')), 0U);
  EXPECT_EQ(ids.add(std::string(998, 'x')), 1U);
  EXPECT_EQ(ids.add(""), 0U);
  EXPECT_EQ(ids.distinct(), 2U);
  ids.clear();
  EXPECT_EQ(ids.distinct(), 0U);
  EXPECT_EQ(ids.duplicates(), 0U);
  EXPECT_EQ(ids.add("x"), 0U);
}

}  // namespace
}  // namespace posthaste
