#include "identity/transport/mta_sts_cache.h"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

const std::string kEnforce = "version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 86400\n";
const std::string kTesting = "version: STSv1\nmode: testing\nmx: mx.a.test\nmax_age: 86400\n";

std::string record(const std::string& id) {
  return "_mta-sts.a.test. 60 TXT \"v=STSv1; id=" + id + ";\"\n";
}

class MtaStsCacheTest : public testing::Test {
 protected:
  MtaStsCacheTest() { build(); }
  ~MtaStsCacheTest() override {
    tasks_.cancel();
    settle();
  }

  void build(std::size_t capacity = 100) {
    MtaStsCache::Parts parts{resolver, clock,
                             [this](HttpsRequest request) { return fetch(std::move(request)); }};
    parts.keep = [this](std::string key, std::optional<std::string> value) {
      if (value) {
        kept[key] = *value;
      } else {
        kept.erase(key);
      }
    };
    parts.capacity = capacity;
    cache = std::make_unique<MtaStsCache>(std::move(parts));
  }
  void restart() {
    build();
    cache->restore({kept.begin(), kept.end()});
  }
  void serve(const std::string& policy) {
    HttpsAnswer answer;
    answer.status = 200;
    answer.headers = {{"content-type", "text/plain; charset=utf-8"}};
    answer.body = policy;
    answers = answer;
  }
  void fail(const std::string& why) { answers = Error{asio::error::connection_refused, why}; }

  MtaStsAnswer ask(const std::string& domain = "a.test") {
    std::optional<MtaStsAnswer> result;
    tasks_.spawn(ask_for(domain, result));
    settle();
    EXPECT_TRUE(result.has_value());
    return result.value_or(MtaStsAnswer());
  }
  std::string mode(const std::string& domain = "a.test") {
    const MtaStsAnswer answer = ask(domain);
    return answer.policy ? std::string(to_string(answer.policy->mode)) : "no policy";
  }
  void settle() {
    context_.restart();
    while (context_.poll() > 0) context_.restart();
  }

  ManualClock clock;
  ZoneTextResolver resolver{record("1")};
  Result<HttpsAnswer> answers = Error{asio::error::connection_refused, "nobody"};
  std::vector<std::string> fetched;
  std::map<std::string, std::string> kept;
  std::unique_ptr<MtaStsCache> cache;

 protected:
  asio::awaitable<void> ask_for(std::string domain, std::optional<MtaStsAnswer>& result) {
    result = co_await cache->policy_for(domain);
  }
  asio::awaitable<Result<HttpsAnswer>> fetch(HttpsRequest request) {
    fetched.push_back(request.url);
    co_await clock.sleep_until(is_slow ? clock.now() + 1s : clock.now());
    co_return answers;
  }
  bool is_slow = false;
  asio::io_context context_{1};
  TaskGroup tasks_{context_.get_executor()};
};

TEST_F(MtaStsCacheTest, FetchesAPolicyOnceAndKeepsIt) {
  serve(kEnforce);
  EXPECT_EQ(mode(), "enforce");
  ASSERT_EQ(fetched.size(), 1U);
  EXPECT_EQ(fetched[0], "https://mta-sts.a.test/.well-known/mta-sts.txt");
  EXPECT_EQ(mode(), "enforce");
  clock.advance(10min);
  EXPECT_EQ(mode(), "enforce");
  EXPECT_EQ(fetched.size(), 1U);
  EXPECT_EQ(resolver.asked("_mta-sts.a.test", RecordType::txt), 2U);
}

TEST_F(MtaStsCacheTest, FetchesAnewWhenTheIdChanges) {
  serve(kTesting);
  EXPECT_EQ(mode(), "testing");
  resolver.replace(record("2"));
  serve(kEnforce);
  EXPECT_EQ(mode(), "testing");  // DNS is not asked again yet
  clock.advance(6min);
  EXPECT_EQ(mode(), "enforce");
}

TEST_F(MtaStsCacheTest, AsksNobodyAgainSoonWhereThereIsNoPolicy) {
  EXPECT_EQ(mode("b.test"), "no policy");
  clock.advance(4min);
  EXPECT_EQ(mode("b.test"), "no policy");
  EXPECT_EQ(resolver.asked("_mta-sts.b.test", RecordType::txt), 1U);
  clock.advance(2min);
  EXPECT_EQ(mode("b.test"), "no policy");
  EXPECT_EQ(resolver.asked("_mta-sts.b.test", RecordType::txt), 2U);
  EXPECT_TRUE(fetched.empty());
}

TEST_F(MtaStsCacheTest, KeepsAPolicyWhoseRecordOrHostHasGone) {
  serve(kEnforce);
  EXPECT_EQ(mode(), "enforce");
  resolver.replace("_mta-sts.a.test. NXDOMAIN");
  clock.advance(2h);
  EXPECT_EQ(mode(), "enforce");
  resolver.replace("_mta-sts.a.test. SERVFAIL");
  clock.advance(2h);
  EXPECT_EQ(mode(), "enforce");
  resolver.replace(record("2"));
  fail("gone");
  clock.advance(2h);
  const MtaStsAnswer answer = ask();
  ASSERT_TRUE(answer.policy);
  EXPECT_EQ(answer.fetch_failure, TlsFailureType::sts_policy_fetch_error);
  EXPECT_EQ(answer.fetch_problem, "gone");
  clock.advance(24h);
  EXPECT_EQ(mode(), "no policy");  // its max_age is over
}

TEST_F(MtaStsCacheTest, TriesAPolicyThatCannotBeFetchedLessAndLessOften) {
  fail("certificate of mta-sts.a.test refused: expired");
  EXPECT_EQ(ask().fetch_failure, TlsFailureType::sts_webpki_invalid);
  std::vector<std::size_t> tries;
  for (int i = 0; i < 36; ++i) {
    clock.advance(5min);
    (void)ask();
  }
  EXPECT_LT(fetched.size(), 8U);
  EXPECT_GT(fetched.size(), 4U);
}

TEST_F(MtaStsCacheTest, RenewsBeforeTheEnd) {
  serve(kEnforce);
  EXPECT_EQ(mode(), "enforce");
  clock.advance(13h);
  EXPECT_EQ(mode(), "enforce");
  EXPECT_EQ(fetched.size(), 2U);
}

TEST_F(MtaStsCacheTest, RenewsByItselfWhatNobodyAsksFor) {
  serve(kEnforce);
  EXPECT_EQ(mode(), "enforce");
  tasks_.spawn(cache->keep_fresh());
  settle();
  for (int hour = 0; hour < 20; ++hour) {
    clock.advance(1h);
    settle();
  }
  EXPECT_EQ(fetched.size(), 2U);
}

TEST_F(MtaStsCacheTest, RemembersPoliciesOverARestart) {
  serve(kEnforce);
  EXPECT_EQ(mode(), "enforce");
  fail("down");
  resolver.replace("_mta-sts.a.test. NXDOMAIN");
  clock.advance(2h);
  restart();
  EXPECT_EQ(mode(), "enforce");
  clock.advance(24h);
  restart();
  EXPECT_EQ(mode(), "no policy");
  EXPECT_TRUE(kept.empty());
  kept["mta-sts/c.test"] = "{\"policy\": 1}";
  kept["mta-sts/d.test"] = "no json";
  restart();
  EXPECT_EQ(cache->size(), 0U);
}

TEST_F(MtaStsCacheTest, TakesNoPolicyThatIsNoPlainTextOrAnotherStatus) {
  serve(kEnforce);
  answers->headers = {{"content-type", "text/html"}};
  EXPECT_EQ(ask().fetch_failure, TlsFailureType::sts_policy_invalid);
  build();
  serve(kEnforce);
  answers->status = 302;
  const MtaStsAnswer answer = ask();
  EXPECT_EQ(answer.fetch_failure, TlsFailureType::sts_policy_fetch_error);
  EXPECT_EQ(answer.fetch_problem, "the policy's host answers 302");
  EXPECT_FALSE(answer.policy);
}

TEST_F(MtaStsCacheTest, SeveralRecordsAreNone) {
  resolver.replace(record("1") + record("2"));
  EXPECT_EQ(mode(), "no policy");
  resolver.replace(record("1") + "_mta-sts.a.test. TXT \"something else\"\n");
  serve(kEnforce);
  clock.advance(10min);
  EXPECT_EQ(mode(), "enforce");
}

TEST_F(MtaStsCacheTest, AsksOnceForManyWhoWait) {
  serve(kEnforce);
  is_slow = true;
  std::vector<std::optional<MtaStsAnswer>> results(5);
  for (auto& result : results) tasks_.spawn(ask_for("a.test", result));
  settle();
  clock.advance(2s);
  settle();
  for (const auto& result : results) {
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->policy);
  }
  EXPECT_EQ(fetched.size(), 1U);
}

TEST_F(MtaStsCacheTest, OnesWhoWaitGoOnWhenTheAskerIsCancelled) {
  is_slow = true;
  std::optional<MtaStsAnswer> first;
  std::optional<MtaStsAnswer> second;
  auto asker = tasks_.spawn(ask_for("a.test", first));
  settle();
  tasks_.spawn(ask_for("a.test", second));
  settle();
  asker.cancel();
  settle();
  EXPECT_TRUE(second.has_value());
}

TEST_F(MtaStsCacheTest, HoldsSoManyDomainsAndNoMore) {
  build(10);
  for (int i = 0; i < 100; ++i) (void)ask("d" + std::to_string(i) + ".test");
  EXPECT_LE(cache->size(), 10U);
}

// What the corpus says of a domain, by what our cache makes of it.
std::string outcome(const MtaStsAnswer& answer) {
  if (answer.policy) return "valid";
  return answer.fetch_failure == TlsFailureType::none ? "no policy" : "fetch error";
}

TEST_F(MtaStsCacheTest, JudgesTheCorpus) {
  std::ifstream cases(std::string(POSTHASTE_CORPORA) + "/mta-sts/policies.jsonl");
  if (!cases) GTEST_SKIP() << "no corpus";
  int right = 0;
  int all = 0;
  for (std::string line; std::getline(cases, line); ++all) {
    const auto c = nlohmann::json::parse(line);
    const std::string domain = c["domain"];
    std::string zone = "x.loc. A 192.0.2.1";
    if (!c["txt"].is_null()) {
      zone = "_mta-sts." + domain + ". TXT \"" + c["txt"].get<std::string>() + "\"";
    }
    resolver.replace(zone);
    // What HttpsClient makes of the answer: https_client_test.cc shows it for each.
    if (c.value("certificate", "valid") != "valid") {
      fail("certificate of mta-sts." + domain + " refused: " + c["certificate"].get<std::string>());
    } else if (c.contains("body") && c["body"].is_null()) {
      fail("the answer is larger than 65536 octets");
    } else if (c.contains("body")) {
      serve(c["body"]);
      answers->status = c["http_status"];
      answers->headers = {{"content-type", c["content_type"].get<std::string>()}};
    }
    EXPECT_EQ(outcome(ask(domain)), c["expect"].get<std::string>()) << line;
    right += outcome(ask(domain)) == c["expect"].get<std::string>() ? 1 : 0;
  }
  EXPECT_EQ(all, 21);
  std::cout << "MTA-STS policies: " << right << " of " << all << "\n";
}

}  // namespace
}  // namespace posthaste
