#include "base/csv.h"

#include <gtest/gtest.h>

#include <sstream>

namespace posthaste {
namespace {

using Record = std::vector<std::string>;

std::vector<Record> read_all(const std::string& text, CsvForm form = {}) {
  std::istringstream in(text);
  CsvReader reader(in, form);
  std::vector<Record> records;
  while (true) {
    auto record = reader.next();
    if (!record) {
      records.push_back({"error", record.error().detail});
      continue;
    }
    if (record->empty()) return records;
    records.push_back(std::move(*record));
  }
}

TEST(Csv, ReadsPlainAndQuotedFields) {
  EXPECT_EQ(read_all("a,b,c\r\n\"x, y\",\"say \"\"hi\"\"\",\r\n"),
            (std::vector<Record>{{"a", "b", "c"}, {"x, y", "say \"hi\"", ""}}));
}

TEST(Csv, ReadsLinesThatEndInLfAndALastOneWithoutEnd) {
  EXPECT_EQ(read_all("a,b\n\nc,d"), (std::vector<Record>{{"a", "b"}, {"c", "d"}}));
}

TEST(Csv, ReadsAFieldOverSeveralLines) {
  EXPECT_EQ(read_all("\"one\r\ntwo\",x\r\nnext\r\n"),
            (std::vector<Record>{{"one\r\ntwo", "x"}, {"next"}}));
}

TEST(Csv, TellsOnWhichLineARecordBegan) {
  std::istringstream in("a\n\"b\nb\"\n\nc\n");
  CsvReader reader(in);
  std::vector<std::uint64_t> lines;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(reader.next());
    lines.push_back(reader.line());
  }
  EXPECT_EQ(lines, (std::vector<std::uint64_t>{1, 2, 5}));
}

TEST(Csv, GoesOnBehindARecordThatIsWrong) {
  const auto records = read_all("\"a\"b,c\nd,e\n");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0][0], "error");
  EXPECT_EQ(records[1], (Record{"d", "e"}));
  EXPECT_EQ(read_all("\"never ends\nx\n")[0][0], "error");
}

TEST(Csv, LeavesOutTheMarkThatSpreadsheetsPutInFront) {
  EXPECT_EQ(read_all("\xef\xbb\xbf"
                     "address\r\n"),
            (std::vector<Record>{{"address"}}));
}

TEST(Csv, ReadsOtherSeparators) {
  EXPECT_EQ(read_all("a;b,c\n\"d;e\";\n", {.separator = ';'}),
            (std::vector<Record>{{"a", "b,c"}, {"d;e", ""}}));
  EXPECT_EQ(read_all("a\tb c", {.separator = '\t'}), (std::vector<Record>{{"a", "b c"}}));
}

TEST(Csv, LeavesOutSpacesAroundFieldsWhereTheyAreNoPartOfThem) {
  EXPECT_EQ(read_all("a , \"b, c\" ,d \r\n , \" e \"\n", {.is_trimmed = true}),
            (std::vector<Record>{{"a", "b, c", "d"}, {"", "e"}}));
  EXPECT_EQ(read_all("a , b"), (std::vector<Record>{{"a ", " b"}}));
}

TEST(Csv, LeavesOutFieldsThatAreTooMany) {
  EXPECT_EQ(read_all("a,b,c\nd\n", {.most_fields = 2}), (std::vector<Record>{{"a", "b"}, {"d"}}));
}

TEST(Csv, WritesWhatItReads) {
  const Record record{"", "a,b", "\"", "x\r\ny", "plain"};
  EXPECT_EQ(read_all(csv_line(record)), (std::vector<Record>{record}));
}

}  // namespace
}  // namespace posthaste
