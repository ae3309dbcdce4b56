#include "queue/scheduled_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>
#include <utility>

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

// Random arrivals, reads that overlap with them, retries and ends, with the disk as the truth.
class RandomTraffic {
 public:
  explicit RandomTraffic(unsigned seed) : random_(seed) {}

  void step() {
    now_ += std::chrono::milliseconds(random_() % 20);
    const auto action = random_() % 10;
    if (action < 5 && made_ < 5000) {
      arrive();
    } else if (action < 7 && !reading_) {
      start_read();
    } else if (action < 8 && reading_) {
      finish_read();
    } else if (!out_.empty()) {
      settle_one();
    }
  }

  // No more arrivals: everything comes to its end, or time runs out.
  void run_out() {
    if (reading_) finish_read();
    for (int round = 0; ended_ < made_ && round < 100'000; ++round) {
      now_ += 10s;
      while (start_read()) finish_read();
      while (!out_.empty()) settle_one();
    }
  }

  bool is_done() const { return ended_ == made_ && disk_.size() == 0 && queue_.is_empty(); }
  bool gave_twice() const { return gave_twice_; }
  std::size_t held() const { return queue_.held(); }

 private:
  void arrive() {
    // Clocks of other threads may be a little behind.
    const DueEntry one = entry(now_ - std::chrono::microseconds(random_() % 2000), made_++);
    disk_.put(one);
    if (queue_.admit(one, now_)) give(one);
  }

  bool start_read() {
    const auto read = queue_.start_read(now_);
    if (read) reading_.emplace(disk_.page(*read));
    return read.has_value();
  }

  void finish_read() {
    for (const DueEntry& one : queue_.finish_read(*reading_)) {
      // What moved or ended since the page was read is found out when it is loaded.
      if (disk_.has(one)) {
        give(one);
      } else {
        queue_.forget(one);
      }
    }
    reading_.reset();
  }

  void give(const DueEntry& one) {
    gave_twice_ = !out_set_.insert(one).second || gave_twice_;
    out_.push_back(one);
  }

  void settle_one() {
    const std::size_t pick = random_() % out_.size();
    const DueEntry one = std::exchange(out_[pick], out_.back());
    out_.pop_back();
    out_set_.erase(one);
    disk_.remove(one);
    if (random_() % 4 == 0) {
      const DueEntry later{now_ + std::chrono::seconds(random_() % 100), one.id, one.group};
      disk_.put(later);
      queue_.release(one, later);
    } else {
      ++ended_;
      queue_.release(one, std::nullopt);
    }
  }

  std::mt19937_64 random_;
  Disk disk_;
  ScheduledQueue queue_;
  WallTime now_ = kStart;
  std::vector<DueEntry> out_;
  std::set<DueEntry> out_set_;
  std::uint64_t made_ = 0;
  std::uint64_t ended_ = 0;
  bool gave_twice_ = false;
  std::optional<Spool::DuePage> reading_;
};

TEST(ScheduledQueue, LosesAndDoublesNothingUnderRandomTraffic) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    RandomTraffic traffic(seed);
    for (int step = 0; step < 20'000; ++step) {
      traffic.step();
      ASSERT_LE(traffic.held(), ScheduledQueue::kWindow);
    }
    traffic.run_out();
    EXPECT_FALSE(traffic.gave_twice()) << "seed " << seed;
    EXPECT_TRUE(traffic.is_done()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace posthaste
