#include "platform/dns/rdata.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

using namespace std::string_literals;

TEST(RdataWire, ReadsEveryType) {
  EXPECT_EQ(parse_rdata_wire(RecordType::a, "\xc0\x00\x02\x01"s), Rdata("192.0.2.1"s));
  EXPECT_EQ(
      parse_rdata_wire(RecordType::aaaa, "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01"),
      Rdata("2001:db8::1"s));
  EXPECT_EQ(parse_rdata_wire(RecordType::mx, "\x00\x0a\x02MX\x07"s + "example\x00"s),
            Rdata(MxRecord{10, "mx.example"}));
  EXPECT_EQ(parse_rdata_wire(RecordType::mx, "\x00\x00\x00"s), Rdata(MxRecord{0, ""}));
  EXPECT_EQ(parse_rdata_wire(RecordType::txt, "\x03v=s\x02pf"s), Rdata("v=spf"s));
  EXPECT_EQ(parse_rdata_wire(RecordType::ptr, "\x01h\x00"s), Rdata("h"s));
  EXPECT_EQ(parse_rdata_wire(RecordType::srv, "\x00\x01\x00\x02\x02\x4b\x01h\x00"s),
            Rdata(SrvRecord{1, 2, 587, "h"}));
  EXPECT_EQ(parse_rdata_wire(RecordType::tlsa, "\x03\x01\x01\xab\xcd"s),
            Rdata(TlsaRecord{3, 1, 1, "\xab\xcd"}));
}

TEST(RdataWire, ReadsASoaAsAZoneFileHasIt) {
  const std::string wire = "\x02ns\x00\x01h\x00"s + "\x00\x00\x00\x01\x00\x00\x1c\x20"s +
                           "\x00\x00\x03\x84\x00\x12\x75\x00\x00\x00\x01\x2c"s;
  EXPECT_EQ(parse_rdata_wire(RecordType::soa, wire), Rdata("ns. h. 1 7200 900 1209600 300"s));
  EXPECT_EQ(*parse_rdata_text(RecordType::soa, "NS. h 1 7200 900 1209600 300"),
            Rdata("ns. h. 1 7200 900 1209600 300"s));
  EXPECT_FALSE(parse_rdata_text(RecordType::soa, "ns. h. 1 7200 900 1209600"));
  EXPECT_FALSE(parse_rdata_text(RecordType::soa, "ns. h. 1 7200 900 1209600 soon"));
}

TEST(RdataWire, RefusesWhatIsCutShortOrTooLong) {
  const std::string mx = "\x00\x0a\x02mx\x07"s + "example\x00"s;
  for (std::size_t size = 0; size < mx.size(); ++size) {
    EXPECT_FALSE(parse_rdata_wire(RecordType::mx, mx.substr(0, size))) << size;
  }
  EXPECT_FALSE(parse_rdata_wire(RecordType::mx, mx + "x"));
  EXPECT_FALSE(parse_rdata_wire(RecordType::a, "\x7f\x00\x00"s));
  EXPECT_FALSE(parse_rdata_wire(RecordType::aaaa, std::string(17, 'x')));
  EXPECT_FALSE(parse_rdata_wire(RecordType::txt,
                                "\x05"
                                "abc"s));
  EXPECT_FALSE(parse_rdata_wire(RecordType::tlsa, "\x03\x01"s));
}

TEST(RdataWire, RefusesANameOfMoreThan255Octets) {
  std::string wire;
  for (int i = 0; i < 5; ++i) wire += '\x3f' + std::string(63, 'a');
  EXPECT_FALSE(parse_rdata_wire(RecordType::cname, wire + '\0'));
}

TEST(RdataWire, EscapesWhatNoHostNameHolds) {
  EXPECT_EQ(parse_rdata_wire(RecordType::ptr,
                             "\x03"
                             "a.b\x02\xff"
                             "c\x00"s),
            Rdata("a\\046b.\\255c"s));
}

TEST(RdataText, ReadsEveryType) {
  EXPECT_EQ(*parse_rdata_text(RecordType::a, " 192.0.2.1 "), Rdata("192.0.2.1"s));
  EXPECT_EQ(*parse_rdata_text(RecordType::aaaa, "2001:DB8:0::1"), Rdata("2001:db8::1"s));
  EXPECT_EQ(*parse_rdata_text(RecordType::mx, "10 MX.example."), Rdata(MxRecord{10, "mx.example"}));
  EXPECT_EQ(*parse_rdata_text(RecordType::mx, "0 ."), Rdata(MxRecord{0, ""}));
  EXPECT_EQ(*parse_rdata_text(RecordType::cname, "a.example ; note"), Rdata("a.example"s));
  EXPECT_EQ(*parse_rdata_text(RecordType::srv, "1 2 587 h."), Rdata(SrvRecord{1, 2, 587, "h"}));
  EXPECT_EQ(*parse_rdata_text(RecordType::tlsa, "3 1 1 ab CD"),
            Rdata(TlsaRecord{3, 1, 1, "\xab\xcd"}));
}

TEST(RdataText, JoinsQuotedStringsAndKeepsBareTextWhole) {
  EXPECT_EQ(*parse_rdata_text(RecordType::txt, R"("v=spf1" " -all" ; note)"),
            Rdata("v=spf1 -all"s));
  EXPECT_EQ(*parse_rdata_text(RecordType::txt, R"("a\"b\\c\059;")"), Rdata("a\"b\\c;;"s));
  EXPECT_EQ(*parse_rdata_text(RecordType::txt, "v=DKIM1; p=abc"), Rdata("v=DKIM1; p=abc"s));
  EXPECT_EQ(*parse_rdata_text(RecordType::txt, R"("")"), Rdata(""s));
}

TEST(RdataText, SaysWhatIsWrong) {
  for (const auto& [type, text] : std::initializer_list<std::pair<RecordType, std::string>>{
           {RecordType::a, ""},
           {RecordType::a, "192.0.2"},
           {RecordType::a, "192.0.2.1 192.0.2.2"},
           {RecordType::aaaa, "192.0.2.1"},
           {RecordType::mx, "mx.example"},
           {RecordType::mx, "65536 mx.example"},
           {RecordType::mx, "-1 mx.example"},
           {RecordType::mx, "10 mx..example"},
           {RecordType::mx, "10 mx.example extra"},
           {RecordType::cname, std::string(64, 'a')},
           {RecordType::srv, "1 2 70000 h"},
           {RecordType::tlsa, "3 1 1 abc"},
           {RecordType::tlsa, "3 1 1 zz"},
           {RecordType::tlsa, "256 1 1 aa"},
           {RecordType::txt, "\"open"},
           {RecordType::txt, "\"a\" b"},
           {RecordType::txt, R"("\256")"},
           {RecordType::txt, R"("\2)"},
           {RecordType::txt, R"("\)"}}) {
    const Result<Rdata> record = parse_rdata_text(type, text);
    ASSERT_FALSE(record) << to_string(type) << " " << text;
    EXPECT_FALSE(record.error().detail.empty());
  }
}

}  // namespace
}  // namespace posthaste
