#include "accept/accept_config.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

ConfigurationOrErrors load(const std::string& text) {
  return Configuration::load_text(text, "test.conf", {&listener_schema(), &user_schema()});
}

std::shared_ptr<const Configuration> loaded(const std::string& text) {
  auto result = load(text);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result)) {
    for (const ConfigError& error : *errors) ADD_FAILURE() << error.to_string();
    return nullptr;
  }
  return std::get<std::shared_ptr<const Configuration>>(result);
}

std::string first_error(const std::string& text) {
  const auto result = load(text);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&result);
  return errors == nullptr ? "" : errors->front().to_string();
}

TEST(AcceptConfig, ReadsListeners) {
  const auto configuration = loaded(R"(
    listener "submission" {
      protocol = smtp
      address = "0.0.0.0:587"
      tls = required
      certificate = "/etc/cert.pem"
      key = "/etc/key.pem"
      auth = required
      relay_from = {"10.0.0.0/8", "::1"}
      max_message_size = "20MB"
      max_recipients = 50
      command_timeout = "1m"
    }
    listener "api" { protocol = http  address = "[::1]:8000"  role = admin }
    listener "plain" { address = "127.0.0.1:0" }
  )");
  ASSERT_TRUE(configuration);
  const auto listeners = configuration->all(listener_schema());
  ASSERT_EQ(listeners.size(), 3u);
  EXPECT_EQ(listeners[0].name, "submission");
  EXPECT_EQ(listeners[0].address.port(), 587);
  EXPECT_EQ(listeners[0].tls, ListenerTls::required);
  EXPECT_EQ(listeners[0].auth, ListenerAuth::required);
  ASSERT_EQ(listeners[0].relay_from.size(), 2u);
  EXPECT_EQ(listeners[0].relay_from[0].to_string(), "10.0.0.0/8");
  EXPECT_EQ(listeners[0].max_message_size, Bytes(20'000'000));
  EXPECT_EQ(listeners[0].command_timeout, std::chrono::minutes(1));
  EXPECT_EQ(listeners[1].effective_role(), ListenerRole::admin);
  EXPECT_EQ(listeners[2].effective_role(), ListenerRole::submission);
  // Never an open relay by default.
  EXPECT_EQ(listeners[2].relay_from, loopback_networks());
}

TEST(AcceptConfig, SaysWhatIsWrongWithAListener) {
  struct Case {
    const char* keys;
    const char* what;
  };
  for (const Case& test :
       {Case{"", "address"}, Case{"address = \"localhost:25\"", "no address to listen on"},
        Case{"address = \"127.0.0.1:25\" tls = opportunistic", "certificate"},
        Case{"address = \"127.0.0.1:25\" role = api", "role"},
        Case{"address = \"127.0.0.1:25\" protocol = http role = submission", "role"},
        Case{"address = \"127.0.0.1:25\" role = inbound auth = optional", "nobody logs in"},
        Case{"address = \"0.0.0.0:25\" auth = required", "log in without TLS"},
        Case{"address = \"127.0.0.1:25\" relay_from = {\"10.0.0.0/99\"}", "no network"},
        Case{"address = \"127.0.0.1:25\" role = analytics_relay", "set upstream"},
        Case{"address = \"127.0.0.1:25\" upstream = \"mx.example:25\"", "role = analytics_relay"},
        Case{"address = \"127.0.0.1:25\" role = analytics_relay upstream = \"mx.example:25\" "
             "headers = {\"Subject:\"}",
             "without its colon"},
        Case{"address = \"127.0.0.1:25\" max_connections = 0", "max_connections"}}) {
    const std::string error = first_error("listener \"a\" { " + std::string(test.keys) + " }");
    EXPECT_TRUE(error.starts_with("test.conf:1: ")) << test.keys << ": " << error;
    EXPECT_NE(error.find(test.what), std::string::npos) << test.keys << ": " << error;
  }
}

TEST(AcceptConfig, ReadsAnalyticsRelays) {
  const auto configuration = loaded(R"(
    listener "relay" {
      address = "127.0.0.1:25"
      role = analytics_relay
      upstream = "mx.example:2525"
      upstream_tls = required
      headers = {"X-Campaign", "Message-ID"}
      tell_client = xclient
    }
  )");
  ASSERT_TRUE(configuration);
  const ListenerConfig listener = configuration->all(listener_schema()).at(0);
  ASSERT_TRUE(listener.upstream);
  EXPECT_EQ(listener.upstream->to_string(), "mx.example:2525");
  EXPECT_EQ(listener.upstream_tls, RouteTls::required);
  EXPECT_EQ(listener.headers, (std::vector<std::string>{"X-Campaign", "Message-ID"}));
  EXPECT_EQ(listener.tell_client, ClientNotice::xclient);
  EXPECT_EQ(listener.pass_auth, AuthPassing::with_tls);
}

TEST(AcceptConfig, ReadsUsers) {
  const auto configuration = loaded("user \"app\" { password = \"$y$j9T$x\" tenant = \"acme\" }\n");
  ASSERT_TRUE(configuration);
  EXPECT_EQ(configuration->all(user_schema()).at(0).tenant, "acme");
  EXPECT_NE(first_error("user \"app\" { }").find("give one"), std::string::npos);
}

TEST(AcceptConfig, PrintsWhatItReadsBack) {
  const auto configuration = loaded("listener \"a\" { address = \"[::1]:25\" }");
  ASSERT_TRUE(configuration);
  const auto again = loaded(configuration->print());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->all(listener_schema()).at(0).address.to_string(), "[::1]:25");
}

}  // namespace
}  // namespace posthaste
