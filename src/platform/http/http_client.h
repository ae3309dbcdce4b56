#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace posthaste {

// A small HTTP client that blocks: for the verbs of the command line.
//
//   HttpClient api("http://127.0.0.1:8000", key);
//   auto answer = api.request("GET", "/api/v1/queues");
class HttpClient {
 public:
  struct Answer {
    unsigned status = 0;
    std::string body;
  };

  // `key` is sent as a bearer key where it is not empty.
  HttpClient(std::string base_url, std::string key,
             std::chrono::seconds timeout = std::chrono::seconds(60));

  // errc::invalid_argument: the base URL is none. Any other error: the server could not be reached,
  // did not speak HTTP, or took longer than the timeout for all of it.
  Result<Answer> request(const std::string& method, const std::string& target,
                         const std::string& body = {}) const;

 private:
  std::string base_url_;
  std::string key_;
  std::chrono::seconds timeout_;
};

// For a query: everything but unreserved characters percent-encoded (RFC 3986 §2.1).
std::string url_encode(const std::string& text);

}  // namespace posthaste
