#include "report/log_archive.h"

#include <sys/stat.h>
#include <zstd.h>

#include <chrono>
#include <random>

#include "report/report_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace fs = std::filesystem;

std::string unpack(const std::string& packed) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     &ZSTD_freeDCtx);
  std::string text;
  std::string piece(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer input{packed.data(), packed.size(), 0};
  std::size_t rest = 1;
  while (rest != 0) {
    const std::size_t before = input.pos;
    ZSTD_outBuffer output{piece.data(), piece.size(), 0};
    rest = ZSTD_decompressStream(context.get(), &output, &input);
    const bool is_stuck = output.pos == 0 && input.pos == before && rest != 0;
    if (ZSTD_isError(rest) != 0 || is_stuck) return "this is not compressed as a whole";
    text.append(piece, 0, output.pos);
  }
  return text;
}

class LogArchiveTest : public testing::Test {
 protected:
  LogArchiveTest() { config.path = folder.path() / "events.jsonl"; }

  fs::path beside(const std::string& ending) const { return config.path.string() + ending; }
  fs::path put(const std::string& ending, const std::string& content = "{}\n") const {
    write_file(beside(ending), content);
    return beside(ending);
  }
  // What stands behind the log's own name.
  std::vector<std::string> files() const {
    std::vector<std::string> endings;
    for (const fs::path& file : LogArchive(config).files()) {
      endings.push_back(file.string().substr(config.path.string().size()));
    }
    return endings;
  }

  TemporaryFolder folder;
  ManualClock clock;
  LogConfig config;
};

TEST_F(LogArchiveTest, NamesAFileByTheSecondInWhichItIsPutAway) {
  clock.advance(1h + 2min + 3500ms);
  EXPECT_EQ(LogArchive(config).new_name(clock.wall()), beside(".20260101T010203Z"));
}

TEST_F(LogArchiveTest, NumbersTheFilesOfOneSecond) {
  put(".20260101T000000Z.zst");
  EXPECT_EQ(LogArchive(config).new_name(clock.wall()), beside(".20260101T000000Z-1"));
  put(".20260101T000000Z-9");
  EXPECT_EQ(LogArchive(config).new_name(clock.wall()), beside(".20260101T000000Z-10"));
  clock.advance(1s);
  EXPECT_EQ(LogArchive(config).new_name(clock.wall()), beside(".20260101T000001Z"));
}

TEST_F(LogArchiveTest, ListsTheOldestFirst) {
  for (const char* ending : {".20260101T000001Z.zst", ".20260101T000000Z-10", ".20251231T235959Z",
                             ".20260101T000000Z.zst", ".20260101T000000Z-2.zst"}) {
    put(ending);
  }
  EXPECT_THAT(files(),
              ElementsAre(".20251231T235959Z", ".20260101T000000Z.zst", ".20260101T000000Z-2.zst",
                          ".20260101T000000Z-10", ".20260101T000001Z.zst"));
}

TEST_F(LogArchiveTest, TakesNothingElseForItsOwn) {
  for (const char* ending :
       {"", ".1", ".20260101", ".20260101T000000Z.zst.tmp", ".20260101T000000Z.gz",
        ".20260101T000000Z-", ".20260101T000000Z-x", ".20260101T000000Z-1x", ".20260101T000000",
        ".2026-backup", "x.20260101T000000Z"}) {
    put(ending);
  }
  EXPECT_THAT(files(), IsEmpty());
  config.keep = 0;
  ASSERT_TRUE(LogArchive(config).tidy({}));
  EXPECT_TRUE(fs::exists(beside(".1")));
  EXPECT_TRUE(fs::exists(beside(".2026-backup")));
  EXPECT_TRUE(fs::exists(config.path));
}

TEST_F(LogArchiveTest, FindsNothingWhereThereIsNoFolder) {
  config.path = folder.path() / "none" / "events.jsonl";
  EXPECT_THAT(files(), IsEmpty());
  EXPECT_THAT(LogArchive(config).unpacked(), IsEmpty());
}

TEST_F(LogArchiveTest, CountsAFileAndItsCopyOnce) {
  put(".20260101T000000Z");
  put(".20260101T000000Z.zst");
  EXPECT_THAT(files(), ElementsAre(".20260101T000000Z"));
}

TEST_F(LogArchiveTest, CompressesWhatItIsGiven) {
  // Larger than any buffer, and not all alike.
  std::string content;
  std::mt19937 random(1);
  while (content.size() < (3 << 20)) content += std::to_string(random()) + "\n";
  const fs::path file = put(".20260101T000000Z", content);
  const auto tidied = LogArchive(config).tidy({file});
  ASSERT_TRUE(tidied) << tidied.error().message();
  EXPECT_THAT(files(), ElementsAre(".20260101T000000Z.zst"));
  const std::string packed = content_of(file.string() + ".zst");
  EXPECT_LT(packed.size(), content.size());
  EXPECT_TRUE(unpack(packed) == content);
  EXPECT_FALSE(fs::exists(file.string() + ".zst.tmp"));
}

TEST_F(LogArchiveTest, CompressesAnEmptyFile) {
  const fs::path file = put(".20260101T000000Z", "");
  ASSERT_TRUE(LogArchive(config).tidy({file}));
  EXPECT_EQ(unpack(content_of(file.string() + ".zst")), "");
}

TEST_F(LogArchiveTest, LetsNobodyElseReadACompressedFileEither) {
  const fs::path file = put(".20260101T000000Z");
  ASSERT_TRUE(LogArchive(config).tidy({file}));
  const auto others = fs::perms::others_all | fs::perms::group_write;
  EXPECT_EQ(fs::status(file.string() + ".zst").permissions() & others, fs::perms::none);
}

TEST_F(LogArchiveTest, CompressesAnewWhatACrashLeftHalfDone) {
  const fs::path file = put(".20260101T000000Z", "all of it\n");
  put(".20260101T000000Z.zst", "half of");
  put(".20260101T000000Z.zst.tmp", "a longer text than the other that a crash left behind");
  ASSERT_TRUE(LogArchive(config).tidy(LogArchive(config).unpacked()));
  EXPECT_THAT(files(), ElementsAre(".20260101T000000Z.zst"));
  EXPECT_EQ(unpack(content_of(file.string() + ".zst")), "all of it\n");
}

TEST_F(LogArchiveTest, PassesOverAFileThatIsGone) {
  const fs::path file = put(".20260101T000000Z");
  const auto tidied = LogArchive(config).tidy({beside(".20251231T000000Z"), file});
  EXPECT_TRUE(tidied) << tidied.error().message();
  EXPECT_THAT(files(), ElementsAre(".20260101T000000Z.zst"));
}

TEST_F(LogArchiveTest, KeepsTheFileAndCompressesTheOthersWhenOneFails) {
  const fs::path one = put(".20260101T000000Z");
  const fs::path other = put(".20260101T000001Z");
  // Where the unfinished copy should go there is a folder.
  fs::create_directory(one.string() + ".zst.tmp");
  EXPECT_FALSE(LogArchive(config).tidy({one, other}));
  EXPECT_THAT(files(), ElementsAre(".20260101T000000Z", ".20260101T000001Z.zst"));
}

TEST_F(LogArchiveTest, CompressesNothingWhenItIsNotToldTo) {
  config.compress = false;
  const fs::path file = put(".20260101T000000Z");
  EXPECT_THAT(LogArchive(config).unpacked(), IsEmpty());
  ASSERT_TRUE(LogArchive(config).tidy({file}));
  EXPECT_THAT(files(), ElementsAre(".20260101T000000Z"));
}

TEST_F(LogArchiveTest, RemovesTheOldestBeyondThoseToKeep) {
  put(".20260101T000000Z");
  put(".20260101T000000Z.zst");
  put(".20260101T000000Z-1.zst");
  put(".20260101T000001Z.zst");
  put(".20260101T000002Z.zst");
  config.keep = 2;
  ASSERT_TRUE(LogArchive(config).tidy({}));
  EXPECT_THAT(files(), ElementsAre(".20260101T000001Z.zst", ".20260101T000002Z.zst"));
  EXPECT_FALSE(fs::exists(beside(".20260101T000000Z.zst")));
}

TEST_F(LogArchiveTest, KeepsNothingWhenItIsAskedToKeepNone) {
  config.keep = 0;
  const fs::path file = put(".20260101T000000Z");
  ASSERT_TRUE(LogArchive(config).tidy({file}));
  EXPECT_THAT(files(), IsEmpty());
}

}  // namespace
}  // namespace posthaste
