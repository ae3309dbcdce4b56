#include "control/api/queue_query.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

Result<QueueQuery> read(std::map<std::string, std::string> fields) {
  HttpRequest request;
  request.query = std::move(fields);
  return QueueQuery::read(request, {"limit", "reason"}, 50);
}

TEST(QueueQuery, ReadsEveryWordOfAScope) {
  const auto query = read({{"name", "outbound/example.com"},
                           {"queue", "outbound"},
                           {"tenant", "acme"},
                           {"campaign", "spring"},
                           {"pool", "bulk"},
                           {"source", "a"},
                           {"site", "mx.example.com"},
                           {"provider", "google"},
                           {"reason", "why not"},
                           {"limit", "7"}});
  ASSERT_TRUE(query);
  EXPECT_EQ(query->filter.name, "outbound/example.com");
  EXPECT_EQ(query->filter.scope.to_string(),
            "queue=outbound tenant=acme campaign=spring pool=bulk source=a site=mx.example.com "
            "provider=google");
  EXPECT_EQ(query->other("reason"), "why not");
  EXPECT_EQ(query->other("absent"), "");
  EXPECT_EQ(query->limit, 7U);
}

TEST(QueueQuery, TakesADomainInAnyOfItsForms) {
  EXPECT_EQ(read({{"domain", "Example.COM"}})->filter.scope.domain, "example.com");
  EXPECT_EQ(read({{"domain", "gr\u00fcn.example"}})->filter.scope.domain, "xn--grn-ioa.example");
  EXPECT_EQ(read({{"domain", ""}})->filter.scope.domain, "");
  EXPECT_FALSE(read({{"domain", "no domain"}}));
}

// What was meant as a filter must not become "everything".
TEST(QueueQuery, RefusesAFieldThatNobodyKnows) {
  const auto query = read({{"domian", "example.com"}});
  ASSERT_FALSE(query);
  EXPECT_EQ(query.error().message(),
            "there is no field \"domian\" here: use name, queue, domain, tenant, campaign, pool, "
            "source, site, provider, limit, reason");
}

TEST(QueueQuery, RefusesALimitThatIsNone) {
  for (const char* limit : {"", "many", "-1", "0", "7x", "99999999999999999999999"}) {
    EXPECT_FALSE(read({{"limit", limit}})) << limit;
  }
  EXPECT_EQ(read({})->limit, 50U);
}

TEST(DumpJson, WritesWhatIsNoUtf8) {
  EXPECT_EQ(json_line({{"subject", "\xff"}}), "{\"subject\":\"\xef\xbf\xbd\"}\n");
}

}  // namespace
}  // namespace posthaste
