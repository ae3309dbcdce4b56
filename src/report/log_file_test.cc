#include "report/log_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>

#include "report/log_archive.h"
#include "report/report_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace fs = std::filesystem;

// Lets no file of this process grow beyond a size, as a full disk does, for as long as it lives.
class FullDisk {
 public:
  explicit FullDisk(rlim_t size) {
    before_handler_ = ::signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit now{size, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &now), 0);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, before_handler_);
  }

 private:
  rlimit before_{};
  sighandler_t before_handler_ = SIG_DFL;
};

class LogFileTest : public testing::Test {
 protected:
  LogFileTest() { config.path = folder.path() / "events.jsonl"; }

  int sync(int descriptor) {
    ++syncs;
    if (!sync_fails) return ::fdatasync(descriptor);
    errno = EIO;
    return -1;
  }
  std::string content() const { return content_of(config.path); }
  std::string line(const std::string& id) const {
    Event event;
    event.event_id = id;
    event.time = clock.wall();
    return event.to_json() + "\n";
  }

  TemporaryFolder folder;
  ManualClock clock;
  LogConfig config;
  int syncs = 0;
  bool sync_fails = false;
  LogFile file{config, clock, [this](int descriptor) { return sync(descriptor); }};
};

TEST_F(LogFileTest, AppendsToWhatIsThere) {
  write_file(config.path, "one\n");
  ASSERT_TRUE(file.open());
  ASSERT_TRUE(file.append("two\nthree\n"));
  EXPECT_EQ(content(), "one\ntwo\nthree\n");
}

TEST_F(LogFileTest, OpensItselfAtTheFirstAppend) {
  ASSERT_TRUE(file.append("one\n"));
  EXPECT_EQ(content(), "one\n");
}

TEST_F(LogFileTest, LetsOnlyItsOwnerAndGroupReadIt) {
  ASSERT_TRUE(file.open());
  const auto others = fs::perms::others_all | fs::perms::group_write;
  EXPECT_EQ(fs::status(config.path).permissions() & others, fs::perms::none);
}

TEST_F(LogFileTest, CutsOffALineThatACrashLeftUnfinished) {
  write_file(config.path, "one\ntw");
  ASSERT_TRUE(file.open());
  ASSERT_TRUE(file.append("two\n"));
  EXPECT_EQ(content(), "one\ntwo\n");
}

TEST_F(LogFileTest, CutsOffAnUnfinishedLineOfAnyLength) {
  write_file(config.path, "one\n" + std::string(2 << 20, 'x'));
  ASSERT_TRUE(file.open());
  EXPECT_EQ(content(), "one\n");
}

TEST_F(LogFileTest, SaysWhichFileCannotBeOpened) {
  write_file(folder.path() / "taken", "");
  config.path = folder.path() / "taken" / "events.jsonl";
  const auto opened = file.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message(), config.path.string() + ": Not a directory");
}

TEST_F(LogFileTest, SyncsOnlyWhatIsNotSyncedYet) {
  ASSERT_TRUE(file.append("one\n"));
  EXPECT_EQ(syncs, 0);
  ASSERT_TRUE(file.sync());
  EXPECT_EQ(syncs, 1);
  ASSERT_TRUE(file.append(""));
  ASSERT_TRUE(file.sync());
  EXPECT_EQ(syncs, 1);
  ASSERT_TRUE(file.append("two\n"));
  ASSERT_TRUE(file.sync());
  EXPECT_EQ(syncs, 2);
}

TEST_F(LogFileTest, SyncsWhatAnotherProcessHasWritten) {
  write_file(config.path, "one\n");
  ASSERT_TRUE(file.open());
  ASSERT_TRUE(file.sync());
  EXPECT_EQ(syncs, 1);
}

TEST_F(LogFileTest, TakesBackABatchOfWhichTheDiskTookOnlyAPart) {
  ASSERT_TRUE(file.append("one\n"));
  ASSERT_TRUE(file.sync());
  {
    const FullDisk full(9);
    EXPECT_FALSE(file.append("two\nthree\nfour\n"));
  }
  EXPECT_EQ(content(), "one\ntwo\nt");
  ASSERT_TRUE(file.append("two\nthree\n"));
  EXPECT_EQ(content(), "one\ntwo\nthree\n");
}

TEST_F(LogFileTest, TakesBackAllThatWasNotSyncedWhenAWriteFails) {
  ASSERT_TRUE(file.append("one\n"));
  ASSERT_TRUE(file.sync());
  ASSERT_TRUE(file.append("two\n"));
  {
    const FullDisk full(10);
    EXPECT_FALSE(file.append("three\n"));
  }
  ASSERT_TRUE(file.append("two\nthree\n"));
  EXPECT_EQ(content(), "one\ntwo\nthree\n");
}

TEST_F(LogFileTest, TakesBackWhatCouldNotBeSynced) {
  write_file(config.path, "zero\n");
  ASSERT_TRUE(file.append("one\n"));
  sync_fails = true;
  EXPECT_FALSE(file.sync());
  sync_fails = false;
  ASSERT_TRUE(file.append("one\n"));
  EXPECT_EQ(content(), "zero\none\n");
  EXPECT_TRUE(file.sync());
}

TEST_F(LogFileTest, TakesNothingBackFromAFileThatSomebodyElsePutThere) {
  ASSERT_TRUE(file.append("one\n"));
  sync_fails = true;
  EXPECT_FALSE(file.sync());
  const fs::path other = folder.path() / "other";
  write_file(other, "a line of another file\n");
  fs::rename(other, config.path);
  ASSERT_TRUE(file.append("one\n"));
  EXPECT_EQ(content(), "a line of another file\none\n");
}

TEST_F(LogFileTest, WantsToBePutAwayWhenItIsFull) {
  config.max_size = Bytes(8);
  ASSERT_TRUE(file.append("one\n"));
  EXPECT_FALSE(file.wants_rotation());
  ASSERT_TRUE(file.append("two\n"));
  EXPECT_TRUE(file.wants_rotation());
}

TEST_F(LogFileTest, CountsTheSizeThatItFound) {
  config.max_size = Bytes(8);
  write_file(config.path, "one\ntwo\n");
  ASSERT_TRUE(file.open());
  EXPECT_TRUE(file.wants_rotation());
}

TEST_F(LogFileTest, WantsToBePutAwayWhenItIsOld) {
  ASSERT_TRUE(file.append(line("1")));
  clock.advance(24h - 1s);
  EXPECT_FALSE(file.wants_rotation());
  clock.advance(1s);
  EXPECT_TRUE(file.wants_rotation());
}

TEST_F(LogFileTest, IsAsOldAsItsFirstLine) {
  write_file(config.path, line("1"));
  clock.advance(20h);
  ASSERT_TRUE(file.append(line("2")));
  EXPECT_FALSE(file.wants_rotation());
  clock.advance(4h);
  EXPECT_TRUE(file.wants_rotation());
}

TEST_F(LogFileTest, BeginsToAgeWhenItIsOpenedIfItsFirstLineSaysNoTime) {
  write_file(config.path, "a title\n" + line("1"));
  clock.advance(20h);
  ASSERT_TRUE(file.open());
  clock.advance(24h - 1s);
  EXPECT_FALSE(file.wants_rotation());
  clock.advance(1s);
  EXPECT_TRUE(file.wants_rotation());
}

TEST_F(LogFileTest, IsNotPutAwayWhileItIsEmpty) {
  ASSERT_TRUE(file.open());
  clock.advance(48h);
  EXPECT_FALSE(file.wants_rotation());
}

TEST_F(LogFileTest, BeginsANewFileAndANewAgeWhenItIsPutAway) {
  ASSERT_TRUE(file.append(line("1")));
  ASSERT_TRUE(file.sync());
  clock.advance(25h);
  const auto put_away = file.rotate();
  ASSERT_TRUE(put_away);
  ASSERT_TRUE(*put_away);
  EXPECT_EQ(**put_away, config.path.string() + ".20260102T010000Z");
  ASSERT_TRUE(file.append(line("2")));
  EXPECT_EQ(content(), line("2"));
  EXPECT_FALSE(file.wants_rotation());
}

TEST_F(LogFileTest, NeverOverwritesAFileThatWasPutAwayInTheSameSecond) {
  for (const char* text : {"one\n", "two\n", "three\n"}) {
    ASSERT_TRUE(file.append(text));
    ASSERT_TRUE(file.sync());
    ASSERT_TRUE(file.rotate());
  }
  const auto files = LogArchive(config).files();
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(content_of(files[0]), "one\n");
  EXPECT_EQ(content_of(files[1]), "two\n");
  EXPECT_EQ(content_of(files[2]), "three\n");
}

TEST_F(LogFileTest, BeginsANewFileWhenTheOldOneWasDeleted) {
  ASSERT_TRUE(file.append("one\n"));
  ASSERT_TRUE(file.sync());
  EXPECT_FALSE(file.wants_rotation());
  fs::remove(config.path);
  EXPECT_TRUE(file.wants_rotation());
  const auto put_away = file.rotate();
  ASSERT_TRUE(put_away);
  EXPECT_FALSE(*put_away);
  ASSERT_TRUE(file.append("two\n"));
  EXPECT_EQ(content(), "two\n");
  EXPECT_THAT(LogArchive(config).files(), IsEmpty());
}

TEST_F(LogFileTest, LeavesAFileAloneThatSomebodyElsePutInItsPlace) {
  ASSERT_TRUE(file.append("one\n"));
  ASSERT_TRUE(file.sync());
  fs::rename(config.path, folder.path() / "elsewhere");
  write_file(config.path, "other\n");
  EXPECT_TRUE(file.wants_rotation());
  ASSERT_TRUE(file.rotate());
  ASSERT_TRUE(file.append("two\n"));
  EXPECT_EQ(content(), "other\ntwo\n");
  EXPECT_EQ(content_of(folder.path() / "elsewhere"), "one\n");
}

TEST_F(LogFileTest, NeverRenamesWhatIsNoRegularFile) {
  config.max_size = Bytes(1);
  config.max_age = 0s;
  ASSERT_EQ(::mkfifo(config.path.c_str(), 0600), 0);
  ASSERT_TRUE(file.append("one\n"));
  ASSERT_TRUE(file.sync());
  EXPECT_FALSE(file.wants_rotation());
  EXPECT_FALSE(file.rotate());
  EXPECT_TRUE(fs::is_fifo(config.path));
  ASSERT_TRUE(file.append("two\n"));
  auto reader = FileHandle::open(config.path, O_RDONLY | O_NONBLOCK);
  ASSERT_TRUE(reader);
  std::string text(100, '\0');
  text.resize(*reader->read(text.data(), text.size()));
  EXPECT_EQ(text, "one\ntwo\n");
}

TEST_F(LogFileTest, GoesOnInItsFileWhenThatCannotBePutAway) {
  ASSERT_TRUE(file.append("one\n"));
  ASSERT_TRUE(file.sync());
  // A name that is as long as names can be has no room for a time behind it.
  const fs::path longest = folder.path() / std::string(250, 'x');
  fs::rename(config.path, longest);
  config.path = longest;
  EXPECT_FALSE(file.rotate());
  ASSERT_TRUE(file.append("two\n"));
  EXPECT_EQ(content(), "one\ntwo\n");
}

}  // namespace
}  // namespace posthaste
