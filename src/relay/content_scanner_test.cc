#include "relay/content_scanner.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

struct Passed {
  std::string octets;
  std::string rest;  // behind the end
  std::uint64_t size = 0;
  DataFault fault = DataFault::none;
  bool is_complete = false;
};

Passed pass(std::string_view octets, std::size_t step = std::string_view::npos) {
  ContentScanner scanner;
  Passed passed;
  while (!octets.empty() && !scanner.is_complete()) {
    const std::string_view piece = octets.substr(0, step);
    octets.remove_prefix(scanner.feed(piece, passed.octets));
  }
  passed.rest = octets;
  passed.size = scanner.size();
  passed.fault = scanner.fault();
  passed.is_complete = scanner.is_complete();
  return passed;
}

TEST(ContentScanner, PassesContentUnchangedHoweverItIsCut) {
  const std::string content = "Subject: x\r\n\r\n..dot\r\n...\r\n. \r\n\r\ntext\r\n.\r\n";
  for (std::size_t step = 1; step <= content.size(); ++step) {
    const Passed passed = pass(content + "MAIL", step);
    EXPECT_EQ(passed.octets, content) << step;
    EXPECT_EQ(passed.rest, "MAIL") << step;
    // Without the three dots that stuff it, and the three octets that end it.
    EXPECT_EQ(passed.size, content.size() - 3 - 3) << step;
    EXPECT_TRUE(passed.is_complete);
    EXPECT_EQ(passed.fault, DataFault::none);
  }
}

TEST(ContentScanner, EndsAtOnceWhereTheMessageIsEmpty) {
  const Passed passed = pass(".\r\n");
  EXPECT_EQ(passed.octets, ".\r\n");
  EXPECT_EQ(passed.size, 0u);
  EXPECT_TRUE(passed.is_complete);
}

TEST(ContentScanner, PassesNothingFromABareLineEndOn) {
  struct Case {
    const char* content;
    const char* passed;
    DataFault fault;
  };
  for (const Case& test : {
           Case{"a\r\nb\n.\r\nMAIL FROM:<x>\r\n", "a\r\nb", DataFault::bare_lf},
           Case{"a\r\n.\nMAIL FROM:<x>\r\n", "a\r\n.", DataFault::bare_lf},
           Case{"a\n.\nMAIL FROM:<x>\r\n", "a", DataFault::bare_lf},
           Case{"a\r\n.\rMAIL FROM:<x>\r\n", "a\r\n.", DataFault::bare_cr},
           Case{"a\r.\r\nMAIL FROM:<x>\r\n", "a", DataFault::bare_cr},
           Case{"a\r.\rMAIL FROM:<x>\r\n", "a", DataFault::bare_cr},
           Case{"a\r\r\n.\r\n", "a", DataFault::bare_cr},
           Case{"\n.\r\n", "", DataFault::bare_lf},
       }) {
    const std::string content = test.content;
    for (std::size_t step = 1; step <= content.size(); ++step) {
      const Passed passed = pass(content, step);
      EXPECT_EQ(passed.octets, test.passed) << content << " by " << step;
      EXPECT_EQ(passed.fault, test.fault) << content << " by " << step;
    }
  }
}

TEST(ContentScanner, ReadsFaultyContentToItsEnd) {
  const Passed passed = pass("a\nb\n.\nc\r\n.\r\nQUIT\r\n", 1);
  EXPECT_TRUE(passed.is_complete);
  EXPECT_EQ(passed.rest, "QUIT\r\n");
  EXPECT_EQ(passed.octets, "a");
}

TEST(ContentScanner, HoldsBackACarriageReturnOnly) {
  ContentScanner scanner;
  std::string passed;
  scanner.feed("text\r", passed);
  EXPECT_EQ(passed, "text");
  scanner.feed("\n", passed);
  EXPECT_EQ(passed, "text\r\n");
}

}  // namespace
}  // namespace posthaste
