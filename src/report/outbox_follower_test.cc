#include "report/outbox_follower.h"

#include <boost/asio/post.hpp>
#include <numeric>

#include "report/report_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// Keeps what it is handed, and takes it as long as `takes`.
class OutboxFollowerTest : public ReportTest {
 protected:
  ~OutboxFollowerTest() override { stop_tasks(); }

  bool handle(const std::vector<Spool::Told>& batch) {
    sizes.push_back(batch.size());
    if (on_batch) on_batch();
    if (!takes) return false;
    for (const Spool::Told& told : batch) taken.push_back(told.sequence);
    return true;
  }

  std::vector<std::size_t> sizes;
  std::vector<std::uint64_t> taken;
  std::function<void()> on_batch;
  bool takes = true;
  OutboxFollower follower{*spool, clock, tasks,
                          [this](const auto& batch) { return handle(batch); }};
};

TEST_F(OutboxFollowerTest, HandsOverEveryEventInOrderAndInBatches) {
  tell(2500);
  follower.start(0);
  run();
  EXPECT_THAT(sizes, ElementsAre(1000, 1000, 500));
  std::vector<std::uint64_t> all(2500);
  std::iota(all.begin(), all.end(), 1);
  EXPECT_EQ(taken, all);
  EXPECT_EQ(follower.position(), 2500u);
}

TEST_F(OutboxFollowerTest, BeginsBehindTheSequenceItWasGiven) {
  tell(5);
  follower.start(3);
  EXPECT_EQ(follower.position(), 3u);
  run();
  EXPECT_THAT(taken, ElementsAre(4, 5));
}

TEST_F(OutboxFollowerTest, HandsOverWhatIsToldLaterWithinAMoment) {
  follower.start(0);
  run();
  tell(1);
  advance(19ms);
  EXPECT_THAT(taken, IsEmpty());
  advance(1ms);
  EXPECT_THAT(taken, ElementsAre(1));
}

TEST_F(OutboxFollowerTest, HandsOverAgainASecondLaterWhatWasNotTaken) {
  takes = false;
  tell(2);
  follower.start(0);
  run();
  EXPECT_EQ(sizes.size(), 1u);
  EXPECT_EQ(follower.position(), 0u);
  takes = true;
  advance(999ms);
  EXPECT_EQ(sizes.size(), 1u);
  advance(1ms);
  EXPECT_THAT(taken, ElementsAre(1, 2));
}

TEST_F(OutboxFollowerTest, HoldsUpNobodyElseWhenItIsStuck) {
  takes = false;
  std::size_t others = 0;
  OutboxFollower other(*spool, clock, tasks, [&others](const auto& batch) {
    others += batch.size();
    return true;
  });
  tell(1200);
  follower.start(0);
  other.start(0);
  run();
  EXPECT_EQ(others, 1200u);
  EXPECT_THAT(taken, IsEmpty());
}

TEST_F(OutboxFollowerTest, LetsOthersHaveTheirTurnBetweenTwoBatches) {
  tell(3500);
  std::size_t batches_before_turn = 0;
  const auto turn = [&] { batches_before_turn = sizes.size(); };
  on_batch = [&] {
    if (sizes.size() == 1) boost::asio::post(loop, turn);
  };
  follower.start(0);
  run();
  EXPECT_EQ(batches_before_turn, 1u);
  EXPECT_EQ(taken.size(), 3500u);
}

TEST_F(OutboxFollowerTest, StopsInABacklogWhenItIsCancelled) {
  tell(3500);
  on_batch = [&] {
    if (sizes.size() == 1) boost::asio::post(loop, [this] { tasks.cancel(); });
  };
  follower.start(0);
  run();
  EXPECT_EQ(follower.position(), 1000u);
  EXPECT_TRUE(tasks.empty());
}

TEST_F(OutboxFollowerTest, HandsOverNothingMoreWhenItIsCancelledWhileItWaits) {
  follower.start(0);
  run();
  tell(3);
  stop_tasks();
  EXPECT_THAT(taken, IsEmpty());
  EXPECT_TRUE(tasks.empty());
}

TEST_F(OutboxFollowerTest, CatchesUpWithAllThatIsThere) {
  tell(2500);
  follower.catch_up();
  EXPECT_EQ(taken.size(), 2500u);
}

TEST_F(OutboxFollowerTest, LeavesABacklogThatIsLongForTheNextStart) {
  tell(6500);
  on_batch = [this] { clock.advance(300ms); };
  follower.catch_up();
  EXPECT_EQ(follower.position(), 4000u);
}

TEST_F(OutboxFollowerTest, CatchesUpNoFurtherThanItsHandlerTakes) {
  takes = false;
  tell(2);
  follower.catch_up();
  EXPECT_EQ(sizes.size(), 1u);
  EXPECT_EQ(follower.position(), 0u);
}

TEST_F(OutboxFollowerTest, HandsOverAgainFromWhereItWasSentBackTo) {
  tell(3);
  follower.start(0);
  run();
  follower.go_back(1);
  advance(20ms);
  EXPECT_THAT(taken, ElementsAre(1, 2, 3, 2, 3));
}

TEST_F(OutboxFollowerTest, CanBeSentBackByAHandlerThatDoesNotTakeItsBatch) {
  tell(2);
  follower.start(0);
  run();
  tell(1);
  takes = false;
  on_batch = [this] { follower.go_back(1); };
  advance(20ms);
  takes = true;
  on_batch = nullptr;
  advance(1s);
  EXPECT_THAT(taken, ElementsAre(1, 2, 2, 3));
}

TEST_F(OutboxFollowerTest, PassesOverNumbersThatWereForgotten) {
  tell(4);
  spool->forget_told(3, clock.wall());
  settle();
  follower.start(0);
  run();
  EXPECT_THAT(taken, ElementsAre(3, 4));
}

}  // namespace
}  // namespace posthaste
