#include "inbound/report/report_mail.h"

#include <gtest/gtest.h>

#include "inbound/report/packing_fixture.h"
#include "inbound/report/report_error.h"

namespace posthaste {
namespace {

constexpr const char* kXml =
    "<feedback><report_metadata><org_name>r.example</org_name></report_metadata>"
    "<policy_published><domain>example.com</domain></policy_published></feedback>";
constexpr const char* kJson = R"({"organization-name": "r.example", "policies": []})";

std::string attachment(const std::string& type, const std::string& name,
                       const std::string& octets) {
  return "--x\r\nContent-Type: " + type + "\r\nContent-Disposition: attachment; filename=\"" +
         name + "\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + octets + "\r\n";
}
std::string mail_of(const std::string& parts) {
  return "From: Reports <dmarc@r.example>\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\n" +
         parts + "--x--\r\n";
}

boost::system::error_code code_of(ReportErrc code) {
  return make_error_code(code);
}

TEST(ReportMail, EveryReportAttachedIsRead) {
  auto reading = read_report_mail(mail_of(attachment("application/xml", "a.xml", kXml) +
                                          attachment("application/tlsrpt+json", "a.json", kJson) +
                                          attachment("image/png", "a.png", "\x89PNG")));
  ASSERT_TRUE(reading) << reading.error().message();
  EXPECT_EQ(reading->submitter, "dmarc@r.example");
  EXPECT_EQ(reading->container, ReportContainer::mime);
  ASSERT_EQ(reading->reports.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<DmarcReport>(reading->reports[0]));
  EXPECT_TRUE(std::holds_alternative<ReceivedTlsReport>(reading->reports[1]));
}

TEST(ReportMail, ReportsInTheBodyAreRead) {
  for (const char* text : {kXml, kJson}) {
    auto reading = read_report_mail("From: dmarc@r.example\r\n\r\n" + std::string(text));
    ASSERT_TRUE(reading) << reading.error().message();
    EXPECT_EQ(reading->reports.size(), 1u);
  }
}

TEST(ReportMail, AGoodReportIsReadBesideABrokenOne) {
  auto reading = read_report_mail(mail_of(attachment("application/gzip", "a.gz", "\x1f\x8b\x08") +
                                          attachment("application/xml", "a.xml", kXml)));
  ASSERT_TRUE(reading) << reading.error().message();
  EXPECT_EQ(reading->reports.size(), 1u);
}

TEST(ReportMail, WhatShouldBeAReportAndIsNoneSaysWhy) {
  struct Case {
    std::string part;
    ReportErrc code;
  };
  const std::string gz = gzip(kXml);
  const Case cases[] = {
      {attachment("application/gzip", "a.xml.gz", gz.substr(0, gz.size() / 2)),
       ReportErrc::bad_archive},
      {attachment("application/gzip", "a.xml.gz", kXml), ReportErrc::bad_archive},
      {attachment("application/zip", "a.zip", "%PDF-1.7"), ReportErrc::bad_archive},
      {attachment("application/octet-stream", "a",
                  "\x7f"
                  "ELF"),
       ReportErrc::bad_report},
      {attachment("application/xml", "a.xml", "<!DOCTYPE a><feedback/>"), ReportErrc::bad_report},
      {attachment("text/plain", "notes.txt", "Hello"), ReportErrc::no_report},
  };
  for (const Case& one : cases) {
    auto reading = read_report_mail(mail_of(one.part));
    ASSERT_FALSE(reading) << one.part;
    EXPECT_EQ(reading.error().code, code_of(one.code)) << one.part;
    EXPECT_NE(reading.error().detail.find(": "), std::string::npos) << reading.error().detail;
  }
}

TEST(ReportMail, TheLimitsHoldForAllAttachmentsTogether) {
  // Each is a report that one alone may be.
  const std::string spaced = gzip(kXml + std::string(900'000, ' '));
  std::string records = kXml;
  std::string row;
  for (int i = 0; i < 30'000; ++i) row += "<record/>";
  records.insert(records.find("</feedback>"), row);
  for (const auto& [name, octets] : {std::pair("a.xml.gz", spaced), std::pair("a.xml", records)}) {
    const std::string part = attachment("application/octet-stream", name, octets);
    EXPECT_TRUE(read_report_mail(mail_of(part))) << name;
    std::string parts;
    for (int i = 0; i < 8; ++i) parts += part;
    auto reading = read_report_mail(mail_of(parts));
    ASSERT_FALSE(reading) << name;
    EXPECT_EQ(reading.error().code, code_of(ReportErrc::too_large)) << name;
  }
}

TEST(ReportMail, MailsBeyondTheLimitAreNotEvenOpened) {
  auto reading = read_report_mail(std::string(kMaxReportMail + 1, 'a'));
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().code, code_of(ReportErrc::too_large));
}

TEST(ReportFile, AFileIsWhatItsFirstOctetsSay) {
  EXPECT_EQ(read_report_file(kXml, "")->container, ReportContainer::plain);
  EXPECT_EQ(read_report_file(kJson, "report.json")->container, ReportContainer::plain);
  EXPECT_EQ(read_report_file(gzip(kJson), "report")->container, ReportContainer::gzip);
  EXPECT_EQ(read_report_file(zip({{"readme.txt", "Hello"}, {"a.xml", kXml}}), "a.zip")->container,
            ReportContainer::zip);
  EXPECT_EQ(read_report_file(mail_of(attachment("text/xml", "a.xml", kXml)), "a.eml")->container,
            ReportContainer::mime);
  EXPECT_FALSE(read_report_file(kXml, "a.xml.gz"));
  EXPECT_FALSE(read_report_file("", ""));
}

}  // namespace
}  // namespace posthaste
