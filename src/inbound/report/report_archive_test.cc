#include "inbound/report/report_archive.h"

#include <gtest/gtest.h>

#include "inbound/report/packing_fixture.h"
#include "inbound/report/report_error.h"

namespace posthaste {
namespace {

boost::system::error_code code_of(ReportErrc code) {
  return make_error_code(code);
}

Result<UnpackedReport> unpack(const LabelledOctets& report, const ArchiveLimits& limits = {}) {
  UnpackBudget budget(limits);
  return unpack_report(report, budget);
}

TEST(ReportArchive, GzipAndZipAndPlainComeOutAsTheyWentIn) {
  for (const std::string& packed :
       {gzip("<feedback/>"), zip({{"a.xml", "<feedback/>"}}), std::string("<feedback/>")}) {
    auto unpacked = unpack({packed, {}, {}});
    ASSERT_TRUE(unpacked) << unpacked.error().message();
    EXPECT_EQ(unpacked->files, std::vector<std::string>{"<feedback/>"});
  }
}

TEST(ReportArchive, SeveralMembersAndPaddingOfGzipAreRead) {
  auto unpacked = unpack({gzip("<feed") + gzip("back/>") + "\r\n", {}, {}});
  ASSERT_TRUE(unpacked) << unpacked.error().message();
  EXPECT_EQ(unpacked->files.front(), "<feedback/>");
}

TEST(ReportArchive, BombsAreRefusedAtTheirLimit) {
  // 1,000 times as large unpacked; refused when 200 times are there.
  const std::string zeros(8U << 20U, ' ');
  for (const std::string& bomb : {gzip(zeros), zip({{"a.xml", zeros}})}) {
    ASSERT_LT(bomb.size(), 16'000U);
    auto unpacked = unpack({bomb, {}, {}});
    ASSERT_FALSE(unpacked);
    EXPECT_EQ(unpacked.error().code, code_of(ReportErrc::too_large));
    EXPECT_NE(unpacked.error().detail.find("200 times"), std::string::npos);
  }
}

TEST(ReportArchive, TheLimitHoldsForAllFilesTogether) {
  ArchiveLimits limits;
  limits.max_unpacked = 10'000;
  const std::string half = noise(6'000);
  EXPECT_TRUE(unpack({zip({{"a.xml", half}}), {}, {}}, limits));
  auto unpacked = unpack({zip({{"a.xml", half}, {"b.xml", half}}), {}, {}}, limits);
  ASSERT_FALSE(unpacked);
  EXPECT_EQ(unpacked.error().code, code_of(ReportErrc::too_large));
}

TEST(ReportArchive, TheLimitsHoldForAllArchivesOfOneBudget) {
  // Each alone unpacks to less than what counts.
  const std::string bomb = gzip(std::string(1U << 20U, ' '));
  EXPECT_TRUE(unpack({bomb, {}, {}}));
  UnpackBudget budget;
  EXPECT_TRUE(unpack_report({bomb, {}, {}}, budget));
  for (int i = 0; i < 2; ++i) {
    auto next = unpack_report({i == 0 ? bomb : gzip("<feedback/>"), {}, {}}, budget);
    ASSERT_FALSE(next) << i;
    EXPECT_EQ(next.error().code, code_of(ReportErrc::too_large));
  }
  ArchiveLimits limits;
  limits.max_packed = 1'000;
  UnpackBudget small(limits);
  EXPECT_TRUE(unpack_report({std::string(600, ' '), {}, {}}, small));
  EXPECT_FALSE(unpack_report({std::string(600, ' '), {}, {}}, small));
  UnpackBudget files;
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(unpack_report({"<feedback/>", {}, {}}, files)) << i;
  EXPECT_FALSE(unpack_report({"<feedback/>", {}, {}}, files));
}

TEST(ReportArchive, TooManyFilesAndTooManyOctetsAreRefused) {
  std::vector<std::pair<std::string, std::string>> files;
  for (int i = 0; i < 65; ++i) files.emplace_back(std::to_string(i) + ".xml", "<feedback/>");
  auto many = unpack({zip(files), {}, {}});
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, code_of(ReportErrc::too_large));
  ArchiveLimits limits;
  limits.max_packed = 10;
  auto large = unpack({"<feedback/>", {}, {}}, limits);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, code_of(ReportErrc::too_large));
}

TEST(ReportArchive, EveryTruncationIsAnError) {
  const std::string text = noise(2'000);
  for (const std::string& packed : {gzip(text), zip({{"a.xml", text}})}) {
    for (std::size_t size = 4; size < packed.size(); size += 7) {
      auto unpacked = unpack({packed.substr(0, size), {}, {}});
      ASSERT_FALSE(unpacked) << size;
      EXPECT_EQ(unpacked.error().code, code_of(ReportErrc::bad_archive)) << size;
    }
  }
}

TEST(ReportArchive, DamageIsAnErrorAndNeverOtherOctets) {
  const std::string text = noise(2'000);
  for (const std::string& packed : {gzip(text), zip({{"a.xml", text}})}) {
    std::size_t refused = 0;
    for (std::size_t i = 0; i < packed.size(); i += 3) {
      std::string damaged = packed;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
      auto unpacked = unpack({damaged, {}, {}});
      refused += unpacked ? 0 : 1;
      // Names, times and notes may change without harm; plain is what lost its first octets.
      if (unpacked && unpacked->container != ReportContainer::plain) {
        EXPECT_EQ(unpacked->files.front(), text) << i;
      }
    }
    // Nearly all of it is the text itself, under its checksum.
    EXPECT_GT(refused * 3, packed.size() / 2);
  }
}

TEST(ReportArchive, LabelsThatAreAllWrongAreRefused) {
  const std::string packed = gzip("<feedback/>");
  EXPECT_TRUE(unpack({packed, "a.xml.gz", "application/zip"}));
  EXPECT_TRUE(unpack({packed, "a.zip", "application/gzip"}));
  EXPECT_TRUE(unpack({packed, "report", "application/octet-stream"}));
  for (const char* name : {"a.zip", "A.XML", "a.json"}) {
    auto unpacked = unpack({packed, name, "application/octet-stream"});
    ASSERT_FALSE(unpacked) << name;
    EXPECT_EQ(unpacked.error().code, code_of(ReportErrc::bad_archive));
  }
  auto plain = unpack({"<feedback/>", "a.xml.gz", "application/gzip"});
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().detail,
            "labelled as gzip but the octets are neither gzip nor zip: the sender must label it "
            "right");
}

TEST(ReportArchive, ArchivesInArchivesAreRefused) {
  auto unpacked = unpack({zip({{"a.xml.gz", gzip("<feedback/>")}}), {}, {}});
  ASSERT_FALSE(unpacked);
  EXPECT_EQ(unpacked.error().code, code_of(ReportErrc::bad_archive));
}

TEST(ReportArchive, ZipsPackedOtherwiseThanByDeflateAreRefused) {
  constexpr char kLzma = 14;
  std::string packed = zip({{"a.xml", std::string(2'000, ' ')}});
  packed.at(8) = kLzma;
  packed.at(packed.find("PK\x01\x02") + 10) = kLzma;
  auto unpacked = unpack({packed, {}, {}});
  ASSERT_FALSE(unpacked);
  EXPECT_NE(unpacked.error().detail.find("deflate"), std::string::npos) << unpacked.error().detail;
}

TEST(ReportArchive, EncryptedZipsAreRefused) {
  auto unpacked = unpack({encrypted_zip("a.xml", "<feedback/>"), {}, {}});
  ASSERT_FALSE(unpacked);
  EXPECT_EQ(unpacked.error().detail, "the zip is encrypted: reports come without a password");
}

}  // namespace
}  // namespace posthaste
