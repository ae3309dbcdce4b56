#include "queue/refusals.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

QueueName queue(const std::string& remote_queue, const std::string& tenant,
                const std::string& campaign = "", const std::string& domain = "a.test") {
  return {remote_queue, TenantId(tenant), CampaignId(campaign), *Domain::parse(domain)};
}

// Meters of each level, and what they say.
class RefusalsTest : public testing::Test {
 protected:
  LimitRefusal by(const std::string& key) {
    meters.push_back(std::make_shared<LimitMeter>(clock, key, key));
    return {key, std::nullopt, {}, meters.back().get()};
  }

  ManualClock clock;
  std::vector<std::shared_ptr<LimitMeter>> meters;
  Refusals refusals;
};

TEST_F(RefusalsTest, StopsAllTenantsOfAFullClassWhateverTheSource) {
  refusals.begin_source(false);
  refusals.add(queue("bulk", "a"), by("queue/bulk"));
  EXPECT_TRUE(refusals.stop(queue("bulk", "b")));
  EXPECT_FALSE(refusals.stop(queue("urgent", "a")));
  EXPECT_TRUE(refusals.stop_class("bulk"));
  refusals.begin_source(false);
  EXPECT_TRUE(refusals.stop(queue("bulk", "b")));
}

TEST_F(RefusalsTest, StopsATenantInAllItsClassesAndACampaignAlone) {
  refusals.begin_source(false);
  refusals.add(queue("bulk", "a"), by("tenant/a"));
  EXPECT_TRUE(refusals.stop(queue("urgent", "a")));
  EXPECT_FALSE(refusals.stop(queue("bulk", "b")));
  EXPECT_FALSE(refusals.stop_class("bulk"));
  refusals.add(queue("bulk", "b", "spring"), by("campaign/b/spring"));
  EXPECT_TRUE(refusals.stop(queue("bulk", "b", "spring")));
  EXPECT_FALSE(refusals.stop(queue("bulk", "b", "autumn")));
}

TEST_F(RefusalsTest, StopsAFullSourceUntilAnotherIsAskedAbout) {
  refusals.begin_source(false);
  refusals.add(queue("bulk", "a"), by("cell/s1/mx.test"));
  EXPECT_TRUE(refusals.stop(queue("urgent", "b")));
  EXPECT_FALSE(refusals.stop_class("bulk"));
  refusals.begin_source(false);
  EXPECT_FALSE(refusals.stop(queue("urgent", "b")));
}

TEST_F(RefusalsTest, AsksEachDomainWhereASuspensionNamesOne) {
  const LimitRefusal suspended{"suspended", std::nullopt, {}, nullptr};
  refusals.begin_source(true);
  refusals.add(queue("bulk", "a"), suspended);
  EXPECT_FALSE(refusals.stop(queue("bulk", "a", "", "b.test")));
  refusals.begin_source(false);
  refusals.add(queue("bulk", "a"), suspended);
  EXPECT_TRUE(refusals.stop(queue("bulk", "a", "", "b.test")));
  EXPECT_FALSE(refusals.stop(queue("bulk", "b")));
}

TEST_F(RefusalsTest, ListsEachLimitOnce) {
  refusals.begin_source(false);
  const LimitRefusal full = by("queue/bulk");
  refusals.add(queue("bulk", "a"), full);
  refusals.add(queue("bulk", "b"), full);
  refusals.add(by("cell/s1/mx.test"));
  EXPECT_EQ(refusals.list().size(), 2U);
}

}  // namespace
}  // namespace posthaste
