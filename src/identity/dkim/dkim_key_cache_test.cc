#include "identity/dkim/dkim_key_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

std::string record_of_new_key() {
  return *make_dkim_record(*DkimPrivateKey::generate_ed25519());
}

TEST(DkimKeyCache, ReadsAKeyOnce) {
  DkimKeyCache cache;
  const std::string record = record_of_new_key();
  const auto first = cache.get(record);
  ASSERT_TRUE(first->record);
  ASSERT_TRUE(first->key);
  EXPECT_EQ(cache.get(record), first);
  EXPECT_NE(cache.get(record_of_new_key()), first);
}

TEST(DkimKeyCache, RemembersWhatIsNoKey) {
  DkimKeyCache cache;
  EXPECT_FALSE(cache.get("v=spf1 -all")->record);
  const auto revoked = cache.get("v=DKIM1; p=");
  EXPECT_TRUE(revoked->record);
  EXPECT_FALSE(revoked->key);
  EXPECT_FALSE(cache.get("v=DKIM1; p=AAAA")->key);
  EXPECT_EQ(cache.size(), 3U);
}

TEST(DkimKeyCache, ForgetsTheKeyThatWasNotUsedForLongest) {
  DkimKeyCache cache(2);
  const std::string first = record_of_new_key();
  const std::string second = record_of_new_key();
  const auto key_of_first = cache.get(first);
  const auto key_of_second = cache.get(second);
  EXPECT_EQ(cache.get(first), key_of_first);
  (void)cache.get(record_of_new_key());
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.get(first), key_of_first);
  EXPECT_NE(cache.get(second), key_of_second);
}

TEST(DkimKeyCache, KeepsNoHugeRecord) {
  DkimKeyCache cache;
  EXPECT_TRUE(cache.get("v=DKIM1; p=; n=" + std::string(60'000, 'x'))->record);
  EXPECT_EQ(cache.size(), 0U);
}

}  // namespace
}  // namespace posthaste
