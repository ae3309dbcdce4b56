// What a connection does where somebody demands something of TLS, and what it tells of it.
#include <gtest/gtest.h>

#include "deliver/connection_fixture.h"

namespace posthaste {
namespace {

constexpr const char* kStartTlsOffered = "250-mx.test\r\n250 STARTTLS";

class ConnectionTlsTest : public ConnectionTest {
 protected:
  void demand_sts(MtaStsMode mode, std::vector<std::string> mx) {
    auto policy = std::make_shared<MtaStsPolicy>();
    policy->mode = mode;
    policy->mx = std::move(mx);
    auto terms = std::make_shared<TlsTerms>();
    terms->sts = policy;
    plan.destination.tls = terms;
  }
  void require_tls() {
    plan.destination.demand = TlsDemand::required;
    plan.destination.secure = true;
    work.waiting.back().envelope.require_tls = true;
  }
  TlsFailureType told(std::size_t index = 0) const { return sessions.at(index).failure; }
};

TEST_F(ConnectionTlsTest, TellsOfASessionWithoutPolicy) {
  wait_for("a@there.test");
  plan.domains = {"there.test"};
  start(peer);
  EXPECT_EQ(peer.greet(kStartTlsOffered), "STARTTLS\r\n");
  peer.say("220 go");
  ASSERT_TRUE(peer.start_tls());
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(told(), TlsFailureType::none);
  EXPECT_EQ(sessions[0].policy.type, TlsPolicyType::no_policy_found);
  EXPECT_EQ(sessions[0].receiving_host, "mx.test");
  EXPECT_EQ(sessions[0].receiving_helo, "mx.test");
  EXPECT_EQ(sessions[0].receiving_address, "127.0.0.1");
  EXPECT_EQ(sessions[0].sending_address, "127.0.0.1");
  EXPECT_EQ(told_domains, std::vector<std::string>{"there.test"});
}

TEST_F(ConnectionTlsTest, TellsThatStartTlsIsNotOffered) {
  wait_for("a@there.test");
  start(peer);
  EXPECT_TRUE(peer.greet().starts_with("MAIL FROM:"));
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(told(), TlsFailureType::starttls_not_supported);
}

TEST_F(ConnectionTlsTest, SendsNothingWhereAnEnforcedPolicyMeetsNoStartTls) {
  demand_sts(MtaStsMode::enforce, {"mx.test"});
  wait_for("a@there.test");
  start(peer);
  EXPECT_EQ(peer.greet(), "");
  ASSERT_TRUE(ends());
  ASSERT_TRUE(work.failure);
  EXPECT_EQ(work.failure->classification, Classification::tls_failure);
  EXPECT_FALSE(work.failure->is_permanent);
  EXPECT_EQ(told(), TlsFailureType::starttls_not_supported);
}

TEST_F(ConnectionTlsTest, SendsNothingWhereAnEnforcedPolicyMeetsAnUnknownCertificate) {
  demand_sts(MtaStsMode::enforce, {"mx.test"});
  wait_for("a@there.test");
  start(peer);
  EXPECT_EQ(peer.greet(kStartTlsOffered), "STARTTLS\r\n");
  peer.say("220 go");
  peer.start_tls();
  ASSERT_TRUE(ends());
  ASSERT_TRUE(work.failure);
  EXPECT_NE(work.failure->text.find("the certificate will not do"), std::string::npos);
  EXPECT_EQ(told(), TlsFailureType::certificate_not_trusted);
  EXPECT_FALSE(tls.is_broken(peer.host().addresses[0]));
}

TEST_F(ConnectionTlsTest, SendsAndTellsWhereAPolicyOnlyTests) {
  demand_sts(MtaStsMode::testing, {"mx.test"});
  wait_for("a@there.test");
  start(peer);
  EXPECT_EQ(peer.greet(kStartTlsOffered), "STARTTLS\r\n");
  peer.say("220 go");
  ASSERT_TRUE(peer.start_tls());
  EXPECT_EQ(peer.hear(), "EHLO me.test\r\n");
  peer.say("250 mx.test");
  EXPECT_TRUE(peer.hear().starts_with("MAIL FROM:"));
  EXPECT_EQ(peer.take_message(), "QUIT\r\n");
  peer.hang_up();
  ASSERT_TRUE(ends());
  EXPECT_EQ(verdict().end, End::delivered);
  EXPECT_EQ(verdict().event.tls_verified, "");
  EXPECT_NE(verdict().event.tls_fingerprint, "");
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(told(), TlsFailureType::certificate_not_trusted);
  EXPECT_EQ(sessions[0].policy.type, TlsPolicyType::sts);
}

TEST_F(ConnectionTlsTest, PassesOverAHostThatAPolicyDoesNotName) {
  demand_sts(MtaStsMode::enforce, {"mx2.test"});
  ScriptedPeer other(loop);
  wait_for("a@there.test");
  start({peer.host("mx1.test"), other.host("mx2.test")});
  EXPECT_EQ(other.greet(kStartTlsOffered), "STARTTLS\r\n");
  EXPECT_FALSE(peer.has_caller());
  EXPECT_EQ(told(), TlsFailureType::validation_failure);
}

TEST_F(ConnectionTlsTest, ReturnsMailThatRequiresTlsWhereNoHostOffersRequireTls) {
  wait_for("a@there.test");
  require_tls();
  start(peer);
  EXPECT_EQ(peer.greet(), "");
  ASSERT_TRUE(ends());
  ASSERT_TRUE(work.failure);
  EXPECT_TRUE(work.failure->is_permanent);
  EXPECT_EQ(work.failure->enhanced_status, "5.7.30");
}

TEST_F(ConnectionTlsTest, KeepsMailThatRequiresTlsWhereAHostCannotBeReached) {
  wait_for("a@there.test");
  require_tls();
  MxHost nobody = peer.host("mx2.test");
  nobody.addresses[0].port = 1;
  start({nobody, peer.host()});
  EXPECT_EQ(peer.greet(), "");
  ASSERT_TRUE(ends());
  ASSERT_TRUE(work.failure);
  EXPECT_FALSE(work.failure->is_permanent);
}

}  // namespace
}  // namespace posthaste
