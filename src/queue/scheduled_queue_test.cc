#include "queue/scheduled_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kStart{std::chrono::hours(24 * 365 * 50)};

DueEntry entry(WallTime due, std::uint64_t number) {
  std::string octets(16, '\0');
  for (std::size_t i = 0; i < 8; ++i) octets[15 - i] = static_cast<char>(number >> (8 * i));
  return {due, MessageId::from_octets(octets), 0};
}

// The due entries of one queue as the disk has them.
class Disk {
 public:
  void put(const DueEntry& one) { entries_.insert(one); }
  void remove(const DueEntry& one) { entries_.erase(one); }
  bool has(const DueEntry& one) const { return entries_.contains(one); }
  std::size_t size() const { return entries_.size(); }

  Spool::DuePage page(const ScheduledQueue::Read& read) const {
    Spool::DuePage page;
    page.is_last = true;
    for (auto one = entries_.lower_bound(read.from); one != entries_.end(); ++one) {
      if (one->due > read.until) {
        page.next = *one;
        break;
      }
      if (page.entries.size() == read.max) {
        page.is_last = false;
        break;
      }
      page.entries.push_back(*one);
    }
    return page;
  }

 private:
  std::set<DueEntry> entries_;
};

TEST(ScheduledQueue, GivesOutFreshMailAtOnceWhileThereIsRoom) {
  ScheduledQueue queue;
  for (std::uint64_t i = 0; i < ScheduledQueue::kWindow; ++i) {
    EXPECT_TRUE(queue.admit(entry(kStart, i), kStart));
  }
  EXPECT_FALSE(queue.admit(entry(kStart, 5000), kStart));
  EXPECT_EQ(queue.held(), ScheduledQueue::kWindow);
}

TEST(ScheduledQueue, WaitsForMailThatIsNotDue) {
  ScheduledQueue queue;
  EXPECT_FALSE(queue.admit(entry(kStart + 20min, 1), kStart));
  EXPECT_FALSE(queue.wants_read(kStart));
  EXPECT_EQ(queue.next_due(), kStart + 20min);
  EXPECT_TRUE(queue.wants_read(kStart + 20min));
}

TEST(ScheduledQueue, ReadsOnWhereItStopped) {
  Disk disk;
  ScheduledQueue queue;
  for (std::uint64_t i = 0; i < 2500; ++i)
    disk.put(entry(kStart + std::chrono::microseconds(i), i));
  queue.discover(entry(kStart, 0));
  std::size_t given = 0;
  while (const auto read = queue.start_read(kStart + 1s)) {
    for (const DueEntry& one : queue.finish_read(disk.page(*read))) {
      ++given;
      disk.remove(one);
      queue.release(one, std::nullopt);
    }
  }
  EXPECT_EQ(given, 2500U);
  EXPECT_TRUE(queue.is_empty());
}

TEST(ScheduledQueue, TriesEachMessageOfAFlushOnce) {
  Disk disk;
  ScheduledQueue queue;
  for (std::uint64_t i = 0; i < 10; ++i) {
    const DueEntry one = entry(kStart + 1h + std::chrono::minutes(i), i);
    disk.put(one);
    queue.admit(one, kStart);
  }
  EXPECT_FALSE(queue.start_read(kStart));
  queue.flush(kStart);
  const auto read = queue.start_read(kStart);
  ASSERT_TRUE(read);
  EXPECT_EQ(queue.finish_read(disk.page(*read)).size(), 10U);
  EXPECT_FALSE(queue.flushed_at());
}

// Random arrivals, reads that overlap with them, retries and ends, with the disk as the truth:
// everything is given out, nothing twice at one time, and nothing is left behind.
TEST(ScheduledQueue, LosesAndDoublesNothingUnderRandomTraffic) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 random(seed);
    Disk disk;
    ScheduledQueue queue;
    WallTime now = kStart;
    std::vector<DueEntry> out;
    std::set<DueEntry> out_set;
    std::uint64_t next = 0;
    std::size_t ended = 0;
    std::optional<std::pair<ScheduledQueue::Read, Spool::DuePage>> reading;
    const auto give = [&](const DueEntry& one) {
      ASSERT_TRUE(out_set.insert(one).second) << "given out twice, seed " << seed;
      out.push_back(one);
    };
    const auto settle_one = [&] {
      const std::size_t pick = random() % out.size();
      const DueEntry one = out[pick];
      out[pick] = out.back();
      out.pop_back();
      out_set.erase(one);
      disk.remove(one);
      if (random() % 4 == 0) {
        const DueEntry later{now + std::chrono::seconds(random() % 100), one.id, one.group};
        disk.put(later);
        queue.release(one, later);
      } else {
        ++ended;
        queue.release(one, std::nullopt);
      }
    };
    const auto finish_read = [&] {
      for (const DueEntry& one : queue.finish_read(reading->second)) {
        // What moved or ended since the page was read is found out when it is loaded.
        if (disk.has(one)) {
          give(one);
        } else {
          queue.forget(one);
        }
      }
      reading.reset();
    };
    for (int step = 0; step < 20'000; ++step) {
      now += std::chrono::milliseconds(random() % 20);
      const auto action = random() % 10;
      if (action < 5 && next < 5000) {
        // Clocks of other threads may be a little behind.
        const DueEntry one = entry(now - std::chrono::microseconds(random() % 2000), next++);
        disk.put(one);
        if (queue.admit(one, now)) give(one);
      } else if (action < 7 && !reading) {
        if (auto read = queue.start_read(now)) reading.emplace(*read, disk.page(*read));
      } else if (action < 8 && reading) {
        finish_read();
      } else if (!out.empty()) {
        settle_one();
      }
      ASSERT_LE(queue.held(), ScheduledQueue::kWindow);
    }
    if (reading) finish_read();
    for (int round = 0; ended < next && round < 100'000; ++round) {
      now += 10s;
      while (auto read = queue.start_read(now)) {
        reading.emplace(*read, disk.page(*read));
        finish_read();
      }
      while (!out.empty()) settle_one();
    }
    EXPECT_EQ(ended, next) << "seed " << seed;
    EXPECT_EQ(disk.size(), 0U);
    EXPECT_TRUE(queue.is_empty());
  }
}

}  // namespace
}  // namespace posthaste
