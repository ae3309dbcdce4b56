#include "platform/store/store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "base/temporary_folder.h"
#include "platform/io/loop_pool.h"
#include "platform/io/task_group.h"
#include "platform/store/fault_env.h"

namespace posthaste {
namespace {

constexpr Family kData{0};
constexpr Family kLog{1};
constexpr Family kIndex{2};

// Waits for answers that come on the committer's thread.
class Answers {
 public:
  Store::Applied expect() {
    std::lock_guard lock(mutex_);
    ++expected_;
    return [this](const Result<void>& result) {
      std::lock_guard inner(mutex_);
      ++(result ? succeeded_ : failed_);
      changed_.notify_all();
    };
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return succeeded_ + failed_ == expected_; });
  }
  int succeeded() const { return succeeded_; }
  int failed() const { return failed_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int expected_ = 0;
  int succeeded_ = 0;
  int failed_ = 0;
};

class StoreTest : public testing::Test {
 protected:
  std::unique_ptr<Store> open() {
    StoreOptions options;
    options.path = folder_.path() / "store";
    std::filesystem::create_directories(options.path);
    options.families = {{"data", true}, {"log", false}, {"index", false}};
    options.log = kLog;
    options.env = faults_.env();
    options.on_warning = [this](const std::string&) { ++warnings_; };
    auto store = Store::open(options, clock_);
    EXPECT_TRUE(store) << store.error().message();
    return std::move(*store);
  }

  static void put(Store& store, std::string key, Durability durability, Answers& answers) {
    Batch batch;
    batch.put(kData, std::move(key), std::string(2000, 'x'));
    store.commit(std::move(batch), durability, answers.expect());
  }

  static bool has(Store& store, std::string_view key) {
    auto value = store.get(kData, key);
    return value && value->has_value();
  }

  SystemClock clock_;
  std::atomic<int> warnings_ = 0;
  FaultEnv faults_;
  TemporaryFolder folder_;
};

TEST_F(StoreTest, KeepsWhatWasSyncedWhenThePowerFails) {
  {
    auto store = open();
    Answers answers;
    for (int i = 0; i < 200; ++i)
      put(*store, "synced" + std::to_string(i), Durability::synced, answers);
    answers.wait();
    EXPECT_EQ(answers.succeeded(), 200);
    faults_.cut_power();
    Answers later;
    put(*store, "after", Durability::rides_along, later);
    later.wait();
  }
  faults_.restore_power();
  auto store = open();
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(has(*store, "synced" + std::to_string(i))) << i;
  EXPECT_FALSE(has(*store, "after"));
}

TEST_F(StoreTest, RefusesSyncedBatchesOnAFullDiskAndRecoversWithWhatRodeAlong) {
  auto store = open();
  Answers before;
  put(*store, "before", Durability::synced, before);
  before.wait();
  faults_.fill_disk();
  Answers refused;
  put(*store, "refused", Durability::synced, refused);
  refused.wait();
  EXPECT_EQ(refused.failed(), 1);
  EXPECT_FALSE(store->is_healthy());
  Answers kept;
  put(*store, "kept", Durability::rides_along, kept);
  faults_.repair_disk();
  kept.wait();
  EXPECT_EQ(kept.succeeded(), 1);
  EXPECT_TRUE(store->is_healthy());
  EXPECT_TRUE(has(*store, "before"));
  EXPECT_TRUE(has(*store, "kept"));
  Answers again;
  put(*store, "again", Durability::synced, again);
  again.wait();
  EXPECT_EQ(again.succeeded(), 1);
}

TEST_F(StoreTest, TellsWarningsAndKeepsNoFileOfThem) {
  auto store = open();
  EXPECT_EQ(warnings_, 0);
  faults_.fill_disk();
  Answers refused;
  put(*store, "refused", Durability::synced, refused);
  refused.wait();
  EXPECT_GT(warnings_, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "store" / "LOG"));
}

TEST_F(StoreTest, RecoversFromAnIoError) {
  auto store = open();
  faults_.break_disk();
  Answers refused;
  put(*store, "refused", Durability::synced, refused);
  refused.wait();
  EXPECT_EQ(refused.failed(), 1);
  Answers kept;
  put(*store, "kept", Durability::rides_along, kept);
  faults_.repair_disk();
  kept.wait();
  EXPECT_TRUE(has(*store, "kept"));
}

TEST_F(StoreTest, RemovesARangeThatWasAskedForWhileTheDiskWasFull) {
  auto store = open();
  Answers before;
  put(*store, "range-1", Durability::synced, before);
  put(*store, "stays", Durability::synced, before);
  before.wait();
  faults_.fill_disk();
  Answers refused;
  put(*store, "refused", Durability::synced, refused);
  refused.wait();
  store->remove_range(kData, "range-", "range.");
  Answers kept;
  put(*store, "kept", Durability::rides_along, kept);
  faults_.repair_disk();
  kept.wait();
  EXPECT_FALSE(has(*store, "range-1"));
  EXPECT_TRUE(has(*store, "stays"));
}

TEST_F(StoreTest, NumbersTheLogWithoutGapsOverARestart) {
  for (int round = 0; round < 2; ++round) {
    auto store = open();
    Answers answers;
    for (int i = 0; i < 10; ++i) {
      Batch batch;
      batch.append(kLog, "event", kIndex, "message");
      store->commit(std::move(batch), Durability::synced, answers.expect());
    }
    answers.wait();
    EXPECT_EQ(store->last_sequence(), 10U * (static_cast<unsigned>(round) + 1));
  }
  auto store = open();
  std::vector<std::uint64_t> sequences;
  auto take = [&sequences](std::string_view key, std::string_view) {
    sequences.push_back(decode_u64(key));
    return true;
  };
  ASSERT_TRUE(store->scan(kLog, "", "", take));
  ASSERT_EQ(sequences.size(), 20U);
  for (std::size_t i = 0; i < sequences.size(); ++i) EXPECT_EQ(sequences[i], i + 1);
  std::size_t indexed = 0;
  auto count = [&indexed](std::string_view key, std::string_view) {
    EXPECT_EQ(key.substr(0, 7), "message");
    ++indexed;
    return true;
  };
  ASSERT_TRUE(store->scan(kIndex, "", "", count));
  EXPECT_EQ(indexed, 20U);
}

TEST_F(StoreTest, ShowsWhatWasThereWhenAViewWasTaken) {
  auto store = open();
  Answers answers;
  put(*store, "before", Durability::synced, answers);
  answers.wait();
  const auto view = store->view();
  Batch change;
  change.remove(kData, "before");
  change.put(kData, "after", "value");
  store->commit(std::move(change), Durability::synced, answers.expect());
  answers.wait();
  std::vector<std::string> seen;
  auto see = [&seen](std::string_view key, std::string_view) {
    seen.emplace_back(key);
    return true;
  };
  ASSERT_TRUE(store->scan(kData, "", "", see, view.get()));
  ASSERT_TRUE(store->scan(kData, "", "", see));
  EXPECT_EQ(seen, (std::vector<std::string>{"before", "after"}));
}

TEST_F(StoreTest, SaysThatAViewIsGoneWhenItHadToBeOpenedAnew) {
  auto store = open();
  Answers answers;
  put(*store, "before", Durability::synced, answers);
  answers.wait();
  const auto view = store->view();
  faults_.break_disk();
  Answers refused;
  put(*store, "refused", Durability::synced, refused);
  refused.wait();
  Answers kept;
  put(*store, "kept", Durability::rides_along, kept);
  faults_.repair_disk();
  kept.wait();
  auto see = [](std::string_view, std::string_view) { return true; };
  EXPECT_FALSE(store->scan(kData, "", "", see, view.get()));
  EXPECT_TRUE(store->scan(kData, "", "", see, store->view().get()));
}

TEST_F(StoreTest, ReleasesASharedValueWithItsLastHolder) {
  auto store = open();
  Answers answers;
  Batch batch;
  batch.put(kData, "body", "octets");
  batch.put(kIndex, "holders", std::string("\0\0\0\3", 4));
  store->commit(std::move(batch), Durability::synced, answers.expect());
  for (int i = 0; i < 3; ++i) {
    answers.wait();
    EXPECT_TRUE(has(*store, "body")) << i;
    Batch release;
    release.release(kIndex, "holders", {{kData, "body"}});
    store->commit(std::move(release), Durability::synced, answers.expect());
  }
  answers.wait();
  EXPECT_FALSE(has(*store, "body"));
}

TEST_F(StoreTest, AppliesConcurrentBatchesInTheOrderOfEachThread) {
  auto store = open();
  Answers answers;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 500; ++i) {
        Batch batch;
        batch.put(kData, "writer" + std::to_string(writer), std::to_string(i));
        batch.append(kLog, "e", kIndex, "");
        store->commit(std::move(batch), i % 10 == 0 ? Durability::synced : Durability::rides_along,
                      answers.expect());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  answers.wait();
  EXPECT_EQ(answers.succeeded(), 2000);
  EXPECT_EQ(store->last_sequence(), 2000U);
  for (int writer = 0; writer < 4; ++writer) {
    auto value = store->get(kData, "writer" + std::to_string(writer));
    ASSERT_TRUE(value && *value);
    EXPECT_EQ(**value, "499");
  }
}

TEST_F(StoreTest, AnswersACoroutineOnItsOwnLoop) {
  auto store = open();
  Loop loop("test");
  TaskGroup group(loop.executor());
  std::promise<bool> answered;
  auto task = [](Store& target, std::promise<bool>& result) -> boost::asio::awaitable<void> {
    const auto before = std::this_thread::get_id();
    Batch batch;
    batch.put(kData, "key", "value");
    const auto committed = co_await target.commit(std::move(batch), Durability::synced);
    result.set_value(committed.has_value() && before == std::this_thread::get_id());
  };
  auto start = [&] { group.spawn(task(*store, answered)); };
  boost::asio::post(loop.executor(), start);
  EXPECT_TRUE(answered.get_future().get());
  loop.join();
}

TEST(StoreOpen, SaysWhatIsWrongWithAFolderInUse) {
  TemporaryFolder folder;
  SystemClock clock;
  StoreOptions options;
  options.path = folder.path();
  options.families = {{"data", false}};
  auto first = Store::open(options, clock);
  ASSERT_TRUE(first);
  auto second = Store::open(options, clock);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message().find("another server"), std::string::npos);
}

}  // namespace
}  // namespace posthaste
