#include "identity/blocklist/blocklist_zone.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace posthaste {
namespace {

using Status = BlocklistAnswer::Status;

BlocklistCode code(const std::string& text) {
  return *BlocklistCode::parse(text);
}

BlocklistZone zone_of_codes() {
  BlocklistZone zone;
  zone.codes = {code("127.0.0.2 SBL"), code("127.0.0.4-7 XBL"), code("127.0.0.10-11 PBL")};
  zone.errors = {code("127.0.0.255 blocked")};
  return zone;
}

TEST(BlocklistZone, ReversesTheOctetsOfIpv4) {
  const auto reversed = reversed_address("192.0.2.1");
  ASSERT_TRUE(reversed);
  EXPECT_EQ(reversed->first, BlocklistKind::ipv4);
  EXPECT_EQ(reversed->second, "1.2.0.192");
}

// RFC 5782 §2.4, its own example.
TEST(BlocklistZone, ReversesTheNibblesOfIpv6) {
  const auto reversed = reversed_address("2001:db8:1:2:3:4:567:89ab");
  ASSERT_TRUE(reversed);
  EXPECT_EQ(reversed->first, BlocklistKind::ipv6);
  EXPECT_EQ(reversed->second, "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2");
}

TEST(BlocklistZone, AsksForAMappedAddressAsIpv4) {
  EXPECT_EQ(reversed_address("::ffff:192.0.2.1")->second, "1.2.0.192");
}

TEST(BlocklistZone, ReversesNothingThatIsNoAddress) {
  EXPECT_FALSE(reversed_address("mail.example.com"));
  EXPECT_FALSE(reversed_address("192.0.2"));
}

TEST(BlocklistZone, ReadsWhatTheCodesMean) {
  const BlocklistReading reading =
      read_blocklist_answer(zone_of_codes(), {"127.0.0.10", "127.0.0.2"});
  EXPECT_EQ(reading.status, Status::listed);
  EXPECT_EQ(reading.codes, (std::vector<std::string>{"127.0.0.10", "127.0.0.2"}));
  EXPECT_EQ(reading.meaning, "PBL; SBL");
}

TEST(BlocklistZone, ReadsACodeThatNobodyExplainedAsAListing) {
  const BlocklistReading reading = read_blocklist_answer(zone_of_codes(), {"127.0.0.99"});
  EXPECT_EQ(reading.status, Status::listed);
  EXPECT_EQ(reading.meaning, "");
}

TEST(BlocklistZone, ReadsNoAnswerAsClear) {
  EXPECT_EQ(read_blocklist_answer(zone_of_codes(), {}).status, Status::clear);
}

TEST(BlocklistZone, TakesNoErrorForAListing) {
  for (const std::string answer : {"127.255.255.252", "127.255.255.254", "127.255.255.255",
                                   "127.255.255.1", "127.0.0.255", "203.0.113.7", "126.0.0.2"}) {
    const BlocklistReading reading = read_blocklist_answer(zone_of_codes(), {answer});
    EXPECT_EQ(reading.status, Status::refused) << answer;
    EXPECT_FALSE(reading.meaning.empty()) << answer;
  }
}

TEST(BlocklistZone, TrustsNothingBesideAnError) {
  EXPECT_EQ(read_blocklist_answer(zone_of_codes(), {"127.0.0.2", "203.0.113.7"}).status,
            Status::refused);
}

TEST(BlocklistZone, ReadsTheBitsOfABitmask) {
  BlocklistZone zone;
  zone.bits = {*BlocklistBit::parse("8 PH"), *BlocklistBit::parse("16 MW"),
               *BlocklistBit::parse("64 ABUSE")};
  zone.errors = {code("127.0.0.1 refused")};
  EXPECT_EQ(read_blocklist_answer(zone, {"127.0.0.72"}).meaning, "PH; ABUSE");
  EXPECT_EQ(read_blocklist_answer(zone, {"127.0.0.1"}).status, Status::refused);
}

TEST(BlocklistZone, ReadsCodesAsTheyAreWritten) {
  EXPECT_EQ(code("127.0.0.10-11 PBL: dynamic").to_string(), "127.0.0.10-11 PBL: dynamic");
  EXPECT_EQ(code("127.0.0.2").to_string(), "127.0.0.2");
  for (const std::string bad : {"", "SBL", "10.0.0.2 x", "127.0.0.11-10 x", "127.0.0.2-300 x"}) {
    EXPECT_FALSE(BlocklistCode::parse(bad)) << bad;
  }
  for (const std::string bad : {"", "0 none", "256 much", "x"}) {
    EXPECT_FALSE(BlocklistBit::parse(bad)) << bad;
  }
}

TEST(BlocklistZone, FindsTheRegisteredDomain) {
  EXPECT_EQ(registered_domain("bounce.mail.example.co.uk"), "example.co.uk");
  EXPECT_EQ(registered_domain("example.com"), "example.com");
  EXPECT_EQ(registered_domain("com"), "com");
}

TEST(BlocklistZone, KnowsTheDead) {
  EXPECT_TRUE(dead_blocklist("dnsbl.sorbs.net"));
  EXPECT_TRUE(dead_blocklist("spam.dnsbl.SORBS.net."));
  EXPECT_TRUE(dead_blocklist("cbl.abuseat.org"));
  EXPECT_TRUE(dead_blocklist("phishing.rbl.msrbl.net"));
  EXPECT_FALSE(dead_blocklist("zen.spamhaus.org"));
  EXPECT_FALSE(dead_blocklist("notsorbs.net"));
}

}  // namespace
}  // namespace posthaste
