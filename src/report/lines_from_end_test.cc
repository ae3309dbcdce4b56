#include "report/lines_from_end.h"

#include <fcntl.h>

#include <algorithm>
#include <sstream>

#include "report/file_handle.h"
#include "report/report_fixture.h"

namespace posthaste {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LinesFromEndTest : public testing::Test {
 protected:
  // The lines of a file with this content, as they come.
  std::vector<std::string> lines_of(const std::string& content) {
    open(content);
    LinesFromEnd lines(file.descriptor(), content.size());
    return all(lines);
  }
  std::uint64_t end_of(const std::string& content) {
    open(content);
    LinesFromEnd lines(file.descriptor(), content.size());
    const auto end = lines.end();
    EXPECT_TRUE(end);
    return *end;
  }
  static std::vector<std::string> all(LinesFromEnd& lines) {
    std::vector<std::string> found;
    while (true) {
      const auto line = lines.next();
      EXPECT_TRUE(line) << line.error().message();
      if (!line || !*line) return found;
      found.push_back(**line);
    }
  }
  void open(const std::string& content) {
    write_file(folder.path() / "file", content);
    auto opened = FileHandle::open(folder.path() / "file", O_RDONLY);
    ASSERT_TRUE(opened) << opened.error().message();
    file = std::move(*opened);
  }

  TemporaryFolder folder;
  FileHandle file;
};

TEST_F(LinesFromEndTest, GivesTheLastLineFirst) {
  EXPECT_THAT(lines_of("one\ntwo\nthree\n"), ElementsAre("three", "two", "one"));
}

TEST_F(LinesFromEndTest, FindsNothingInAnEmptyFile) {
  EXPECT_THAT(lines_of(""), IsEmpty());
  EXPECT_EQ(end_of(""), 0u);
}

TEST_F(LinesFromEndTest, DoesNotTakeAnUnfinishedLineForOne) {
  EXPECT_THAT(lines_of("one\ntwo\nthr"), ElementsAre("two", "one"));
  EXPECT_EQ(end_of("one\ntwo\nthr"), 8u);
  EXPECT_THAT(lines_of("unfinished"), IsEmpty());
  EXPECT_EQ(end_of("unfinished"), 0u);
}

TEST_F(LinesFromEndTest, GivesEmptyLinesToo) {
  EXPECT_THAT(lines_of("\n"), ElementsAre(""));
  EXPECT_THAT(lines_of("\n\none\n\n"), ElementsAre("", "one", "", ""));
}

TEST_F(LinesFromEndTest, ReadsNoFurtherThanItIsTold) {
  open("one\ntwo\nthree\n");
  LinesFromEnd lines(file.descriptor(), 6);
  EXPECT_THAT(all(lines), ElementsAre("one"));
}

TEST_F(LinesFromEndTest, ReadsLinesLongerThanAnyChunk) {
  const std::string longest(5 << 20, 'x');
  const std::vector<std::string> lines = lines_of("first\n" + longest + "\nlast\n");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "last");
  EXPECT_TRUE(lines[1] == longest);
  EXPECT_EQ(lines[2], "first");
}

TEST_F(LinesFromEndTest, FindsTheEndOfTheLastLineInFrontOfALongUnfinishedOne) {
  EXPECT_EQ(end_of("one\n" + std::string(3 << 20, 'x')), 4u);
}

TEST_F(LinesFromEndTest, IsRightWhereverAChunkBegins) {
  constexpr std::size_t kChunk = 64 << 10;
  for (std::size_t size = kChunk - 3; size <= kChunk + 3; ++size) {
    for (const std::string before : {"", "\n", "a\n", "a\n\n"}) {
      const std::string content = before + std::string(size, 'x') + "\n";
      std::vector<std::string> expected;
      std::istringstream text(content);
      for (std::string line; std::getline(text, line);) expected.push_back(line);
      std::reverse(expected.begin(), expected.end());
      EXPECT_TRUE(lines_of(content) == expected) << size << " octets behind " << before.size();
    }
  }
}

TEST_F(LinesFromEndTest, FailsWhenTheFileIsShorterThanItIsSaidToBe) {
  open("one\n");
  LinesFromEnd lines(file.descriptor(), 1000);
  EXPECT_FALSE(lines.next());
}

}  // namespace
}  // namespace posthaste
