#include "report/outbox_trim.h"

#include "report/report_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kDay = 24h;

class OutboxTrimTest : public ReportTest {
 protected:
  ~OutboxTrimTest() override { stop_tasks(); }

  std::vector<std::uint64_t> kept() {
    settle();
    std::vector<std::uint64_t> sequences;
    const auto told = spool->told(0, 1000);
    EXPECT_TRUE(told);
    for (const Spool::Told& one : *told) sequences.push_back(one.sequence);
    return sequences;
  }

  std::uint64_t slowest = 1000;
  OutboxTrim trim{*spool, clock, tasks, [this] { return slowest; }};
};

TEST_F(OutboxTrimTest, ForgetsWhatIsOlderThanAWeek) {
  tell(3);
  clock.advance(4 * kDay);
  tell(2);
  clock.advance(4 * kDay);
  trim.trim();
  EXPECT_THAT(kept(), ElementsAre(4, 5));
}

TEST_F(OutboxTrimTest, KeepsWhatIsJustAWeekOld) {
  tell(2);
  clock.advance(7 * kDay);
  trim.trim();
  EXPECT_THAT(kept(), ElementsAre(1, 2));
}

TEST_F(OutboxTrimTest, KeepsWhatTheSlowestReaderHasNotPassed) {
  tell(5);
  clock.advance(8 * kDay);
  slowest = 2;
  trim.trim();
  EXPECT_THAT(kept(), ElementsAre(3, 4, 5));
  slowest = 0;
  trim.trim();
  EXPECT_THAT(kept(), ElementsAre(3, 4, 5));
}

TEST_F(OutboxTrimTest, KeepsTheLastEventHoweverOldForTheNumbersGoOnFromThere) {
  tell(5);
  clock.advance(30 * kDay);
  trim.trim();
  EXPECT_THAT(kept(), ElementsAre(5));
  trim.trim();
  EXPECT_THAT(kept(), ElementsAre(5));
  tell(1);
  EXPECT_EQ(spool->last_told(), 6u);
}

TEST_F(OutboxTrimTest, FindsTheFirstYoungEventWhereverItIs) {
  for (std::uint64_t old = 0; old <= 9; ++old) {
    open_spool("spool-" + std::to_string(old));
    OutboxTrim one(*spool, clock, tasks, [this] { return slowest; });
    tell(old);
    clock.advance(8 * kDay);
    tell(10 - old);
    one.trim();
    const std::vector<std::uint64_t> sequences = kept();
    ASSERT_FALSE(sequences.empty());
    EXPECT_EQ(sequences.front(), old + 1);
    EXPECT_EQ(sequences.back(), 10u);
  }
}

TEST_F(OutboxTrimTest, HasNothingToDoInAnEmptyOutbox) {
  trim.trim();
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(OutboxTrimTest, IsNotHeldUpByADamagedEvent) {
  tell_damaged("spool", MessageId::generate(clock.wall()));
  OutboxTrim again(*spool, clock, tasks, [this] { return slowest; });
  tell(2);
  again.trim();
  EXPECT_THAT(kept(), ElementsAre(2, 3));
}

TEST_F(OutboxTrimTest, ForgetsTheTimelinesOfMessagesThatNoQueueCanHold) {
  Event of_old = event_of(EventType::reception);
  const MessageId old = *MessageId::parse(of_old.message_id);
  tell({of_old});
  clock.advance(15 * kDay);
  const MessageId young = MessageId::generate(clock.wall());
  // Both tell of something new; what is old is the message.
  of_old.time = clock.wall();
  Event of_young = of_old;
  of_young.message_id = young.to_string();
  tell({of_old, of_young});
  trim.trim();
  settle();
  EXPECT_THAT(*spool->told_of(old), IsEmpty());
  EXPECT_EQ(spool->told_of(young)->size(), 1u);
}

TEST_F(OutboxTrimTest, ComesRoundOnceAnHour) {
  tell(3);
  clock.advance(7 * kDay - 30min);
  trim.start();
  run();
  EXPECT_THAT(kept(), ElementsAre(1, 2, 3));
  advance(59min);
  EXPECT_THAT(kept(), ElementsAre(1, 2, 3));
  advance(1min);
  EXPECT_THAT(kept(), ElementsAre(3));
}

}  // namespace
}  // namespace posthaste
