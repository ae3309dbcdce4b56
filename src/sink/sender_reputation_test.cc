#include "sink/sender_reputation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using Answer = SenderReputation::Answer;

class SenderReputationTest : public testing::Test {
 protected:
  // Sends as much as is taken in a day, a bit each ten minutes, and returns how much that was.
  std::uint64_t pass_day(double unknown_share = 0, const char* client = "192.0.2.1",
                         std::uint64_t most = 1'000'000) {
    std::uint64_t accepted = 0;
    for (int slot = 0; slot < 24 * 6; ++slot) {
      while (accepted < most && reputation.ask(client, now) == Answer::accept) {
        owed_ += unknown_share;
        const bool is_unknown = owed_ >= 1;
        if (is_unknown) owed_ -= 1;
        reputation.count_recipient(client, is_unknown, now);
        if (!is_unknown) {
          reputation.count_accepted(client, now);
          ++accepted;
        }
      }
      now += 10min;
    }
    return accepted;
  }

  ReputationConfig config{.first = 100, .growth = 2, .ceiling = 10'000, .burst = 4, .window = 100};
  SenderReputation reputation{config};
  Clock::time_point now{};

 private:
  double owed_ = 0;
};

TEST_F(SenderReputationTest, AllowsANewAddressALittleAndMoreEachDay) {
  EXPECT_EQ(pass_day(), 100U);
  EXPECT_EQ(pass_day(), 200U);
  EXPECT_EQ(pass_day(), 400U);
}

TEST_F(SenderReputationTest, StopsGrowingAtItsCeiling) {
  for (int day = 0; day < 12; ++day) pass_day();
  EXPECT_EQ(pass_day(), 10'000U);
}

TEST_F(SenderReputationTest, GivesNoAllowanceForWhatWasNotSent) {
  for (int day = 0; day < 5; ++day) pass_day(0, "192.0.2.1", 10);
  EXPECT_EQ(pass_day(), 100U);
}

TEST_F(SenderReputationTest, ForgetsWhatIsLongerThanAWeekAgo) {
  for (int day = 0; day < 5; ++day) pass_day();
  EXPECT_EQ(reputation.view("192.0.2.1", now).allowance, 3'200U);
  now += 8 * 24h;
  EXPECT_EQ(reputation.view("192.0.2.1", now).allowance, 100U);
}

TEST_F(SenderReputationTest, DefersABurstWithinAnHour) {
  std::uint64_t accepted = 0;
  for (; reputation.ask("192.0.2.1", now) == Answer::accept; ++accepted) {
    reputation.count_accepted("192.0.2.1", now);
  }
  EXPECT_EQ(accepted, 100U * 4 / 24);
  EXPECT_EQ(reputation.ask("192.0.2.1", now), Answer::defer);
  now += 1h;
  EXPECT_EQ(reputation.ask("192.0.2.1", now), Answer::accept);
}

TEST_F(SenderReputationTest, GrantsNoSecondBurstWhenTheClockStrikes) {
  const auto send_all = [&] {
    std::uint64_t accepted = 0;
    for (; reputation.ask("192.0.2.1", now) == Answer::accept; ++accepted) {
      reputation.count_accepted("192.0.2.1", now);
    }
    return accepted;
  };
  reputation.count_accepted("192.0.2.1", now);
  now += 59min;
  EXPECT_EQ(send_all(), 100U * 4 / 24 - 1);
  now += 2min;
  EXPECT_EQ(send_all(), 1U);
  EXPECT_EQ(reputation.view("192.0.2.1", now).last_hour, 100U * 4 / 24);
}

TEST_F(SenderReputationTest, PassesADayInMinutesWhenItsDayIsShort) {
  config.day = 24min;
  reputation = SenderReputation(config);
  std::vector<std::uint64_t> days;
  for (int day = 0; day < 3; ++day) {
    std::uint64_t accepted = 0;
    for (int second = 0; second < 24 * 60; ++second) {
      while (reputation.ask("a", now) == Answer::accept) {
        reputation.count_accepted("a", now);
        ++accepted;
      }
      now += 1s;
    }
    days.push_back(accepted);
  }
  EXPECT_EQ(days, (std::vector<std::uint64_t>{100, 200, 400}));
}

TEST_F(SenderReputationTest, HoldsWhatIsUnderWay) {
  for (std::uint64_t i = 0; i < 100U * 4 / 24; ++i) {
    ASSERT_EQ(reputation.take("a", now), Answer::accept) << i;
  }
  EXPECT_EQ(reputation.take("a", now), Answer::defer);
  reputation.give_back("a");
  EXPECT_EQ(reputation.take("a", now), Answer::accept);
  reputation.give_back("never seen");
  EXPECT_EQ(reputation.ask("a", now), Answer::defer);
}

TEST_F(SenderReputationTest, KnowsAddressesApart) {
  pass_day(0.5, "192.0.2.66");
  EXPECT_EQ(pass_day(0, "192.0.2.1"), 100U);
}

TEST_F(SenderReputationTest, BlocksWhoWritesToUnknownUsersAndGivesASecondChance) {
  for (int day = 0; day < 6; ++day) pass_day();
  std::uint64_t day = 0;
  while (reputation.view("192.0.2.1", now).blocks == 0 && day < 10) {
    pass_day(0.10);
    ++day;
  }
  ASSERT_LT(day, 10U);
  const auto view = reputation.view("192.0.2.1", now);
  EXPECT_GT(view.unknown, 0U);
  EXPECT_LT(view.score, 0.5);
  now += 25h;
  EXPECT_EQ(reputation.ask("192.0.2.1", now), Answer::accept);
}

TEST_F(SenderReputationTest, LeavesAListWithFewUnknownUsersAlone) {
  for (int day = 0; day < 10; ++day) pass_day(0.01);
  EXPECT_EQ(reputation.view("192.0.2.1", now).score, 1);
}

TEST_F(SenderReputationTest, LowersTheScoreForComplaints) {
  config.complaints = 0.01;
  reputation = SenderReputation(config);
  for (int day = 0; day < 4; ++day) pass_day();
  const auto view = reputation.view("192.0.2.1", now);
  EXPECT_GT(view.complaints, 0U);
  EXPECT_LT(view.score, 1);
}

// Whatever is asked for: no hour and no day grants more than its allowance.
TEST_F(SenderReputationTest, NeverGrantsMoreThanItsAllowance) {
  std::mt19937 random(3);
  std::uint64_t today = 0;
  std::uint64_t this_hour = 0;
  std::int64_t hour = 0;
  std::uint64_t best = 0;
  std::deque<std::uint64_t> days;
  for (int step = 0; step < 200'000; ++step) {
    now += std::chrono::milliseconds(random() % 4000);
    const std::int64_t hour_now = now.time_since_epoch() / 1h;
    if (hour_now != hour) {
      if (hour_now / 24 != hour / 24) {
        days.push_back(std::exchange(today, 0));
        if (days.size() > 7) days.pop_front();
        best = *std::max_element(days.begin(), days.end());
      }
      hour = hour_now;
      this_hour = 0;
    }
    if (reputation.ask("a", now) != Answer::accept) continue;
    reputation.count_accepted("a", now);
    ++today;
    ++this_hour;
    const double allowance = std::min(10'000.0, std::max(100.0, 2.0 * static_cast<double>(best)));
    ASSERT_LE(static_cast<double>(today), allowance) << step;
    ASSERT_LE(static_cast<double>(this_hour), std::max(1.0, allowance * 4 / 24)) << step;
  }
}

TEST_F(SenderReputationTest, HoldsABoundedNumberOfAddresses) {
  for (int i = 0; i < 100'500; ++i) reputation.count_accepted("a" + std::to_string(i), now);
  EXPECT_EQ(reputation.views(now, 1'000'000).size(), 100'000U);
  EXPECT_EQ(reputation.view("a100499", now).accepted, 1U);
  EXPECT_EQ(reputation.view("a0", now).accepted, 0U);
}

}  // namespace
}  // namespace posthaste
