#include "deliver/client_tls.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "deliver/tls_fixture.h"

namespace posthaste {
namespace {

namespace ssl = boost::asio::ssl;
using Kind = TlsExpectation::Kind;

class ClientTlsTest : public testing::Test {
 protected:
  ClientTlsTest() {
    std::string path = (std::filesystem::temp_directory_path() / "client_tls_XXXXXX").string();
    folder_ = ::mkdtemp(path.data());
    authority.certificate.write(folder_ / "ca.pem");
    options.ca_file = (folder_ / "ca.pem").string();
    use(authority.issue("DNS:mx.d.test"));
  }
  ~ClientTlsTest() override { std::filesystem::remove_all(folder_); }

  void use(const TestCertificate& certificate) {
    server.emplace(ssl::context::tls_server);
    certificate.give_to(*server);
    static constexpr unsigned char kContext[] = "test";
    SSL_CTX_set_session_id_context(server->native_handle(), kContext, sizeof kContext - 1);
  }
  static TlsExpectation expect(Kind kind, const std::string& name = "mx.d.test") {
    TlsExpectation expectation;
    expectation.kind = kind;
    expectation.server_name = name;
    if (kind != Kind::any) expectation.names = {name};
    return expectation;
  }
  HandshakePair::Outcome shake(ClientTls& tls, const TlsExpectation& expectation) {
    return HandshakePair(tls).shake_hands(expectation, *server);
  }
  TlsFailureType failure(const TestCertificate& certificate) {
    use(certificate);
    ClientTls tls(clock, options);
    return failure_of(shake(tls, expect(Kind::pkix)).client.verify_error);
  }

  ManualClock clock;
  TestAuthority authority;
  ClientTlsOptions options;
  std::optional<ssl::context> server;

 private:
  std::filesystem::path folder_;
};

TEST_F(ClientTlsTest, TellsWhatIsWrongWithACertificate) {
  EXPECT_EQ(failure(authority.issue("DNS:mx.d.test")), TlsFailureType::none);
  EXPECT_EQ(failure(authority.issue("DNS:*.d.test")), TlsFailureType::none);
  EXPECT_EQ(failure(authority.issue("DNS:mx.other.test")),
            TlsFailureType::certificate_host_mismatch);
  EXPECT_EQ(failure(authority.issue("DNS:mx.d.test", -1)), TlsFailureType::certificate_expired);
  EXPECT_EQ(failure(TestAuthority().issue("DNS:mx.d.test")),
            TlsFailureType::certificate_not_trusted);
}

TEST_F(ClientTlsTest, TellsOfTheSession) {
  ClientTls tls(clock, options);
  const TestCertificate certificate = authority.issue("DNS:mx.d.test");
  use(certificate);
  const auto outcome = shake(tls, expect(Kind::any));
  EXPECT_EQ(outcome.info.version, "TLSv1.3");
  EXPECT_EQ(outcome.info.peer_subject, "CN=test leaf");
  EXPECT_EQ(outcome.info.peer_fingerprint, digest_of(certificate.der()));
  EXPECT_FALSE(outcome.info.is_resumed);
}

TEST_F(ClientTlsTest, SpeaksNothingOlderThanTls12) {
  SSL_CTX_set_max_proto_version(server->native_handle(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(server->native_handle(), 0);
  ClientTls tls(clock, options);
  EXPECT_TRUE(shake(tls, expect(Kind::any)).client.ec);
  SSL_CTX_set_max_proto_version(server->native_handle(), TLS1_2_VERSION);
  EXPECT_EQ(shake(tls, expect(Kind::any)).info.version, "TLSv1.2");
}

TEST_F(ClientTlsTest, ResumesASessionForTheSameExpectationOnly) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(server->native_handle(), version);
    ClientTls tls(clock, options);
    EXPECT_FALSE(shake(tls, expect(Kind::any)).info.is_resumed);
    EXPECT_TRUE(shake(tls, expect(Kind::any)).info.is_resumed);
    const auto first = shake(tls, expect(Kind::pkix));
    EXPECT_FALSE(first.info.is_resumed);
    EXPECT_EQ(first.client.verify_error, X509_V_OK);
    const auto second = shake(tls, expect(Kind::pkix));
    EXPECT_TRUE(second.info.is_resumed);
    EXPECT_EQ(second.client.verify_error, X509_V_OK);
    EXPECT_EQ(second.info.peer_fingerprint, first.info.peer_fingerprint);
  }
}

TEST_F(ClientTlsTest, KeepsNoSessionWhoseCertificateWouldNotDo) {
  ClientTls tls(clock, options);
  for (int i = 0; i < 2; ++i) {
    const auto outcome = shake(tls, expect(Kind::pkix, "other.d.test"));
    EXPECT_FALSE(outcome.info.is_resumed);
    EXPECT_EQ(outcome.client.verify_error, X509_V_ERR_HOSTNAME_MISMATCH);
  }
}

TEST_F(ClientTlsTest, ResumesNothingWhereItIsTurnedOff) {
  options.resumption = false;
  ClientTls tls(clock, options);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(shake(tls, expect(Kind::any)).info.is_resumed);
}

TEST_F(ClientTlsTest, RemembersBrokenPeersForATime) {
  ClientTls tls(clock, options);
  EXPECT_FALSE(tls.is_broken({"192.0.2.1", 25}));
  tls.remember_broken({"192.0.2.1", 25});
  EXPECT_TRUE(tls.is_broken({"192.0.2.1", 25}));
  EXPECT_FALSE(tls.is_broken({"192.0.2.1", 26}));
  clock.advance(std::chrono::hours(73));
  EXPECT_FALSE(tls.is_broken({"192.0.2.1", 25}));
}

}  // namespace
}  // namespace posthaste
