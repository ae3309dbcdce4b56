#include "reputation/authorized_api.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "reputation/json_field.h"
#include "reputation/reputation_error.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr unsigned kUnauthorized = 401;
constexpr std::size_t kMostOctets = 16 << 20;

// {"error": {"message": …, "status": "PERMISSION_DENIED"}} of Google and Microsoft, else nothing.
std::string said(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const auto& error = object_field(json, "error");
  std::string text = text_field(error, "status", text_field(error, "code"));
  const std::string message = text_field(error, "message").substr(0, 200);
  if (!message.empty()) text += (text.empty() ? "" : ": ") + message;
  return text;
}

// Without what stands after "?": it may hold a key.
std::string shown(const std::string& url) {
  return url.substr(0, url.find('?'));
}

}  // namespace

Result<AuthorizedApi::Answer> read_api_answer(const std::string& url, const HttpsAnswer& answer) {
  if (answer.status == 200) {
    return AuthorizedApi::Answer{answer.body, answer.header("content-type")};
  }
  const std::string what = said(answer.body);
  const auto code = answer.status == 404 ? ReputationErrc::not_found : ReputationErrc::refused;
  return reputation_error(code, fmt::format("{} answered {}{}{}", shown(url), answer.status,
                                            what.empty() ? "" : " ", what));
}

asio::awaitable<Result<AuthorizedApi::Answer>> AuthorizedApi::ask(HttpsRequest request) {
  request.max_answer = kMostOctets;
  const auto headers = request.headers;
  for (int attempt = 0;; ++attempt) {
    auto token = co_await token_.get();
    if (!token) co_return token.error();
    request.headers = headers;
    request.headers.emplace_back("Authorization", "Bearer " + *token);
    auto answer = co_await fetch_(request);
    if (!answer) co_return answer.error();
    if (answer->status == kUnauthorized && attempt == 0) {
      token_.forget();
      continue;
    }
    co_return read_api_answer(request.url, *answer);
  }
}

asio::awaitable<Result<AuthorizedApi::Answer>> AuthorizedApi::get(std::string path) {
  HttpsRequest request;
  request.url = base_url_ + path;
  request.headers = {{"Accept", "application/json"}};
  co_return co_await ask(std::move(request));
}

asio::awaitable<Result<AuthorizedApi::Answer>> AuthorizedApi::post(std::string path,
                                                                   std::string json) {
  HttpsRequest request;
  request.method = "POST";
  request.url = base_url_ + path;
  request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/json"}};
  request.body = std::move(json);
  co_return co_await ask(std::move(request));
}

}  // namespace posthaste
