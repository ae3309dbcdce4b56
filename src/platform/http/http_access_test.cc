#include "platform/http/http_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthaste {
namespace {

using testing::HasSubstr;

HttpCaller local(std::optional<std::string> host = "127.0.0.1:8000") {
  HttpCaller caller;
  caller.is_on_loopback = true;
  caller.host = std::move(host);
  return caller;
}

HttpCaller remote(std::string authorization = "") {
  HttpCaller caller;
  caller.host = "mail.example.com";
  caller.authorization = std::move(authorization);
  return caller;
}

unsigned status_for(const HttpGate& gate, const HttpCaller& caller) {
  const auto refusal = gate.refuse(caller);
  return refusal ? refusal->status : 200;
}

TEST(HttpGate, TrustsPeersOnLoopbackThatAskForLoopback) {
  const HttpGate gate({});
  for (const char* host : {"127.0.0.1:8000", "127.0.0.1", "127.5.6.7:1", "localhost",
                           "LocalHost:8000", "[::1]:8000", "[::1]"}) {
    EXPECT_EQ(status_for(gate, local(host)), 200U) << host;
  }
  EXPECT_EQ(status_for(gate, local(std::nullopt)), 200U) << "HTTP/1.0";
}

TEST(HttpGate, TrustsNoNameThatDnsCouldHavePointedHere) {
  const HttpGate gate({"0123456789abcdef"});
  for (const char* host :
       {"evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "", ":8000",
        "[::1", "[::1].evil.example", "[::2]", "0.0.0.0", "192.0.2.1", "localhost@evil.example"}) {
    EXPECT_EQ(status_for(gate, local(host)), 403U) << host;
  }
}

TEST(HttpGate, TrustsNoPageOfAnotherSite) {
  const HttpGate gate({});
  HttpCaller caller = local();
  for (const char* origin : {"https://evil.example", "null", "http://127.0.0.1.evil.example"}) {
    caller.origin = origin;
    EXPECT_EQ(status_for(gate, caller), 403U) << origin;
  }
  for (const char* origin :
       {"http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"}) {
    caller.origin = origin;
    EXPECT_EQ(status_for(gate, caller), 200U) << origin;
  }
}

TEST(HttpGate, TrustsNobodyBehindAProxy) {
  HttpCaller caller = local();
  caller.is_forwarded = true;
  EXPECT_EQ(status_for(HttpGate({}), caller), 401U);
}

TEST(HttpGate, AsksEverybodyElseForAKey) {
  const HttpGate gate({"first-key-of-ours", "0123456789abcdef"});
  const auto refusal = gate.refuse(remote());
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 401U);
  EXPECT_THAT(refusal->body, HasSubstr("a key is needed here"));
  EXPECT_EQ(status_for(gate, remote("Bearer 0123456789abcdef")), 200U);
  EXPECT_EQ(status_for(gate, remote("Bearer first-key-of-ours")), 200U);
  for (const char* wrong :
       {"Bearer 0123456789abcdeF", "Bearer 0123456789abcde", "Bearer ", "Bearer",
        "0123456789abcdef", "Basic 0123456789abcdef", "Bearer 0123456789abcdef "}) {
    EXPECT_EQ(status_for(gate, remote(wrong)), 401U) << wrong;
  }
}

TEST(HttpGate, AnEmptyKeyOpensNothing) {
  const HttpGate gate({""});
  EXPECT_EQ(status_for(gate, remote("Bearer ")), 401U);
  EXPECT_EQ(status_for(gate, remote()), 401U);
}

TEST(HttpRouter, ChoosesTheFirstPatternThatFits) {
  HttpRouter router;
  const HttpHandler handler = [](HttpRequest) -> boost::asio::awaitable<HttpResponse> {
    co_return HttpResponse{};
  };
  router.add("GET", "/a/fixed", handler, HttpRouter::Access::open);
  router.add("GET", "/a/{x}", handler);
  router.add("POST", "/a/{x}/{y}", handler);
  EXPECT_EQ(router.match("GET", "/a/fixed").access, HttpRouter::Access::open);
  EXPECT_EQ(router.match("GET", "/a/other").params["x"], "other");
  EXPECT_EQ(router.match("GET", "/a/").params["x"], "");
  EXPECT_EQ(router.match("POST", "/a/1/2").params["y"], "2");
  EXPECT_TRUE(router.match("GET", "/a/1/2").is_other_method);
  EXPECT_EQ(router.match("GET", "/a").handler, nullptr);
  EXPECT_EQ(router.match("GET", "").handler, nullptr);
  EXPECT_EQ(router.match("GET", "a//b///").handler, nullptr);
}

}  // namespace
}  // namespace posthaste
