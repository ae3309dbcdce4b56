#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "platform/http/https_client.h"

namespace posthaste {

// How this folder reaches the world: HttpsClient::fetch, or what a test has in its place.
using HttpFetch = std::function<boost::asio::awaitable<Result<HttpsAnswer>>(HttpsRequest)>;

// What a credentials file says. Which grant follows from what is there:
//   private_key    a Google service account: a JWT that we sign (RFC 7523 §2.1)
//   refresh_token  a person who agreed once (RFC 6749 §6)
//   client_secret  the client by itself (RFC 6749 §4.4)
struct OauthCredentials {
  std::string token_url;
  std::string client_id;
  std::string client_secret;
  std::string refresh_token;
  std::string scope;
  std::string private_key;     // PEM
  std::string private_key_id;  // "kid"
  std::string client_email;    // "iss"

  // Google's two forms ("service_account", "authorized_user"), and a plain object of these names,
  // `tenant` of Microsoft's among them. `scope` where the file has none.
  static Result<OauthCredentials> parse(std::string_view json, const std::string& scope);
};

// The assertion of a service account: header.claims.signature, RS256 (RFC 7515 §3.1, RFC 7523 §3).
// Errors: the key is none.
Result<std::string> make_jwt_assertion(const OauthCredentials& credentials, WallTime now);

// RFC 3986 §2.1: all but the unreserved characters.
std::string percent_encoded(std::string_view text);
// "a=b&c=d", both percent-encoded.
std::string form_encoded(const std::vector<std::pair<std::string, std::string>>& fields);

// The access token of one account; fetched when there is none, or the one that there is has less
// than a minute left. Lives on one loop.
class OauthToken {
 public:
  // `clock` outlives it. `on_rotation`: the server has given a new refresh token (RFC 6749 §6),
  // and the old one may not hold any more.
  OauthToken(OauthCredentials credentials, Clock& clock, HttpFetch fetch,
             std::function<void(std::string)> on_rotation = {});

  boost::asio::awaitable<Result<std::string>> get();
  // The server did not take it: the next get() fetches another.
  void forget() { token_.clear(); }

 private:
  Result<HttpsRequest> request() const;
  Result<void> take(const HttpsAnswer& answer);

  OauthCredentials credentials_;
  Clock& clock_;
  HttpFetch fetch_;
  std::function<void(std::string)> on_rotation_;
  std::string token_;
  Clock::time_point expires_{};
};

}  // namespace posthaste
