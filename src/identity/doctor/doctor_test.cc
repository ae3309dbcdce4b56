#include "identity/doctor/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "identity/doctor/dmarc_edit.h"
#include "identity/doctor/doctor_fixture.h"
#include "identity/doctor/generic_name.h"
#include "identity/doctor/modelled_dns.h"
#include "identity/doctor/report_text.h"
#include "identity/doctor/sender_zone.h"
#include "identity/doctor/spf_edit.h"

namespace posthaste {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Doctor, TellsWhereAnAddressIsListedAndHowToGetOff) {
  DoctorPatient patient;
  patient.blocklists.addresses = {{.zone = "zen.spamhaus.org",
                                   .tier = BlocklistTier::page,
                                   .status = BlocklistAnswer::Status::listed,
                                   .codes = {"127.0.0.2"},
                                   .meaning = "SBL",
                                   .remove_at = "https://check.spamhaus.org/"}};
  const DoctorReport report = patient.examine_now();
  EXPECT_THAT(troubles(report), ElementsAre("error blocklist", "error blocklist"));
  const Finding* finding = find_trouble(report, "blocklist");
  EXPECT_EQ(finding->found, "192.0.2.25 is listed at zen.spamhaus.org (127.0.0.2: SBL)");
  EXPECT_THAT(finding->remedy.advice, HasSubstr("https://check.spamhaus.org/"));
}

TEST(Doctor, TakesARefusalOfAListForNoListing) {
  DoctorPatient patient;
  patient.blocklists.domains = {{.zone = "dbl.spamhaus.org",
                                 .tier = BlocklistTier::page,
                                 .status = BlocklistAnswer::Status::refused,
                                 .codes = {"127.255.255.254"}}};
  const DoctorReport report = patient.examine_now();
  EXPECT_THAT(troubles(report), IsEmpty());
  EXPECT_EQ(report.count(Severity::skipped), 1u);
}

TEST(Doctor, SeesAClosedPort25AndAClockThatNobodyKeeps) {
  DoctorPatient patient;
  patient.request.sources.resize(1);
  patient.zone.remove("mail.example.com. AAAA");
  patient.probes.egress = {.is_open = false, .peer = "mx.test", .problem = "timed out"};
  patient.probes.clock.is_synchronized = false;
  EXPECT_THAT(troubles(patient.examine_now()), ElementsAre("error port-25", "warning clock"));
  patient.probes.egress = {.is_own_address = false};
  patient.request.looks_at_machine = false;
  EXPECT_THAT(troubles(patient.examine_now()), IsEmpty());
}

TEST(Doctor, CountsTheDaysOfACertificate) {
  DoctorPatient patient;
  CertificateFacts& certificate = patient.probes.mail_host.chain.front();
  certificate.not_after = patient.clock.wall() + std::chrono::days(5);
  EXPECT_THAT(troubles(patient.examine_now()), ElementsAre("warning certificate"));
  certificate.not_after = patient.clock.wall() - std::chrono::days(5);
  EXPECT_THAT(troubles(patient.examine_now()), ElementsAre("error certificate"));
  certificate = doctor_certificate();
  certificate.names = {"*.example.net"};
  EXPECT_THAT(troubles(patient.examine_now()), ElementsAre("warning certificate"));
  certificate.names = {"*.example.com"};
  EXPECT_THAT(troubles(patient.examine_now()), IsEmpty());
}

TEST(Doctor, SeesThatAHostDoesNotAnswerOrOffersNoTls) {
  DoctorPatient patient;
  patient.probes.mail_host = {.is_connected = true, .offers_starttls = false};
  EXPECT_THAT(troubles(patient.examine_now()), ElementsAre("warning bounce-host"));
  patient.probes.mail_host = {.is_connected = false, .problem = "refused"};
  EXPECT_THAT(troubles(patient.examine_now()), ElementsAre("warning bounce-host"));
}

TEST(Doctor, LooksPastOtherRecordsAtTheNamesOfTransport) {
  DoctorPatient patient;
  patient.zone.add("_mta-sts.bounce.example.com. TXT \"verification=4711\"");
  patient.zone.add("_mta-sts.bounce.example.com. TXT \"v=STSv10; id=1;\"");
  patient.zone.add("_smtp._tls.bounce.example.com. TXT \"verification=4711\"");
  EXPECT_THAT(troubles(patient.examine_now()), IsEmpty());
  patient.zone.remove("_mta-sts.bounce.example.com. TXT \"v=STSv1; id=20250101T000000;\"");
  const DoctorReport report = patient.examine_now();
  ASSERT_THAT(troubles(report), ElementsAre("info mta-sts"));
  EXPECT_THAT(find_trouble(report, "mta-sts")->remedy.remove, IsEmpty());
}

TEST(Doctor, WantsThePolicyOfMtaStsAsPlainText) {
  DoctorPatient patient;
  patient.probes.anything.content_type = "Text/Plain ;charset=utf-8";
  EXPECT_THAT(troubles(patient.examine_now()), IsEmpty());
  for (const char* type : {"", "text/html", "text/plainly"}) {
    patient.probes.anything.content_type = type;
    EXPECT_THAT(troubles(patient.examine_now()), ElementsAre("info mta-sts")) << type;
  }
}

TEST(Doctor, TellsWhatItLooksAtNext) {
  DoctorPatient patient;
  patient.request.sources.resize(1);
  patient.zone.remove("mail.example.com. AAAA");
  std::vector<std::string> steps;
  patient.observe = [&](const DoctorStep& step) {
    steps.push_back(fmt::format("{}/{} {} {}", step.number, step.count, step.subject, step.what));
  };
  EXPECT_THAT(troubles(patient.examine_now()), IsEmpty());
  EXPECT_THAT(steps,
              ElementsAre("1/14 192.0.2.25 names", "2/14 192.0.2.25 SPF of its name",
                          "3/14 192.0.2.25 port 25", "4/14 192.0.2.25 blocklists",
                          "5/14 example.com MX and SOA", "6/14 example.com DKIM",
                          "7/14 example.com DMARC", "8/14 example.com blocklists",
                          "9/14 bounce.example.com SPF", "10/14 bounce.example.com MX",
                          "11/14 bounce.example.com mail hosts", "12/14 bounce.example.com MTA-STS",
                          "13/14 bounce.example.com TLS-RPT", "14/14  clock"));
}

TEST(Doctor, ProbesTheUnsubscribeLinkByGetAndOneClickPost) {
  const std::string url = "https://example.com/u/7";
  DoctorPatient patient;
  patient.request.domains.front().unsubscribe_url = url;
  EXPECT_THAT(troubles(patient.examine_now()), IsEmpty());
  EXPECT_THAT(
      patient.probes.asked,
      testing::IsSupersetOf({"GET " + url + " "s, "POST " + url + " List-Unsubscribe=One-Click"}));

  patient.probes.web["POST " + url] = {.status = 302, .location = "https://example.com/login"};
  const DoctorReport report = patient.examine_now();
  EXPECT_THAT(troubles(report), ElementsAre("error one-click"));
  EXPECT_THAT(find_trouble(report, "one-click")->found, HasSubstr("returned 302 (a redirect)"));

  patient.request.domains.front().unsubscribe_url = "http://example.com/u/7";
  EXPECT_THAT(troubles(patient.examine_now()), ElementsAre("error one-click"));
}

TEST(Doctor, IsContentWithTheZoneThatItPrintsForANewSender) {
  DoctorPatient patient;
  patient.zone = {};
  for (const char* line : {"example.com. SOA ns1.example.net. h.example.com. 1 2 3 4 5",
                           "example.com. MX 10 mail.example.com."}) {
    patient.zone.add(line);
  }
  const std::vector<ZonePart> parts = make_sender_zone(patient.request, patient.clock.wall());
  std::istringstream lines(sender_zone_text(parts));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != ';') patient.zone.add(line);
  }
  const DoctorReport report = patient.examine_now();
  // Only what takes time: one begins by p=none.
  EXPECT_THAT(troubles(report), ElementsAre("info dmarc-policy")) << report_text(report, {});
}

TEST(Doctor, SplitsALongKeyIntoStringsOf255Octets) {
  const DoctorKeys& keys = DoctorKeys::get();
  const std::string line =
      zone_line(txt_record("mail._domainkey.example.com", *make_dkim_record(keys.own)));
  const std::size_t gap = line.find("\" \"");
  ASSERT_NE(gap, std::string::npos);
  EXPECT_EQ(gap - line.find('"') - 1, 255u);
}

TEST(Doctor, TriesUsualSelectorsWhereNoneIsNamed) {
  DoctorPatient patient;
  patient.request.domains.front().keys.clear();
  EXPECT_THAT(troubles(patient.examine_now()), IsEmpty());
  patient.zone.remove("mail._domainkey.example.com. TXT");
  const DoctorReport report = patient.examine_now();
  EXPECT_THAT(troubles(report), ElementsAre("error dkim-key"));
  EXPECT_THAT(find_trouble(report, "dkim-key")->remedy.commands.front(),
              HasSubstr("dkim keygen --domain example.com"));
}

TEST(Doctor, SaysWhatItCouldNotLookAt) {
  DoctorPatient patient;
  patient.request.sources.clear();
  const DoctorReport report = patient.examine_now();
  EXPECT_THAT(troubles(report), IsEmpty()) << report_text(report, {});
  EXPECT_THAT(report_text(report, {}), HasSubstr("no sending address is known"));
}

TEST(Doctor, TakesServersThatFailForAnError) {
  DoctorPatient patient;
  patient.zone.add("_dmarc.example.com. SERVFAIL");
  const DoctorReport report = patient.examine_now();
  EXPECT_THAT(troubles(report), testing::Contains("error dmarc"));
}

TEST(Doctor, PrintsOneDocumentOfJson) {
  DoctorPatient patient;
  patient.zone.remove("_dmarc.example.com. TXT");
  const auto document = nlohmann::json::parse(report_json(patient.examine_now()));
  EXPECT_EQ(document["ok"], false);
  EXPECT_EQ(document["errors"], 1);
  std::string zone;
  for (const auto& section : document["sections"]) {
    for (const auto& finding : section["findings"]) {
      if (finding["severity"] == "error") zone = finding["remedy"]["publish"][0]["zone"];
    }
  }
  EXPECT_EQ(zone, "_dmarc.example.com. IN TXT \"v=DMARC1; p=none; rua=mailto:dmarc@example.com\"");
}

TEST(GenericName, IsOneThatSpellsTheAddressOrSaysSo) {
  for (const char* name : {"192-0-2-25.isp.test", "25.2.0.192.isp.test", "host192.0.2.25.isp.test",
                           "c0000219.isp.test", "p192000002025.isp.test", "dsl-7.isp.test",
                           "dhcp12.isp.test", "pool7.isp.test"}) {
    EXPECT_TRUE(is_generic_name(name, "192.0.2.25")) << name;
  }
  for (const char* name : {"mail.example.com", "mx25.example.com", "static.example.com",
                           "dynamo.example.com", "cpool.example.com"}) {
    EXPECT_FALSE(is_generic_name(name, "192.0.2.25")) << name;
  }
}

TEST(DmarcEdit, TakesOutWhatAReceiverIgnores) {
  for (const char* tag : {"sp=quarantene", "fo=0:1", "fo=", "fo=1 d", "adkim=strict", "t=maybe",
                          "psd=x", "pct=50", "rf=afrf", "ri=1", "rua=dmarc@b.test",
                          "ruf=mailto:", "1=x", "p=x", "np=", "p=none; p=reject"}) {
    DmarcEdit edit = DmarcEdit::of(std::string("v=DMARC1; ") + tag + " ;ASPF = s; x=1");
    edit.remove_malformed();
    const std::string first = std::string_view(tag).starts_with("p=none") ? "p=none; " : "";
    EXPECT_EQ(edit.text(), "v=DMARC1; " + first + "aspf=s; x=1") << tag;
  }
  DmarcEdit lists = DmarcEdit::of(
      "v=DMARC1;p=none;rua=nobody,mailto:r@b.test!10m,https://b.test/;ruf=mailto:f@b.test!5k;what");
  lists.remove_malformed();
  EXPECT_EQ(lists.text(),
            "v=DMARC1; p=none; rua=mailto:r@b.test,https://b.test/; ruf=mailto:f@b.test!5k");
}

TEST(SpfEdit, KeepsTheOrderOfWhatItDoesNotChange) {
  SpfEdit edit = SpfEdit::of("v=spf1 mx  include:a.test ptr -all");
  edit.authorize("192.0.2.1");
  edit.authorize("2001:db8::1");
  edit.remove_mechanism(SpfMechanism::ptr);
  EXPECT_EQ(edit.text(), "v=spf1 mx include:a.test ip4:192.0.2.1 ip6:2001:db8::1 -all");
  SpfEdit redirected = SpfEdit::of("v=spf1 redirect=a.test");
  redirected.authorize("192.0.2.1");
  EXPECT_EQ(redirected.text(), "v=spf1 ip4:192.0.2.1 redirect=a.test");
}

TEST(SpfEdit, TakesOutWhatAReceiverCallsMalformed) {
  for (const char* term : {"ip4:192.0.2.1/033", "ip6:fe80::1%eth0", "a/33", "a//129",
                           "mx:", "ptr:b..", "include:%{x}", "exists:b.123", "redirect=", "exp=",
                           "-exp=b.test", "all:b.test", "x=%", "ipv4:192.0.2.1"}) {
    SpfEdit edit = SpfEdit::of(std::string("v=spf1 mx ") + term + " redirect=b.test");
    edit.remove_malformed();
    EXPECT_EQ(edit.text(), "v=spf1 mx redirect=b.test") << term;
  }
  SpfEdit twice =
      SpfEdit::of("v=spf1 exp=b.test REDIRECT=b.test exp=c.test redirect=c.test x=1 x=1");
  twice.remove_malformed();
  EXPECT_EQ(twice.text(), "v=spf1 exp=b.test REDIRECT=b.test x=1 x=1");
}

TEST(SpfEdit, TellsWhereATermLeads) {
  const auto target = [](const char* term) {
    const SpfTarget found = spf_target(term, "own.test");
    return found.domain.empty() ? "" : found.domain + " " + std::string(to_string(found.type));
  };
  EXPECT_EQ(target("include:b.test"), "b.test TXT");
  EXPECT_EQ(target("?Include:b.test"), "b.test TXT");
  EXPECT_EQ(target("redirect=b.test"), "b.test TXT");
  EXPECT_EQ(target("MX:b.test/24"), "b.test MX");
  EXPECT_EQ(target("-mx"), "own.test MX");
  EXPECT_EQ(target("a//64"), "own.test A");
  EXPECT_EQ(target("a:mx.test"), "mx.test A");
  for (const char* term : {"a:%{d}.test", "exists:b.test", "ptr", "all", "ip4:192.0.2.1",
                           "exp=b.test", "include:", "mx:b..test/33", "what"}) {
    EXPECT_EQ(target(term), "") << term;
  }
}

TEST(SpfEdit, MergesRecordsByTheMilderEnd) {
  EXPECT_EQ(SpfEdit::merged({"v=spf1 mx -all", "v=spf1 mx a:b.test ~all"}).text(),
            "v=spf1 mx a:b.test ~all");
  EXPECT_EQ(SpfEdit::merged({"v=spf1 mx +all", "v=spf1 -all"}).text(), "v=spf1 mx -all");
  EXPECT_EQ(
      SpfEdit::merged({"v=spf1 mx a/33 ALL", "v=spf1 redirect=a.test", "v=spf1 redirect=b.test"})
          .text(),
      "v=spf1 mx ALL");
}

}  // namespace
}  // namespace posthaste
