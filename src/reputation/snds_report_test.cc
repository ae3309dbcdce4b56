#include "reputation/snds_report.h"

#include <gtest/gtest.h>

#include <boost/system/error_code.hpp>

#include "reputation/reputation_error.h"

namespace posthaste {
namespace {

TEST(SndsReport, ReadsTheOldFormWithoutHeader) {
  const auto rows = parse_snds_data(
      "192.0.2.1,12/31/2019 10:00 AM,12/31/2019 7:00 PM,1895,1894,1893,GREEN,< 0.1%,,,0,"
      "mx.example.test,a@example.test,\r\n"
      "192.0.2.2,12/31/2019 10:00 AM,12/31/2019 7:00 PM,20,20,20,RED,2.5%,"
      "12/31/2019 11:00 AM,12/31/2019 1:00 PM,3,mx,a@b,bad\r\n");
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].address, "192.0.2.1");
  EXPECT_EQ((*rows)[0].activity_start, "12/31/2019 10:00 AM");
  EXPECT_EQ((*rows)[0].activity_end, "12/31/2019 7:00 PM");
  EXPECT_EQ((*rows)[0].rcpt_commands, 1895u);
  EXPECT_EQ((*rows)[0].data_commands, 1894u);
  EXPECT_EQ((*rows)[0].recipients, 1893u);
  EXPECT_EQ((*rows)[0].filter_result, "GREEN");
  EXPECT_DOUBLE_EQ((*rows)[0].complaint_rate.value(), 0.001);
  EXPECT_TRUE((*rows)[0].is_below);
  EXPECT_EQ((*rows)[0].trap_hits, 0u);
  EXPECT_EQ((*rows)[1].filter_result, "RED");
  EXPECT_DOUBLE_EQ((*rows)[1].complaint_rate.value(), 0.025);
  EXPECT_FALSE((*rows)[1].is_below);
  EXPECT_EQ((*rows)[1].trap_hits, 3u);
  EXPECT_EQ((*rows)[1].comments, "bad");
}

TEST(SndsReport, ReadsTheNewFormByItsHeader) {
  const auto rows = parse_snds_data(
      "\xef\xbb\xbfIp Address,Activity period,RCPT commands,DATA commands,Message recipients,"
      "Filter result,Complaint rate,Trap message period,Trap hits,JMR P1 Sender,Comments\n"
      "192.0.2.10,6/1/2026 1:00 AM,10,8,7,green,<0.1%,6/1/2026 2:00 AM,0,yes,ok\n");
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ((*rows)[0].activity_start, "6/1/2026 1:00 AM");
  EXPECT_EQ((*rows)[0].data_commands, 8u);
  EXPECT_EQ((*rows)[0].recipients, 7u);
  EXPECT_EQ((*rows)[0].filter_result, "GREEN");
  EXPECT_EQ((*rows)[0].comments, "ok");
}

TEST(SndsReport, ReadsColumnsInAnyOrder) {
  const auto rows = parse_snds_data("Trap hits;Filter Result;IP_Address\n4;YELLOW;2001:DB8::1\n");
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ((*rows)[0].address, "2001:db8::1");
  EXPECT_EQ((*rows)[0].trap_hits, 4u);
  EXPECT_EQ((*rows)[0].filter_result, "YELLOW");
  EXPECT_FALSE((*rows)[0].complaint_rate);
}

TEST(SndsReport, LeavesOutARowThatCannotBeRead) {
  const auto rows = parse_snds_data(
      "Ip address , \"Filter result\"\n192.0.2.1,\"RED\"x\n \n192.0.2.2, "
      "\"GREEN\"\n192.0.2.3,\"RED");
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ((*rows)[0].address, "192.0.2.2");
  EXPECT_EQ((*rows)[0].filter_result, "GREEN");
}

TEST(SndsReport, ReadsJson) {
  const auto rows = parse_snds_data(R"({"value": [
      {"ipAddress": "192.0.2.7", "filterResult": "Red", "dataCommands": 12, "trapHits": "2",
       "complaintRate": "0.4%", "comments": null},
      {"filterResult": "GREEN", "ipAddress": "no address"}, 7]})");
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ((*rows)[0].data_commands, 12u);
  EXPECT_EQ((*rows)[0].trap_hits, 2u);
  EXPECT_EQ((*rows)[0].filter_result, "RED");
  EXPECT_DOUBLE_EQ((*rows)[0].complaint_rate.value(), 0.004);
}

TEST(SndsReport, KeepsWhatItCannotReadUnknown) {
  const auto rows = parse_snds_data(
      "IP Address,Filter result,Complaint rate,Trap hits\n"
      "192.0.2.1,PURPLE,often,-1\n192.0.2.2,,,\n192.0.2.3\nnobody,GREEN,0.1%,0\n");
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 3u);
  for (const SndsRow& row : *rows) {
    EXPECT_EQ(row.filter_result, "");
    EXPECT_FALSE(row.complaint_rate);
    EXPECT_FALSE(row.trap_hits);
  }
}

TEST(SndsReport, IsEmptyWhenThereIsNothing) {
  EXPECT_TRUE(parse_snds_data("")->empty());
  EXPECT_TRUE(parse_snds_data("[]")->empty());
  EXPECT_TRUE(parse_snds_status(" \r\n")->empty());
}

TEST(SndsReport, TakesNoPageForAReport) {
  for (const char* text : {"<!DOCTYPE html><html>Sign in to your account</html>", "{\"a\": 1}",
                           "Name,Colour\nx,y\n", "{\"value\": [", "hello world"}) {
    const auto rows = parse_snds_data(text);
    const bool is_wrong = !rows || rows->empty();
    EXPECT_TRUE(is_wrong) << text;
    if (rows) continue;
    EXPECT_EQ(rows.error().code, make_error_code(ReputationErrc::bad_answer)) << text;
  }
  EXPECT_FALSE(parse_snds_data("<html>"));
}

TEST(SndsStatus, ReadsRangesOfBothForms) {
  const auto old = parse_snds_status(
      "192.0.2.0,192.0.2.255,True,Blocked due to user complaints or other evidence of spamming\n");
  ASSERT_TRUE(old) << old.error().message();
  ASSERT_EQ(old->size(), 1u);
  EXPECT_TRUE((*old)[0].is_blocked);
  EXPECT_TRUE((*old)[0].has("192.0.2.7"));
  EXPECT_FALSE((*old)[0].has("192.0.3.0"));
  EXPECT_FALSE((*old)[0].has("2001:db8::1"));
  EXPECT_FALSE((*old)[0].has("nobody"));
  const auto now = parse_snds_status(
      R"([{"beginningIpAddress": "2001:db8::", "endingIpAddress": "2001:db8::ff",
           "blocked": false, "reason": ""}])");
  ASSERT_TRUE(now) << now.error().message();
  ASSERT_EQ(now->size(), 1u);
  EXPECT_FALSE((*now)[0].is_blocked);
  EXPECT_TRUE((*now)[0].has("2001:db8::7"));
}

}  // namespace
}  // namespace posthaste
