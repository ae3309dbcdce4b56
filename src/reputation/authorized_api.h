#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "base/result.h"
#include "reputation/oauth.h"

namespace posthaste {

// Requests to an API that wants an access token. One that the server does not take (401) is
// replaced once. Lives on one loop.
class AuthorizedApi {
 public:
  AuthorizedApi(std::string base_url, OauthToken token, HttpFetch fetch)
      : base_url_(std::move(base_url)), token_(std::move(token)), fetch_(std::move(fetch)) {}

  struct Answer {
    std::string body;
    std::string content_type;
  };
  // Errors: `not_found` for 404, `refused` for other codes, with what the server said, and what
  // the client says of the connection.
  boost::asio::awaitable<Result<Answer>> get(std::string path);
  boost::asio::awaitable<Result<Answer>> post(std::string path, std::string json);

 private:
  boost::asio::awaitable<Result<Answer>> ask(HttpsRequest request);

  std::string base_url_;
  OauthToken token_;
  HttpFetch fetch_;
};

// What an answer of status 200 holds, or why it is an error.
Result<AuthorizedApi::Answer> read_api_answer(const std::string& url, const HttpsAnswer& answer);

}  // namespace posthaste
