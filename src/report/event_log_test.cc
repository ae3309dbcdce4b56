#include "report/event_log.h"

#include "report/event_log_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace fs = std::filesystem;

TEST_F(EventLogTest, WritesEachEventAsOneLineWithItsSequenceAsId) {
  start();
  Event event = event_of(EventType::delivery);
  tell({event});
  advance(kTold);
  event.event_id = "1";
  EXPECT_EQ(content_of(config.path), event.to_json() + "\n");
}

TEST_F(EventLogTest, TellsABacklogFromTheBeginningInOrder) {
  tell(2500);
  start();
  std::vector<int> all;
  for (int id = 1; id <= 2500; ++id) all.push_back(id);
  EXPECT_EQ(ids(), all);
}

TEST_F(EventLogTest, WritesOnlyTheTypesItIsAskedFor) {
  config.types = {"bounce", "expiration"};
  start();
  tell(1, EventType::delivery);
  tell(1, EventType::bounce);
  tell(1, EventType::reception);
  tell(1, EventType::expiration);
  advance(kTold);
  EXPECT_THAT(ids(), ElementsAre(2, 4));
}

TEST_F(EventLogTest, LeavesOutADamagedEventAndSaysSo) {
  tell(1);
  tell_damaged("spool", MessageId::generate(clock.wall()));
  tell(1);
  start();
  EXPECT_THAT(ids(), ElementsAre(1, 3));
  EXPECT_THAT(said.str(), HasSubstr("an event cannot be read and is left out sequence=2"));
}

TEST_F(EventLogTest, MakesTheFolderOfItsFile) {
  config.path = folder.path() / "a" / "b" / "events.jsonl";
  tell(1);
  start();
  EXPECT_THAT(ids(), ElementsAre(1));
}

TEST_F(EventLogTest, GoesOnBehindItsCursorWithoutTellingTwice) {
  start();
  tell(3);
  advance(kTold);
  stop();
  EXPECT_EQ(cursor(), "3");
  tell(2);
  start();
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(EventLogTest, RemembersEventsThatItDoesNotWrite) {
  config.types = {"bounce"};
  start();
  tell(3, EventType::delivery);
  advance(kTold);
  stop();
  EXPECT_EQ(cursor(), "3");
  EXPECT_THAT(ids(), IsEmpty());
}

TEST_F(EventLogTest, WritesWhatIsThereWhenTheServerStops) {
  start();
  tell(3);
  stop();
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3));
  EXPECT_EQ(cursor(), "3");
}

TEST_F(EventLogTest, LetsItsCursorFollowOnceASecond) {
  start();
  tell(2);
  advance(kTold);
  settle();
  EXPECT_EQ(cursor(), "");
  EXPECT_EQ(log->position(), 0u);
  advance(kSecured);
  settle();
  EXPECT_EQ(cursor(), "2");
  EXPECT_EQ(log->position(), 2u);
}

TEST_F(EventLogTest, BeginsANewFileWhenTheOldOneIsFull) {
  config.max_size = Bytes(100);
  start();
  tell(1);
  advance(kTold);
  EXPECT_THAT(put_away(), IsEmpty());
  tell(1);
  advance(kTold);
  ASSERT_EQ(put_away().size(), 1u);
  EXPECT_THAT(ids_in(put_away()[0]), ElementsAre(1));
  EXPECT_THAT(ids(), ElementsAre(2));
}

TEST_F(EventLogTest, BeginsANewFileInTheMiddleOfABacklog) {
  config.max_size = Bytes(1000);
  config.compress = false;
  tell(2500);
  start();
  ASSERT_EQ(put_away().size(), 2u);
  EXPECT_EQ(ids_in(put_away()[0]).back(), 1000);
  EXPECT_EQ(ids_in(put_away()[1]).back(), 2000);
  EXPECT_EQ(ids().back(), 2500);
}

TEST_F(EventLogTest, PutsAFileAwayByItsAgeHoweverOftenTheServerIsRestarted) {
  for (int i = 0; i < 3; ++i) {
    start();
    tell(1);
    advance(kTold);
    clock.advance(9h);
    stop();
  }
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3));
  start();
  tell(1);
  advance(kTold);
  ASSERT_EQ(put_away().size(), 1u);
  EXPECT_THAT(ids(), ElementsAre(4));
}

TEST_F(EventLogTest, CompressesAFileThatIsPutAwayOnceItsCursorStandsBehindIt) {
  config.max_size = Bytes(100);
  start();
  tell(1);
  advance(kTold);
  tell(1);
  advance(kTold);
  finish_disk_work();
  ASSERT_EQ(put_away().size(), 1u);
  EXPECT_FALSE(is_packed(put_away()[0]));
  secure();
  finish_disk_work();
  ASSERT_EQ(put_away().size(), 1u);
  EXPECT_TRUE(is_packed(put_away()[0]));
}

TEST_F(EventLogTest, KeepsAsManyFilesAsItIsAskedTo) {
  config.max_size = Bytes(100);
  config.keep = 2;
  start();
  for (int i = 0; i < 6; ++i) {
    tell(1);
    advance(kTold);
    secure();
  }
  finish_disk_work();
  EXPECT_EQ(put_away().size(), 2u);
  EXPECT_THAT(ids(), ElementsAre(6));
}

TEST_F(EventLogTest, StartsANewFileWhenTheOldOneWasDeleted) {
  start();
  tell(3);
  advance(kTold);
  fs::remove(config.path);
  tell(1);
  advance(kTold);
  EXPECT_THAT(ids(), ElementsAre(4));
  EXPECT_THAT(said.str(), HasSubstr("somebody has removed a log: a new one is begun"));
}

TEST_F(EventLogTest, StartsANewFileWhenTheOldOneWasDeletedAndHadToBePutAway) {
  start();
  tell(3);
  advance(kTold);
  fs::remove(config.path);
  clock.advance(25h);
  tell(1);
  advance(kTold);
  EXPECT_THAT(ids(), ElementsAre(4));
  EXPECT_THAT(put_away(), IsEmpty());
  secure();
  EXPECT_EQ(log->position(), 4u);
}

TEST_F(EventLogTest, StartsANewFileWhenTheWholeFolderWasDeleted) {
  start();
  tell(3);
  secure();
  fs::remove_all(config.path.parent_path());
  tell(1);
  advance(kTold);
  EXPECT_THAT(ids(), ElementsAre(4));
}

TEST_F(EventLogTest, StartsANewFileWhenSomebodyElseHasPutTheOldOneAway) {
  start();
  tell(3);
  advance(kTold);
  const fs::path elsewhere = config.path.string() + ".1";
  fs::rename(config.path, elsewhere);
  tell(1);
  advance(kTold);
  EXPECT_THAT(ids_in(elsewhere), ElementsAre(1, 2, 3));
  EXPECT_THAT(ids(), ElementsAre(4));
}

TEST_F(EventLogTest, GrowsOnWhenItCannotBePutAway) {
  // A name that is nearly as long as names can be has no room for a time behind it.
  config.path = folder.path() / std::string(250, 'x');
  config.max_size = Bytes(100);
  start();
  tell(1);
  advance(kTold);
  tell(1);
  advance(kTold);
  EXPECT_THAT(ids(), ElementsAre(1, 2));
  EXPECT_THAT(said.str(), HasSubstr("a log cannot be put away and grows"));
  secure();
  EXPECT_EQ(log->position(), 2u);
}

TEST_F(EventLogTest, WaitsForAPathThatIsMended) {
  fs::remove_all(config.path.parent_path());
  write_file(config.path.parent_path(), "a file where the folder should be");
  tell(2);
  start();
  secure();
  EXPECT_EQ(log->position(), 0u);
  EXPECT_THAT(said.str(), HasSubstr("a log cannot be written; its events wait"));
  EXPECT_THAT(said.str(), Not(HasSubstr("the log is written again")));
  fs::remove(config.path.parent_path());
  secure();
  EXPECT_THAT(ids(), ElementsAre(1, 2));
  EXPECT_EQ(log->position(), 2u);
  EXPECT_THAT(said.str(), HasSubstr("the log is written again"));
}

TEST_F(EventLogTest, FindsItsPlaceInAFileThatItCouldNotOpenAtFirst) {
  start();
  tell(3);
  advance(kTold);
  crash();
  const fs::path elsewhere = folder.path() / "elsewhere";
  fs::rename(config.path.parent_path(), elsewhere);
  write_file(config.path.parent_path(), "a file where the folder should be");
  start();
  fs::remove(config.path.parent_path());
  fs::rename(elsewhere, config.path.parent_path());
  tell(1);
  secure();
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3, 4));
}

TEST_F(EventLogTest, HasACursorOfItsOwnBesideALogBlockOfTheSameName) {
  config.name = "bounces";
  tell(1, EventType::bounce);
  start();
  stop();
  EXPECT_EQ(cursor("cursor/log/bounces"), "1");
  BounceConfig bounce;
  bounce.log_path = folder.path() / "log" / "bounces.log";
  config = bounce.as_log();
  start();
  EXPECT_THAT(ids(), ElementsAre(1));
  tell(1, EventType::bounce);
  stop();
  EXPECT_EQ(cursor("cursor/log/bounces"), "1");
}

TEST_F(EventLogTest, TakesOverTheFormerCursorOfTheLogOfBouncesWhereItWasAtWork) {
  BounceConfig bounce;
  bounce.log_path = folder.path() / "log" / "bounces.log";
  config = bounce.as_log();
  tell(3, EventType::bounce);
  spool->put_state("cursor/log/bounces", "2");
  settle();
  // What the cursor stands behind was put away and compressed long ago.
  write_file(config.path.string() + ".20251231T000000Z.zst", "compressed");
  start();
  EXPECT_THAT(ids(), ElementsAre(3));
  stop();
  EXPECT_EQ(cursor(config.cursor_key()), "3");
}

}  // namespace
}  // namespace posthaste
