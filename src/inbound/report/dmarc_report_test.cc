#include "inbound/report/dmarc_report.h"

#include <gtest/gtest.h>

#include "inbound/report/report_error.h"
#include "inbound/report/report_xml.h"

namespace posthaste {
namespace {

constexpr const char* kMetadata =
    "<report_metadata><org_name>r.example</org_name><report_id>1</report_id>"
    "<date_range><begin>100</begin><end>200</end></date_range></report_metadata>"
    "<policy_published><domain>Example.COM</domain><p>reject</p></policy_published>";

std::string record(const std::string& address, const std::string& dkim) {
  return "<record><row><source_ip>" + address + "</source_ip><count>2</count><policy_evaluated>" +
         "<disposition>none</disposition><dkim>" + dkim + "</dkim><spf>fail</spf>" +
         "</policy_evaluated></row><identifiers><header_from>example.com</header_from>" +
         "</identifiers></record>";
}

std::string report(const std::string& records) {
  return "<feedback>" + std::string(kMetadata) + records + "</feedback>";
}

boost::system::error_code code_of(ReportErrc code) {
  return make_error_code(code);
}

TEST(DmarcReport, ElementsAreKnownByTheirLocalNames) {
  auto read = read_dmarc_report(
      "<?xml version='1.0'?><d:feedback xmlns:d='urn:ietf:params:xml:ns:dmarc-2.0'>"
      "<d:report_metadata><d:org_name>r.example</d:org_name></d:report_metadata>"
      "<d:policy_published><d:domain>example.com</d:domain></d:policy_published></d:feedback>");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->org_name, "r.example");
  EXPECT_EQ(read->domain, "example.com");
  EXPECT_TRUE(read->records.empty());
}

TEST(DmarcReport, NamesAndResultsAreLowerCase) {
  auto read = read_dmarc_report(report(record("192.0.2.1", "PASS")));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->domain, "example.com");
  ASSERT_EQ(read->records.size(), 1u);
  EXPECT_TRUE(read->records[0].is_aligned());
  EXPECT_EQ(read->messages(), 2u);
  EXPECT_EQ(read->messages_aligned(), 2u);
}

TEST(DmarcReport, CountsThatAreTooLargeStopAtTheLargest) {
  std::string huge = record("192.0.2.1", "pass");
  huge.replace(huge.find("<count>2"), 8, "<count>99999999999999999999999");
  auto read = read_dmarc_report(report(huge + huge + huge));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->messages(), 3 * kMaxReportCount);
  std::string negative = record("192.0.2.1", "pass");
  negative.replace(negative.find("<count>2"), 8, "<count>-5");
  EXPECT_EQ(read_dmarc_report(report(negative))->messages(), 0u);
}

TEST(DmarcReport, WhatIsBrokenIsReadAsFarAsItIsWhole) {
  const std::string whole = record("192.0.2.1", "pass");
  const std::string two = report(whole + record("192.0.2.2", "fail"));
  struct Case {
    const char* what;
    std::string xml;
  };
  const Case cases[] = {
      {"ends in a record", two.substr(0, two.find("192.0.2.2") + 5)},
      {"an element is never closed", report("<extra>" + whole)},
      {"one is closed that was never open", report("</extra>" + whole)},
      {"a tag has no end", report("<extra " + whole)},
      {"an attribute has no quotes", report("<extra a=b></extra>" + whole)},
  };
  for (const Case& one : cases) {
    auto read = read_dmarc_report(one.xml);
    ASSERT_TRUE(read) << one.what << ": " << read.error().message();
    EXPECT_FALSE(read->is_well_formed) << one.what;
    EXPECT_FALSE(read->problem.empty()) << one.what;
    ASSERT_EQ(read->records.size(), 1u) << one.what;
    EXPECT_EQ(read->records[0].source_ip, "192.0.2.1") << one.what;
    EXPECT_EQ(read->report_id, "1") << one.what;
  }
}

TEST(DmarcReport, WhatHasNothingToReadIsAnErrorThatSaysWhy) {
  EXPECT_EQ(read_dmarc_report("").error().code, code_of(ReportErrc::bad_report));
  EXPECT_EQ(read_dmarc_report("no XML at all").error().code, code_of(ReportErrc::bad_report));
  EXPECT_EQ(read_dmarc_report("<rss></rss>").error().code, code_of(ReportErrc::no_report));
  EXPECT_EQ(read_dmarc_report("<feedback></feedback>").error().code,
            code_of(ReportErrc::bad_report));
  auto cut = read_dmarc_report(report("").substr(0, 200));
  ASSERT_FALSE(cut);
  EXPECT_NE(cut.error().detail.find("line 1"), std::string::npos) << cut.error().detail;
}

TEST(DmarcReport, EntitiesAndDocumentTypesAreRefused) {
  const std::string laughs =
      "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;'>]>";
  const std::string external =
      "<?xml version='1.0'?><!doctype feedback SYSTEM 'file:///etc/passwd'>";
  for (const std::string& head : {laughs, external, "<x>" + laughs}) {
    auto read = read_dmarc_report(head + report("<extra>&b;</extra>"));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, code_of(ReportErrc::bad_report));
    EXPECT_NE(read.error().detail.find("document type"), std::string::npos);
  }
}

TEST(DmarcReport, EntitiesInOtherEncodingsAreRefusedToo) {
  std::string wide = "\xff\xfe";
  for (const char c : "<!DOCTYPE a [<!ENTITY b 'c'>]>" + report("")) {
    wide += c;
    wide += '\0';
  }
  auto read = read_dmarc_report(wide);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().detail.find("document type"), std::string::npos) << read.error().detail;
}

TEST(DmarcReport, ReportsInUtf16AreRead) {
  std::string wide = "\xff\xfe";
  for (const char c : report(record("192.0.2.1", "pass"))) {
    wide += c;
    wide += '\0';
  }
  auto read = read_dmarc_report(wide);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->messages(), 2u);
}

TEST(DmarcReport, MoreTagsThanAReportHasAreRefusedBeforeTheyAreRead) {
  std::string tags;
  tags.reserve((kMaxXmlTags + 1) * 4);
  for (std::size_t i = 0; i <= kMaxXmlTags; ++i) tags += "<a/>";
  auto read = read_dmarc_report(tags);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, code_of(ReportErrc::too_large));
}

TEST(DmarcReport, AttributesCountAsTagsDo) {
  std::string tag = "<a";
  for (std::size_t i = 0; i <= kMaxXmlTags; ++i) tag += " b=''";
  auto read = read_dmarc_report(tag + "/>");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, code_of(ReportErrc::too_large));
}

TEST(DmarcReport, MoreRecordsThanAllowedAreRefused) {
  std::string records;
  for (int i = 0; i < 5; ++i) records += record("192.0.2.1", "pass");
  EXPECT_TRUE(read_dmarc_report(report(records), 5));
  for (const std::string& xml : {report(records), report("<extra>" + records)}) {
    auto read = read_dmarc_report(xml, 4);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, code_of(ReportErrc::too_large));
  }
}

TEST(DmarcReport, ListsOfARecordAreKeptToTheirLimit) {
  std::string results;
  for (std::size_t i = 0; i < 2 * kMaxReportList; ++i) results += "<dkim><domain>a</domain></dkim>";
  std::string one = record("192.0.2.1", "pass");
  one.insert(one.find("</record>"), "<auth_results>" + results + "</auth_results>");
  auto read = read_dmarc_report(report(one));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->records.at(0).dkim_results.size(), kMaxReportList);
  EXPECT_EQ(read->rows(), 1 + kMaxReportList);
}

TEST(DmarcReport, TimesAreThoseThatCanBeShown) {
  std::string text = report(record("192.0.2.1", "pass"));
  text.replace(text.find("<begin>100"), 10, "<begin>-7");
  text.replace(text.find("<end>200"), 8, "<end>99999999999999999999");
  auto read = read_dmarc_report(text);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->begin, 0);
  EXPECT_EQ(read->end, 253'402'300'799);
}

TEST(DmarcReport, DepthCostsNothing) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_FALSE(read_dmarc_report(deep));
  auto read = read_dmarc_report(report(record("192.0.2.1", "pass")) + deep);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->records.size(), 1u);
}

}  // namespace
}  // namespace posthaste
