#include "identity/arc/arc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "identity/arc/arc_verification_fixture.h"

namespace posthaste {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const WallTime kNow{std::chrono::seconds(1'800'000'000)};

// A message that hops over sealers, each with a key of its own.
class ArcHops : public ::testing::Test {
 protected:
  ArcSealer sealer(const std::string& domain, DkimPrivateKey key) {
    keys_.add("arc._domainkey." + domain, *make_dkim_record(key));
    return {std::move(key), domain, "arc", {}};
  }
  ArcSealer sealer(const std::string& domain) {
    return sealer(domain, *DkimPrivateKey::generate_ed25519());
  }

  ArcVerdict judge() { return ArcVerification::verdict(message_, kNow, keys_); }

  // Seals what is there now, as a receiver that has judged it would.
  std::string seal(const ArcSealer& by) {
    const AuthenticationResults results{"mx." + by.domain,
                                        {{"spf", "pass", "", "", {{"smtp", "helo", "a.example"}}}}};
    const auto made = make_arc_set(message_, by, judge(), results, kNow);
    EXPECT_TRUE(made);
    message_.insert(0, *made);
    return *made;
  }

  TableOfKeys keys_;
  std::string message_ =
      "From: a@example.com\r\nTo: list@example.org\r\nSubject: hello\r\n\r\nA text.\r\n";
};

TEST_F(ArcHops, HaveNoChainAtFirst) {
  const ArcVerdict verdict = judge();
  EXPECT_EQ(verdict.result, ArcResult::none);
  EXPECT_EQ(verdict.instances, 0);
  EXPECT_EQ(verdict.problem, "");
}

TEST_F(ArcHops, EachAddOneSetThatHolds) {
  const std::string first = seal(sealer("one.example", *DkimPrivateKey::generate_rsa(2048)));
  EXPECT_THAT(first, StartsWith("ARC-Seal: a=rsa-sha256;"));
  EXPECT_THAT(first, HasSubstr("cv=none; d=one.example; i=1; s=arc; t=1800000000\r\n"));
  EXPECT_THAT(first, HasSubstr("ARC-Authentication-Results: i=1; mx.one.example;\r\n"
                               " spf=pass smtp.helo=a.example\r\n"));
  EXPECT_THAT(seal(sealer("two.example")), HasSubstr("cv=pass; d=two.example; i=2;"));
  const ArcVerdict verdict = judge();
  EXPECT_EQ(verdict.result, ArcResult::pass) << verdict.problem;
  EXPECT_EQ(verdict.instances, 2);
  EXPECT_EQ(verdict.oldest_pass, 0);
  EXPECT_EQ(verdict.domains, (std::vector<std::string>{"one.example", "two.example"}));
}

TEST_F(ArcHops, MayChangeTheMessageBeforeTheySeal) {
  seal(sealer("one.example"));
  const ArcVerdict at_arrival = judge();
  message_ += "-- \r\nThe list's footer\r\n";
  EXPECT_EQ(judge().result, ArcResult::fail);
  const auto made = make_arc_set(message_, sealer("two.example"), at_arrival, {"mx", {}}, kNow);
  ASSERT_TRUE(made);
  message_.insert(0, *made);
  EXPECT_EQ(judge().result, ArcResult::pass) << judge().problem;
  EXPECT_EQ(judge().oldest_pass, 2);
}

TEST_F(ArcHops, EndAChainThatDoesNotHold) {
  seal(sealer("one.example"));
  message_ += "changed\r\n";
  EXPECT_EQ(judge().problem, "ARC-Message-Signature of i=1: body hash did not verify");
  EXPECT_THAT(seal(sealer("two.example")), HasSubstr("cv=fail; d=two.example; i=2;"));
  const ArcVerdict verdict = judge();
  EXPECT_EQ(verdict.result, ArcResult::fail);
  EXPECT_TRUE(verdict.has_ended);
  EXPECT_EQ(verdict.problem, "the chain failed before: cv=fail in the ARC-Seal of i=2");
  EXPECT_EQ(seal(sealer("three.example")), "");
}

TEST_F(ArcHops, FailWhenASealOrItsKeyIsNotRight) {
  seal(sealer("one.example"));
  seal(sealer("two.example"));
  const std::string good = message_;
  message_.replace(message_.find("mx.one"), 6, "mx.0ne");
  EXPECT_EQ(judge().problem, "ARC-Seal of i=2: signature did not verify");
  message_ = good;
  keys_.add_unavailable("arc._domainkey.one.example");
  const ArcVerdict verdict = judge();
  EXPECT_EQ(verdict.problem, "ARC-Seal of i=1: key unavailable");
  EXPECT_TRUE(verdict.is_temporary_failure);
}

TEST_F(ArcHops, MustBeWholeAndInOrder) {
  seal(sealer("one.example"));
  const std::string one_set = message_;
  const std::size_t end_of_set = one_set.find("From:");
  message_ = one_set.substr(0, end_of_set) + one_set;
  EXPECT_THAT(judge().problem, StartsWith("there is more than one ARC-"));
  message_ = one_set.substr(one_set.find("ARC-Message"));
  EXPECT_EQ(judge().problem, "there is no ARC-Seal of i=1");
  message_ = one_set;
  message_.replace(message_.find("Results: i=1"), 12, "Results: i=3");
  EXPECT_THAT(judge().problem, StartsWith("there is no ARC-Authentication-Results of i=1"));
  message_.replace(message_.find("Results: i=3"), 12, "Results: i=51");
  EXPECT_EQ(judge().problem, "an ARC-Authentication-Results has no valid i=");
}

// RFC 8617 §4.2.1
TEST_F(ArcHops, AreFiftyAtMost) {
  const ArcSealer by = sealer("one.example");
  for (int i = 1; i <= 50; ++i) EXPECT_NE(seal(by), "") << i;
  EXPECT_EQ(judge().result, ArcResult::pass) << judge().problem;
  EXPECT_EQ(judge().instances, 50);
  EXPECT_EQ(seal(by), "");
}

TEST_F(ArcHops, NeverSignSealsInTheMessageSignature) {
  ArcSealer by = sealer("one.example");
  by.headers = {"from", "ARC-Seal"};
  EXPECT_FALSE(make_arc_set(message_, by, {}, {"mx", {}}, kNow));
  by.headers = {"subject"};
  const auto made = make_arc_set(message_, by, {}, {"mx", {}}, kNow);
  ASSERT_TRUE(made);
  EXPECT_THAT(*made, HasSubstr("h=from:subject;"));
}

// A caller that has not judged the chain cannot vouch for it.
TEST_F(ArcHops, DoNotVouchForWhatWasNotJudged) {
  seal(sealer("one.example"));
  const auto made = make_arc_set(message_, sealer("two.example"), {}, {"mx", {}}, kNow);
  ASSERT_TRUE(made);
  EXPECT_THAT(*made, HasSubstr("cv=fail"));
}

TEST(ArcResults, AreTakenFromFieldsThatCarryOurName) {
  const std::string message =
      "Authentication-Results: mx.example.org; arc=pass\r\n"
      "authentication-results: MX.example.org;\r\n spf=fail smtp.helo=x\r\n"
      "Authentication-Results: other.example; arc=fail\r\n"
      "Authentication-Results: mx.example.org; broken\r\n"
      "From: a@example.com\r\n\r\n";
  const auto results = collect_authentication_results(message, "mx.example.org");
  EXPECT_EQ(results.authserv_id, "mx.example.org");
  ASSERT_EQ(results.results.size(), 2U);
  EXPECT_EQ(results.results[1].method, "spf");
  EXPECT_EQ(recorded_arc_result(results), ArcResult::pass);
}

TEST(ArcResults, ThatContradictEachOtherAreAFailure) {
  const auto of = [](const std::string& text) {
    return recorded_arc_result(*parse_authentication_results(text));
  };
  EXPECT_EQ(of("mx; spf=pass"), std::nullopt);
  EXPECT_EQ(of("mx; arc=none"), ArcResult::none);
  EXPECT_EQ(of("mx; arc=pass; arc=pass"), ArcResult::pass);
  EXPECT_EQ(of("mx; arc=pass; arc=none"), ArcResult::fail);
}

}  // namespace
}  // namespace posthaste
