#include "reputation/oauth.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "reputation/authorized_api.h"
#include "reputation/reputation_error.h"
#include "reputation/reputation_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

std::string decoded(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const std::size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  std::string octets(text.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                  reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  octets.resize(octets.size() - padding);
  return octets;
}

bool verifies(EVP_PKEY* key, const std::string& text, const std::string& signature) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool is_right =
      EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size()) == 1;
  EVP_MD_CTX_free(context);
  return is_right;
}

TEST(OauthCredentials, ReadsAServiceAccountOfGoogle) {
  const auto read = OauthCredentials::parse(R"({"type": "service_account", "project_id": "p",
    "private_key_id": "k1", "private_key": "PEM", "client_email": "a@p.iam.gserviceaccount.com",
    "client_id": "1", "token_uri": "https://oauth2.googleapis.com/token"})",
                                            "scope-a");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->client_email, "a@p.iam.gserviceaccount.com");
  EXPECT_EQ(read->private_key_id, "k1");
  EXPECT_EQ(read->token_url, "https://oauth2.googleapis.com/token");
  EXPECT_EQ(read->scope, "scope-a");
}

TEST(OauthCredentials, ReadsAnAuthorizedUserOfGoogle) {
  const auto read = OauthCredentials::parse(R"({"type": "authorized_user", "client_id": "c",
    "client_secret": "s", "refresh_token": "r"})",
                                            "scope-a");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->token_url, "https://oauth2.googleapis.com/token");
  EXPECT_EQ(read->scope, "");
}

TEST(OauthCredentials, ReadsAClientOfMicrosoft) {
  const auto read = OauthCredentials::parse(
      R"({"tenant": "contoso.example", "client_id": "c", "client_secret": "s"})", "scope-m");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->token_url, "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token");
  EXPECT_EQ(read->scope, "scope-m");
}

TEST(OauthCredentials, SayWhatIsMissing) {
  for (const char* text : {"", "[]", "{}", R"({"client_id": "c"})", R"({"client_id": 7})",
                           R"({"private_key": "PEM"})"}) {
    const auto read = OauthCredentials::parse(text, "");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, make_error_code(ReputationErrc::bad_credentials));
  }
}

// RFC 7515 §3.1, RFC 7523 §3
TEST(JwtAssertion, IsSignedAndSaysWhoAsksForWhat) {
  const TestRsaKey key;
  ManualClock clock;
  OauthCredentials credentials;
  credentials.private_key = key.pem;
  credentials.private_key_id = "k1";
  credentials.client_email = "a@p.test";
  credentials.scope = "s1 s2";
  credentials.token_url = "https://token.test/token";
  const auto made = make_jwt_assertion(credentials, clock.wall());
  ASSERT_TRUE(made) << made.error().message();
  const std::size_t first = made->find('.');
  const std::size_t second = made->find('.', first + 1);
  const json header = json::parse(decoded(made->substr(0, first)));
  const json claims = json::parse(decoded(made->substr(first + 1, second - first - 1)));
  EXPECT_EQ(header, json({{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "k1"}}));
  EXPECT_EQ(claims["iss"], "a@p.test");
  EXPECT_EQ(claims["aud"], "https://token.test/token");
  EXPECT_EQ(claims["scope"], "s1 s2");
  EXPECT_EQ(claims["iat"], 1767225600);  // 2026-01-01T00:00:00Z
  EXPECT_EQ(claims["exp"], 1767225600 + 3600);
  EXPECT_TRUE(verifies(key.key, made->substr(0, second), decoded(made->substr(second + 1))));
}

TEST(JwtAssertion, WantsAnRsaKey) {
  OauthCredentials credentials;
  credentials.private_key = "no key";
  EXPECT_FALSE(make_jwt_assertion(credentials, WallTime{}));
}

TEST(FormEncoding, EscapesAllButTheUnreserved) {
  EXPECT_EQ(form_encoded({{"a b", "c&d=e"}, {"f", "~-._9"}}), "a%20b=c%26d%3De&f=~-._9");
}

class OauthTokenTest : public ReputationHttpTest {
 protected:
  OauthToken token(const std::string& json) {
    const std::string with_url =
        json.substr(0, json.size() - 1) + R"(, "token_url": ")" + url() + R"(/token"})";
    auto credentials = OauthCredentials::parse(with_url, "scope-a");
    EXPECT_TRUE(credentials) << credentials.error().message();
    return OauthToken(*credentials, clock_, fetch,
                      [this](std::string next) { rotated_ = std::move(next); });
  }
  std::string rotated_;
};

TEST_F(OauthTokenTest, AsksWithARefreshTokenAndKeepsWhatItGets) {
  handler_ = [](const HeardRequest&) {
    return GivenAnswer{200, R"({"access_token": "t1", "expires_in": 3600, "refresh_token": "r2"})"};
  };
  OauthToken one = token(R"({"client_id": "c", "client_secret": "s&", "refresh_token": "r1"})");
  EXPECT_EQ(*run(one.get()), "t1");
  EXPECT_EQ(*run(one.get()), "t1");
  ASSERT_EQ(heard_.size(), 1u);
  EXPECT_EQ(heard_[0].method, "POST");
  EXPECT_EQ(heard_[0].body,
            "grant_type=refresh_token&refresh_token=r1&client_id=c&client_secret=s%26&"
            "scope=scope-a");
  EXPECT_EQ(rotated_, "r2");
  clock_.advance(1h);
  EXPECT_TRUE(run(one.get()));
  ASSERT_EQ(heard_.size(), 2u);
  EXPECT_THAT(heard_[1].body, HasSubstr("refresh_token=r2"));
}

TEST_F(OauthTokenTest, AsksByItselfWithAClientSecret) {
  handler_ = [](const HeardRequest&) { return GivenAnswer{200, R"({"access_token": "t1"})"}; };
  OauthToken one = token(R"({"client_id": "c", "client_secret": "s"})");
  EXPECT_EQ(*run(one.get()), "t1");
  EXPECT_EQ(heard_[0].body,
            "grant_type=client_credentials&client_id=c&client_secret=s&scope=scope-a");
}

TEST_F(OauthTokenTest, AsksWithASignedAssertion) {
  const TestRsaKey key;
  handler_ = [](const HeardRequest&) { return GivenAnswer{200, R"({"access_token": "t1"})"}; };
  OauthToken one = token(json({{"client_email", "a@p.test"}, {"private_key", key.pem}}).dump());
  EXPECT_EQ(*run(one.get()), "t1");
  EXPECT_THAT(heard_[0].body,
              HasSubstr("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"));
  EXPECT_THAT(heard_[0].body, HasSubstr("&assertion=ey"));
}

TEST_F(OauthTokenTest, SaysWhatTheServerSaid) {
  handler_ = [](const HeardRequest&) {
    return GivenAnswer{400, R"({"error": "invalid_grant", "error_description": "Token revoked."})"};
  };
  OauthToken one = token(R"({"client_id": "c", "refresh_token": "r"})");
  const auto answer = run(one.get());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(),
            url() + "/token gives no access (400 Token revoked.): renew the credentials");
}

TEST_F(OauthTokenTest, TakesNoAnswerWithoutAToken) {
  for (const char* body : {"{}", "[]", "no JSON", R"({"access_token": 7})"}) {
    handler_ = [body](const HeardRequest&) { return GivenAnswer{200, body}; };
    OauthToken one = token(R"({"client_id": "c", "refresh_token": "r"})");
    EXPECT_FALSE(run(one.get())) << body;
  }
}

TEST_F(OauthTokenTest, AnApiThatRefusesATokenIsAskedOnceMoreWithANewOne) {
  int tokens = 0;
  handler_ = [&tokens](const HeardRequest& heard) {
    if (heard.target == "/token") {
      return GivenAnswer{200, R"({"access_token": "t)" + std::to_string(++tokens) + R"("})"};
    }
    const bool is_new = heard.header.find("Authorization: Bearer t2") != std::string::npos;
    return is_new ? GivenAnswer{200, "[]"} : GivenAnswer{401, "{}"};
  };
  AuthorizedApi api(url(), token(R"({"client_id": "c", "refresh_token": "r"})"), fetch);
  const auto answer = run(api.get("/data"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->body, "[]");
  EXPECT_EQ(tokens, 2);
}

TEST_F(OauthTokenTest, AnApiThatRefusesEveryTokenIsAnError) {
  handler_ = [](const HeardRequest& heard) {
    if (heard.target == "/token") return GivenAnswer{200, R"({"access_token": "t"})"};
    return GivenAnswer{401, R"({"error": {"code": 401, "status": "UNAUTHENTICATED"}})"};
  };
  AuthorizedApi api(url(), token(R"({"client_id": "c", "refresh_token": "r"})"), fetch);
  const auto answer = run(api.get("/data?key=secret"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), url() + "/data answered 401 UNAUTHENTICATED");
}

}  // namespace
}  // namespace posthaste
