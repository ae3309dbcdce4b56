// What an event log tells after crashes, power cuts and failing disks: every event, and none twice.
#include "report/event_log.h"
#include "report/event_log_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

TEST_F(EventLogTest, TellsNothingTwiceWhenItCrashesBeforeItsCursorFollows) {
  start();
  tell(3);
  advance(kTold);
  crash();
  EXPECT_EQ(cursor(), "");
  tell(1);
  start();
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3, 4));
}

TEST_F(EventLogTest, TellsAgainAnEventWhoseLineACrashLeftUnfinished) {
  start();
  tell(2);
  advance(kTold);
  crash();
  fs::resize_file(config.path, fs::file_size(config.path) - 5);
  start();
  EXPECT_THAT(ids(), ElementsAre(1, 2));
}

TEST_F(EventLogTest, FindsItsPlaceBehindALineOfAnyLength) {
  start();
  Event event = event_of(EventType::delivery);
  event.subject = std::string(3 << 20, 'x');
  tell({event});
  advance(kTold);
  crash();
  start();
  EXPECT_THAT(ids(), ElementsAre(1));
}

TEST_F(EventLogTest, FindsItsPlaceInTheFilePutAwayWhenTheNewOneIsEmpty) {
  start();
  tell(3);
  advance(kTold);
  crash();
  fs::rename(config.path, LogArchive(config).new_name(clock.wall()));
  tell(1);
  start();
  EXPECT_THAT(ids(), ElementsAre(4));
}

TEST_F(EventLogTest, FindsItsPlaceInFrontOfALineThatIsNoEvent) {
  start();
  tell(2);
  advance(kTold);
  crash();
  write_file(config.path, content_of(config.path) + std::string(100, '\0') + "\nrotated by hand\n");
  tell(1);
  start();
  const std::string content = content_of(config.path);
  EXPECT_THAT(content, HasSubstr("\"event_id\":\"3\""));
  EXPECT_EQ(content.find("\"event_id\":\"2\""), content.rfind("\"event_id\":\"2\""));
}

TEST_F(EventLogTest, LosesNoEventThatItsCursorHasPassedWhenThePowerFails) {
  start();
  tell(3);
  secure();
  tell(2);
  advance(kTold);
  settle();
  ASSERT_THAT(ids(), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(cursor(), "3");
  crash();
  medium.cut_power(config.path);
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3));
  start();
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(EventLogTest, SyncsAFileBeforeItIsPutAway) {
  config.max_size = Bytes(100);
  start();
  tell(3);
  advance(kTold);
  tell(1);
  advance(kTold);
  crash();
  ASSERT_EQ(put_away().size(), 1u);
  medium.cut_power(put_away()[0]);
  EXPECT_THAT(ids_in(put_away()[0]), ElementsAre(1, 2, 3));
}

TEST_F(EventLogTest, SyncsWhatACrashedServerWroteBeforeItsCursorPassesIt) {
  start();
  tell(3);
  advance(kTold);
  crash();
  start();
  secure();
  EXPECT_EQ(cursor(), "3");
  crash();
  medium.cut_power(config.path);
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3));
}

TEST_F(EventLogTest, WritesAgainWhatAFailedSyncLeftInDoubt) {
  start();
  tell(1);
  secure();
  medium.fails = true;
  tell(2);
  advance(kTold);
  secure();
  EXPECT_EQ(cursor(), "1");
  EXPECT_EQ(log->position(), 1u);
  EXPECT_THAT(said.str(), HasSubstr("a log cannot be written; its events wait"));
  medium.fails = false;
  tell(1);
  secure();
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(cursor(), "4");
  EXPECT_THAT(said.str(), HasSubstr("the log is written again"));
}

TEST_F(EventLogTest, DoesNotPutAwayAFileThatCannotBeSynced) {
  config.max_size = Bytes(100);
  start();
  tell(1);
  advance(kTold);
  medium.fails = true;
  tell(1);
  advance(kTold);
  EXPECT_THAT(put_away(), IsEmpty());
  medium.fails = false;
  secure();
  secure();
  ASSERT_EQ(put_away().size(), 0u);
  EXPECT_THAT(ids(), ElementsAre(1, 2));
}

TEST_F(EventLogTest, TellsTheEventsOfANewSpoolThoughAnOldLogIsAhead) {
  Event old = event_of(EventType::delivery);
  old.event_id = "50";
  write_file(config.path, old.to_json() + "\n");
  tell(3);
  start();
  EXPECT_THAT(ids(), ElementsAre(50, 1, 2, 3));
  EXPECT_THAT(said.str(), HasSubstr("a log tells of events that the spool does not have"));
}

TEST_F(EventLogTest, TellsTheEventsOfANewSpoolThoughAnOldLogHasTheSameNumbers) {
  start();
  tell(2);
  stop();
  open_spool("new");
  tell(3);
  start();
  EXPECT_THAT(ids(), ElementsAre(1, 2, 1, 2, 3));
  // From here on the two agree.
  crash();
  tell(1);
  start();
  EXPECT_THAT(ids(), ElementsAre(1, 2, 1, 2, 3, 4));
}

TEST_F(EventLogTest, TellsOtherEventsUnderTheNumbersThatAPowerCutTookFromTheSpool) {
  start();
  tell(3);
  advance(kTold);
  crash();
  Event lost = event_of(EventType::delivery);
  std::string content = content_of(config.path);
  for (const char* id : {"4", "5"}) {
    lost.event_id = id;
    content += lost.to_json() + "\n";
  }
  write_file(config.path, content);
  tell(1);
  start();
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3, 4, 5, 4));
  tell(1);
  advance(kTold);
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3, 4, 5, 4, 5));
}

TEST_F(EventLogTest, TakesACursorBeyondTheSpoolForNone) {
  tell(2);
  spool->put_state("cursor/log/events", "1000");
  settle();
  start();
  EXPECT_THAT(ids(), ElementsAre(1, 2));
}

TEST_F(EventLogTest, CompressesAtItsStartWhatACrashLeft) {
  const fs::path left = config.path.string() + ".20251231T000000Z";
  write_file(left, "{}\n");
  start();
  secure();
  finish_disk_work();
  EXPECT_THAT(put_away(), ElementsAre(left.string() + ".zst"));
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(EventLogTest, CompressesWhatACrashLeftOnlyOnceItsCursorStandsBehindIt) {
  start();
  tell(3);
  advance(kTold);
  crash();
  const fs::path left = LogArchive(config).new_name(clock.wall());
  fs::rename(config.path, left);
  start();
  medium.fails = true;
  secure();
  finish_disk_work();
  EXPECT_THAT(put_away(), ElementsAre(left));
  medium.fails = false;
  secure();
  secure();
  finish_disk_work();
  EXPECT_EQ(cursor(), "3");
  EXPECT_THAT(put_away(), ElementsAre(left.string() + ".zst"));
}

}  // namespace
}  // namespace posthaste
