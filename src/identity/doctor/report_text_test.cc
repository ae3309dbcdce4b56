#include "identity/doctor/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/ascii.h"

namespace posthaste {
namespace {

using testing::HasSubstr;

TEST(ReportText, LetsNothingThroughThatATerminalObeys) {
  const std::string hostile =
      "\x1b[2J\x1b]0;owned\x07\r\nall is \xc2\x9b"
      "31min order";
  Finding finding{.check = "mta-sts",
                  .severity = Severity::error,
                  .found = "found " + hostile,
                  .why = "why " + hostile,
                  .remedy = {.remove = {txt_record("example.com", hostile)},
                             .publish = {{"example.com", RecordType::mx, "10 " + hostile}},
                             .settings = {{"", "key", hostile}},
                             .commands = {"run " + hostile},
                             .files = {{"https://" + hostile, hostile + "\nmode: none"}},
                             .advice = "advice " + hostile}};
  const DoctorReport report{{{"Domain", "example.com" + hostile, {finding}}}};
  const std::string text = report_text(report, {.width = 1000});
  EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](char c) {
    return is_control(c) && c != '\n';
  })) << text;
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
  EXPECT_THAT(text, HasSubstr("found ?[2J?]0;owned?  all is ??31min order\n"));
  EXPECT_THAT(text, HasSubstr("✘ mta-sts"));
  EXPECT_THAT(text, HasSubstr("| mode: none\n"));
}

TEST(ReportText, BreaksProseAtItsWidthAndRecordsNever) {
  const std::string record(200, 'a');
  const DoctorReport report{{{"Domain",
                              "example.com",
                              {{.check = "dmarc",
                                .severity = Severity::warning,
                                .found = "one two three four five",
                                .why = "because",
                                .remedy = {.publish = {txt_record("a.test", record)}}}}}}};
  const std::string text = report_text(report, {.width = 30});
  EXPECT_THAT(text, HasSubstr("one two\n                    three four\n"));
  EXPECT_THAT(text, HasSubstr("+ a.test. IN TXT \"" + record + "\"\n"));
}

}  // namespace
}  // namespace posthaste
