#include "accept/data_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace posthaste {
namespace {

constexpr DataReader::Limits kLimits{1'000'000, 2000};

struct Read {
  std::string content;
  DataFault fault = DataFault::none;
  bool is_complete = false;
  std::size_t consumed = 0;
};

Read read_in_steps(std::string_view octets, std::size_t step, DataReader::Limits limits = kLimits) {
  ReceptionBudget budget(10'000'000);
  DataReader reader(budget);
  reader.begin(limits, 0);
  Read read;
  while (read.consumed < octets.size() && !reader.is_complete()) {
    const auto piece = octets.substr(read.consumed, step);
    read.consumed += reader.feed_data(piece);
  }
  read.is_complete = reader.is_complete();
  read.fault = reader.fault();
  read.content = reader.take_content();
  return read;
}

TEST(DataReader, UnstuffsDotsHoweverTheOctetsArrive) {
  const std::string sent =
      "Subject: x\r\n\r\n..a dot\r\n...\r\n.b\r\ntext.\r\n\r\n..\r\nend\r\n.\r\nQUIT\r\n";
  const std::string kept = "Subject: x\r\n\r\n.a dot\r\n..\r\nb\r\ntext.\r\n\r\n.\r\nend\r\n";
  for (std::size_t step = 1; step <= sent.size(); ++step) {
    const Read read = read_in_steps(sent, step);
    EXPECT_TRUE(read.is_complete) << step;
    EXPECT_EQ(read.fault, DataFault::none) << step;
    EXPECT_EQ(read.content, kept) << step;
    EXPECT_EQ(sent.substr(read.consumed), "QUIT\r\n") << step;
  }
}

TEST(DataReader, TakesAnEmptyMessage) {
  const Read read = read_in_steps(".\r\n", 1);
  EXPECT_TRUE(read.is_complete);
  EXPECT_EQ(read.content, "");
}

TEST(DataReader, NeverEndsAtABareCrOrLf) {
  struct Case {
    std::string sent;
    DataFault fault;
  };
  const std::vector<Case> cases = {
      {"a\n.\n", DataFault::bare_lf},
      {"a\n.\r\n", DataFault::bare_lf},
      {"a\r.\r\n", DataFault::bare_cr},
      {"a\r\n.\n", DataFault::bare_lf},
      {"a\r\n.\rb\r\n", DataFault::bare_cr},
      {"a\r\n.\r\r\n", DataFault::bare_cr},
      {"a\r\r\n.\r\r\n", DataFault::bare_cr},
      {"a\r.\rb", DataFault::bare_cr},
      {"a\n.\rb", DataFault::bare_lf},
      {"a\r.\n", DataFault::bare_cr},
      {std::string("a\r\n\0.\r\n", 7), DataFault::nul},
  };
  for (const Case& test : cases) {
    for (std::size_t step = 1; step <= test.sent.size(); ++step) {
      const Read open = read_in_steps(test.sent, step);
      EXPECT_FALSE(open.is_complete) << test.sent << " by " << step;
      const Read closed = read_in_steps(test.sent + "x\r\n.\r\nMAIL", step);
      EXPECT_TRUE(closed.is_complete) << test.sent << " by " << step;
      // A chunk may show two faults before it is kept; either refuses the message.
      EXPECT_NE(closed.fault, DataFault::none) << test.sent << " by " << step;
      EXPECT_EQ(closed.content, "");
      EXPECT_EQ(closed.consumed, test.sent.size() + 6);
    }
    EXPECT_EQ(read_in_steps(test.sent + "x\r\n.\r\n", 1000).fault, test.fault) << test.sent;
  }
}

TEST(DataReader, LimitsLinesAndMessage) {
  EXPECT_EQ(read_in_steps(std::string(2000, 'a') + "\r\n.\r\n", 700).fault, DataFault::none);
  EXPECT_EQ(read_in_steps(std::string(2001, 'a') + "\r\n.\r\n", 700).fault,
            DataFault::line_too_long);
  const Read fits = read_in_steps("12345678\r\n.\r\n", 3, {10, 100});
  EXPECT_EQ(fits.fault, DataFault::none);
  const Read large = read_in_steps("123456789\r\n.\r\n", 3, {10, 100});
  EXPECT_EQ(large.fault, DataFault::message_too_large);
  EXPECT_TRUE(large.is_complete);
}

TEST(DataReader, RefusesWhenTheBudgetIsSpentAndGivesItBack) {
  ReceptionBudget budget(20'000);
  {
    DataReader first(budget);
    first.begin(kLimits, 0);
    first.feed_data("some text\r\n");
    EXPECT_EQ(first.fault(), DataFault::none);
    EXPECT_GT(budget.taken(), 0u);
    DataReader second(budget);
    second.begin(kLimits, 0);
    second.feed_data("more text\r\n");
    EXPECT_EQ(second.fault(), DataFault::no_memory);
    first.release();
    EXPECT_EQ(budget.taken(), 0u);  // the second gave its part back with its fault
  }
  EXPECT_EQ(budget.taken(), 0u);
}

TEST(DataReader, TakesChunksAsTheyStand) {
  ReceptionBudget budget(10'000'000);
  DataReader reader(budget);
  reader.begin(kLimits, 0);
  reader.feed_chunk("Subject: x\r");
  reader.feed_chunk("\n\r\n.\r\n..dots stay");
  reader.end_chunks();
  EXPECT_EQ(reader.fault(), DataFault::none);
  EXPECT_EQ(reader.take_content(), "Subject: x\r\n\r\n.\r\n..dots stay\r\n");
}

TEST(DataReader, HoldsChunksToTheSameLineEnds) {
  ReceptionBudget budget(10'000'000);
  for (const char* wrong : {"a\nb\r\n", "a\rb\r\n", "a\r"}) {
    DataReader reader(budget);
    reader.begin(kLimits, 0);
    reader.feed_chunk(wrong);
    reader.end_chunks();
    EXPECT_NE(reader.fault(), DataFault::none) << wrong;
  }
}

}  // namespace
}  // namespace posthaste
