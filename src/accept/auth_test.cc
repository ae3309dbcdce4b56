#include "accept/auth.h"

#include <crypt.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <fstream>

#include "accept/test_certificate.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

std::string hash_of(const std::string& password) {
  crypt_data data{};
  return crypt_r(password.c_str(), "$6$saltsalt", &data);
}

std::shared_ptr<const CredentialSet> users(const std::vector<UserConfig>& configs) {
  auto loaded = CredentialSet::load(configs);
  EXPECT_TRUE(loaded) << loaded.error().message();
  return std::make_shared<CredentialSet>(*std::move(loaded));
}

UserConfig user(const std::string& name, const std::string& password) {
  return {.name = name, .password = password, .password_file = {}, .tenant = "acme"};
}

class AuthenticatorTest : public testing::Test {
 protected:
  ~AuthenticatorTest() override { pool_.join(); }

  AuthOutcome verify(std::shared_ptr<const CredentialSet> credentials, AuthAttempt attempt) {
    TaskGroup group(context_.get_executor());
    AuthOutcome outcome;
    group.spawn(run(std::move(credentials), std::move(attempt), outcome));
    while (!group.empty()) {
      context_.restart();
      // Where time moves on before the pool has answered, it moves on again.
      if (context_.run_one_for(std::chrono::milliseconds(20)) == 0) {
        waited_ += Authenticator::kFailureDelay;
        clock_.advance(Authenticator::kFailureDelay);
      }
    }
    return outcome;
  }

  boost::asio::io_context context_;
  ManualClock clock_;
  Clock::duration waited_{0};
  BlockingPool pool_{1};
  Authenticator authenticator_{clock_, pool_};

 private:
  boost::asio::awaitable<void> run(std::shared_ptr<const CredentialSet> credentials,
                                   AuthAttempt attempt, AuthOutcome& outcome) {
    outcome = co_await authenticator_.verify(std::move(credentials), std::move(attempt));
  }
};

TEST_F(AuthenticatorTest, KnowsRightFromWrong) {
  const auto known = users({user("a", hash_of("secret")), user("b", "{plain}hush")});
  const auto right = verify(known, {"a", "secret", "192.0.2.1"});
  EXPECT_EQ(right.verdict, AuthVerdict::accepted);
  EXPECT_EQ(right.login.user, "a");
  EXPECT_EQ(right.login.tenant.value(), "acme");
  EXPECT_EQ(verify(known, {"b", "hush", "192.0.2.1"}).verdict, AuthVerdict::accepted);
  for (const AuthAttempt& wrong :
       {AuthAttempt{"a", "Secret", "192.0.2.1"}, AuthAttempt{"a", "", "192.0.2.1"},
        AuthAttempt{"b", "{plain}hush", "192.0.2.1"}, AuthAttempt{"c", "secret", "192.0.2.1"},
        AuthAttempt{"", "", "192.0.2.1"}}) {
    waited_ = Clock::duration::zero();
    EXPECT_EQ(verify(known, wrong).verdict, AuthVerdict::refused) << wrong.user;
    EXPECT_GE(waited_, Authenticator::kFailureDelay);
  }
}

TEST_F(AuthenticatorTest, ForgetsASuccessWhenThePasswordHasChanged) {
  EXPECT_EQ(verify(users({user("a", hash_of("old"))}), {"a", "old", "192.0.2.1"}).verdict,
            AuthVerdict::accepted);
  EXPECT_EQ(verify(users({user("a", hash_of("new"))}), {"a", "old", "192.0.2.1"}).verdict,
            AuthVerdict::refused);
  EXPECT_EQ(verify(users({}), {"a", "old", "192.0.2.1"}).verdict, AuthVerdict::refused);
}

TEST_F(AuthenticatorTest, StopsGuessesOfOneAddressButNotKnownLogins) {
  const auto known = users({user("a", "{plain}secret")});
  EXPECT_EQ(verify(known, {"a", "secret", "192.0.2.1"}).verdict, AuthVerdict::accepted);
  for (std::uint32_t i = 0; i < Authenticator::kMaxFailures; ++i) {
    EXPECT_EQ(verify(known, {"a", "guess", "192.0.2.1"}).verdict, AuthVerdict::refused);
  }
  EXPECT_EQ(verify(known, {"a", "guess", "192.0.2.1"}).verdict, AuthVerdict::too_many_failures);
  EXPECT_EQ(verify(known, {"a", "secret", "192.0.2.1"}).verdict, AuthVerdict::accepted);
  EXPECT_EQ(verify(known, {"a", "guess", "192.0.2.2"}).verdict, AuthVerdict::refused);
  clock_.advance(Authenticator::kFailureWindow);
  EXPECT_EQ(verify(known, {"a", "guess", "192.0.2.1"}).verdict, AuthVerdict::refused);
}

TEST(CredentialSet, ReadsPasswordFiles) {
  TestFolder folder;
  std::ofstream(folder / "password") << "{plain}secret\nrest\n";
  UserConfig config{
      .name = "a", .password = {}, .password_file = folder / "password", .tenant = {}};
  const auto loaded = CredentialSet::load({config});
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->find("a")->secret, "{plain}secret");
  EXPECT_EQ(loaded->find("b"), nullptr);
  config.password_file = folder / "absent";
  const auto absent = CredentialSet::load({config});
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().message().find("of user \"a\" cannot be read"), std::string::npos);
}

TEST(CredentialSet, RefusesWhatIsNoPassword) {
  for (const char* wrong : {"secret", "{plain}", "$9$x$y", "ab01FAX.bQRSU", ""}) {
    EXPECT_FALSE(CredentialSet::load({user("a", wrong)})) << wrong;
  }
}

}  // namespace
}  // namespace posthaste
