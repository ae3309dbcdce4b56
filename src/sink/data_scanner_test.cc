#include "sink/data_scanner.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

// Feeds `wire` in pieces of `step` octets as a connection does: what is left comes again.
bool feed(DataScanner& scanner, std::string_view wire, std::size_t step, std::string& rest) {
  rest.clear();
  for (std::size_t i = 0; i < wire.size(); i += step) {
    rest += wire.substr(i, step);
    std::string_view input(rest);
    const bool has_ended = scanner.take_lines(input);
    rest = std::string(input);
    if (has_ended) {
      rest += wire.substr(std::min(wire.size(), i + step));
      return true;
    }
  }
  return false;
}

TEST(DataScanner, FindsTheEndHoweverTheOctetsArePieced) {
  const std::string wire = "A: b\r\n\r\n..dot\r\n.x\r\nlast\r\n.\r\nQUIT\r\n";
  for (std::size_t step = 1; step <= wire.size(); ++step) {
    DataScanner scanner;
    scanner.start(DataScanner::Keep::whole, 1000);
    std::string rest;
    ASSERT_TRUE(feed(scanner, wire, step, rest)) << step;
    EXPECT_EQ(rest, "QUIT\r\n") << step;
    EXPECT_EQ(scanner.content(), "A: b\r\n\r\n.dot\r\nx\r\nlast\r\n") << step;
    EXPECT_EQ(scanner.size(), scanner.content().size());
  }
}

TEST(DataScanner, TakesNoDotButOneBetweenTwoCrlfForTheEnd) {
  for (const char* wire : {"a\n.\r\nb\r\n", "a\r\n.\nb\r\n", "a\r\n.\rb\r\n", "a\n.\nb\r\n"}) {
    DataScanner scanner;
    scanner.start(DataScanner::Keep::header, 1000);
    std::string rest;
    EXPECT_FALSE(feed(scanner, wire, 1, rest)) << wire;
    EXPECT_TRUE(feed(scanner, "\r\n.\r\n", 1, rest)) << wire;
  }
}

TEST(DataScanner, EndsAnEmptyMessage) {
  DataScanner scanner;
  scanner.start(DataScanner::Keep::header, 1000);
  std::string rest;
  EXPECT_TRUE(feed(scanner, ".\r\n", 1, rest));
  EXPECT_EQ(scanner.size(), 0U);
}

TEST(DataScanner, KeepsOnlyTheHeaderAndAtMost64KiB) {
  DataScanner scanner;
  scanner.start(DataScanner::Keep::header, 10'000'000);
  std::string rest;
  EXPECT_TRUE(feed(scanner, "A: b\r\n\r\nbody\r\n.\r\n", 100, rest));
  EXPECT_EQ(scanner.content(), "A: b\r\n\r\n");
  scanner.start(DataScanner::Keep::header, 10'000'000);
  EXPECT_FALSE(feed(scanner, std::string(1'000'000, 'x'), 4096, rest));
  EXPECT_EQ(scanner.content().size(), 65536U);
  EXPECT_EQ(scanner.size(), 1'000'000U);
}

TEST(DataScanner, DropsAMessageThatIsTooLarge) {
  DataScanner scanner;
  scanner.start(DataScanner::Keep::whole, 10);
  scanner.take_raw("0123456789");
  EXPECT_FALSE(scanner.is_too_large());
  scanner.take_raw("x");
  EXPECT_TRUE(scanner.is_too_large());
  EXPECT_EQ(scanner.content().size(), 10U);
}

TEST(DataScanner, CountsBareLineEndsAndLongLines) {
  DataScanner scanner;
  scanner.start(DataScanner::Keep::header, 1'000'000);
  std::string rest;
  feed(scanner, "a\nb\r\n" + std::string(998, 'x') + "\r\n" + std::string(999, 'x') + "\r\n.\r\n",
       7, rest);
  EXPECT_EQ(scanner.bare_line_ends(), 1U);
  EXPECT_EQ(scanner.long_lines(), 1U);
}

TEST(MessageIdOfTheSink, PrefersTheBlastIdAndReadsOnlyTheHeader) {
  EXPECT_EQ(find_message_id("Message-ID: <a@b>\r\nx-blast-ID: 7\r\n\r\n"), "7");
  EXPECT_EQ(find_message_id("A: b\r\nmessage-id:\r\n <a@b>\r\nC: d\r\n\r\n"), "<a@b>");
  EXPECT_EQ(find_message_id("A: b\r\n\r\nMessage-ID: <a@b>\r\n"), "");
  EXPECT_EQ(find_message_id("Message-ID"), "");
  EXPECT_EQ(find_message_id("X-Blast-Id:"), "");
  EXPECT_EQ(find_message_id(""), "");
}

}  // namespace
}  // namespace posthaste
