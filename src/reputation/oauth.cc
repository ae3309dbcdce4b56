#include "reputation/oauth.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "mail/base64.h"
#include "reputation/json_field.h"
#include "reputation/reputation_error.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

using namespace std::chrono_literals;

constexpr auto kAssertionLife = 1h;
constexpr auto kEarly = 1min;
constexpr auto kShortestLife = 5min;  // of a token whose server does not say
constexpr const char* kGoogleToken = "https://oauth2.googleapis.com/token";

class ReputationCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "posthaste.reputation"; }
  std::string message(int code) const override {
    switch (static_cast<ReputationErrc>(code)) {
      case ReputationErrc::bad_credentials:
        return "the credentials give no access";
      case ReputationErrc::refused:
        return "the request was refused";
      case ReputationErrc::not_found:
        return "there is no such thing";
      case ReputationErrc::bad_answer:
        return "the answer cannot be read";
    }
    return "unknown";
  }
};

// RFC 7515 §2: base64url without padding.
std::string base64url(std::string_view octets) {
  std::string text = encode_base64(octets);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

template <auto free>
struct Free {
  template <class T>
  void operator()(T* pointer) const {
    free(pointer);
  }
};

Error bad_key() {
  return reputation_error(ReputationErrc::bad_credentials,
                          "private_key is no RSA key in PEM: use the file as Google gave it");
}

Result<std::string> sign_rs256(const std::string& pem, const std::string& text) {
  const std::unique_ptr<BIO, Free<BIO_free>> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return bad_key();
  const std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  std::size_t length = static_cast<std::size_t>(EVP_PKEY_get_size(key.get()));
  std::string signature(length, '\0');
  const bool is_signed =
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  if (!is_signed) return bad_key();
  signature.resize(length);
  return signature;
}

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

boost::system::error_code make_error_code(ReputationErrc code) {
  static const ReputationCategory category;
  return {static_cast<int>(code), category};
}

Result<OauthCredentials> OauthCredentials::parse(std::string_view text, const std::string& scope) {
  const json file = json::parse(text, nullptr, false);
  if (!file.is_object()) {
    return reputation_error(ReputationErrc::bad_credentials,
                            "the credentials are no JSON object: use the file as it was given");
  }
  OauthCredentials credentials;
  credentials.client_id = text_field(file, "client_id");
  credentials.client_secret = text_field(file, "client_secret");
  credentials.refresh_token = text_field(file, "refresh_token");
  credentials.private_key = text_field(file, "private_key");
  credentials.private_key_id = text_field(file, "private_key_id");
  credentials.client_email = text_field(file, "client_email");
  // Google refuses a scope that the person was not asked for; it keeps those that were agreed.
  const std::string type = text_field(file, "type");
  credentials.scope = text_field(file, "scope", type == "authorized_user" ? "" : scope);
  credentials.token_url = text_field(file, "token_uri", text_field(file, "token_url"));
  if (credentials.token_url.empty() && (type == "authorized_user" || type == "service_account")) {
    credentials.token_url = kGoogleToken;
  }
  if (credentials.token_url.empty()) {
    credentials.token_url = "https://login.microsoftonline.com/" +
                            percent_encoded(text_field(file, "tenant", "common")) +
                            "/oauth2/v2.0/token";
  }
  const bool is_service = !credentials.private_key.empty() && !credentials.client_email.empty();
  const bool is_client = !credentials.client_id.empty() &&
                         (!credentials.refresh_token.empty() || !credentials.client_secret.empty());
  if (is_service || is_client) return credentials;
  return reputation_error(ReputationErrc::bad_credentials,
                          "the credentials are incomplete: they need client_email and private_key, "
                          "or client_id with refresh_token or client_secret");
}

Result<std::string> make_jwt_assertion(const OauthCredentials& credentials, WallTime now) {
  json header = {{"alg", "RS256"}, {"typ", "JWT"}};
  if (!credentials.private_key_id.empty()) header["kid"] = credentials.private_key_id;
  const json claims = {{"iss", credentials.client_email},
                       {"scope", credentials.scope},
                       {"aud", credentials.token_url},
                       {"iat", seconds_of(now)},
                       {"exp", seconds_of(now + kAssertionLife)}};
  const std::string text = base64url(header.dump()) + "." + base64url(claims.dump());
  auto signature = sign_rs256(credentials.private_key, text);
  if (!signature) return signature.error();
  return text + "." + base64url(*signature);
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool is_plain = std::isalnum(octet) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    encoded += is_plain ? std::string(1, c) : fmt::format("%{:02X}", octet);
  }
  return encoded;
}

std::string form_encoded(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string body;
  for (const auto& [name, value] : fields) {
    if (!body.empty()) body += '&';
    body += percent_encoded(name) + "=" + percent_encoded(value);
  }
  return body;
}

OauthToken::OauthToken(OauthCredentials credentials, Clock& clock, HttpFetch fetch,
                       std::function<void(std::string)> on_rotation)
    : credentials_(std::move(credentials)),
      clock_(clock),
      fetch_(std::move(fetch)),
      on_rotation_(std::move(on_rotation)) {}

Result<HttpsRequest> OauthToken::request() const {
  std::vector<std::pair<std::string, std::string>> fields;
  if (!credentials_.private_key.empty()) {
    auto assertion = make_jwt_assertion(credentials_, clock_.wall());
    if (!assertion) return assertion.error();
    // RFC 7523 §2.1
    fields = {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
              {"assertion", std::move(*assertion)}};
  } else if (!credentials_.refresh_token.empty()) {
    // RFC 6749 §6
    fields = {{"grant_type", "refresh_token"}, {"refresh_token", credentials_.refresh_token}};
  } else {
    // RFC 6749 §4.4.2
    fields = {{"grant_type", "client_credentials"}};
  }
  if (credentials_.private_key.empty()) {
    fields.emplace_back("client_id", credentials_.client_id);
    if (!credentials_.client_secret.empty()) {
      fields.emplace_back("client_secret", credentials_.client_secret);
    }
    if (!credentials_.scope.empty()) fields.emplace_back("scope", credentials_.scope);
  }
  HttpsRequest request;
  request.method = "POST";
  request.url = credentials_.token_url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"}};
  request.body = form_encoded(fields);
  return request;
}

Result<void> OauthToken::take(const HttpsAnswer& answer) {
  const json body = json::parse(answer.body, nullptr, false);
  if (answer.status != 200 || !body.is_object()) {
    // RFC 6749 §5.2
    const std::string why = text_field(body, "error_description", text_field(body, "error"));
    return reputation_error(
        ReputationErrc::bad_credentials,
        fmt::format("{} gives no access ({}{}{}): renew the credentials", credentials_.token_url,
                    answer.status, why.empty() ? "" : " ", why.substr(0, 200)));
  }
  token_ = text_field(body, "access_token");
  if (token_.empty()) {
    return reputation_error(ReputationErrc::bad_answer,
                            credentials_.token_url + " answered without an access_token");
  }
  const std::int64_t life = number_field(body, "expires_in").value_or(0);
  expires_ = clock_.now() + std::clamp<Duration>(std::chrono::seconds(life), kShortestLife, 24h);
  const std::string next = text_field(body, "refresh_token");
  if (!next.empty() && next != credentials_.refresh_token && !credentials_.refresh_token.empty()) {
    credentials_.refresh_token = next;
    if (on_rotation_) on_rotation_(next);
  }
  return {};
}

asio::awaitable<Result<std::string>> OauthToken::get() {
  if (!token_.empty() && clock_.now() + kEarly < expires_) co_return token_;
  token_.clear();
  auto made = request();
  if (!made) co_return made.error();
  auto answer = co_await fetch_(std::move(*made));
  if (!answer) co_return answer.error();
  const Result<void> taken = take(*answer);
  if (!taken) co_return taken.error();
  co_return token_;
}

}  // namespace posthaste
