#include "route/route_config.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "platform/config.h"

namespace posthaste {
namespace {

TEST(RouteTarget, ReadsHostsAndAddressesWithAndWithoutPort) {
  const auto read = [](std::string_view text) { return *RouteTarget::parse(text); };
  EXPECT_EQ(read("[192.0.2.1]:2525"), (RouteTarget{"192.0.2.1", true, 2525}));
  EXPECT_EQ(read("192.0.2.1:25"), (RouteTarget{"192.0.2.1", true, 25}));
  EXPECT_EQ(read("192.0.2.1"), (RouteTarget{"192.0.2.1", true, 0}));
  EXPECT_EQ(read("[2001:db8:0::1]:25"), (RouteTarget{"2001:db8::1", true, 25}));
  EXPECT_EQ(read("[IPv6:2001:db8::1]"), (RouteTarget{"2001:db8::1", true, 0}));
  EXPECT_EQ(read("2001:db8::1"), (RouteTarget{"2001:db8::1", true, 0}));
  EXPECT_EQ(read("Relay.Example:587"), (RouteTarget{"relay.example", false, 587}));
  EXPECT_EQ(read("relay.example"), (RouteTarget{"relay.example", false, 0}));
}

TEST(RouteTarget, PrintsWhatItReads) {
  for (const std::string text : {"[192.0.2.1]:2525", "[2001:db8::1]:25", "relay.example:587",
                                 "relay.example", "[2001:db8::1]"}) {
    EXPECT_EQ(RouteTarget::parse(text)->to_string(), text);
  }
}

TEST(RouteTarget, RefusesWhatIsNeither) {
  for (const std::string text :
       {"", ":25", "[192.0.2.1", "[192.0.2.1]2525", "[192.0.2.1]:", "[relay.example]:25",
        "relay.example:0", "relay.example:65536", "relay.example:25x", "relay.example:-1",
        "relay..example", "[]", "a b:25"}) {
    EXPECT_FALSE(RouteTarget::parse(text)) << text;
  }
}

TEST(RoutePattern, IsLowerCaseInALabels) {
  EXPECT_EQ(RoutePattern::parse("*")->text, "*");
  EXPECT_EQ(RoutePattern::parse("*.Example")->text, "*.example");
  EXPECT_EQ(RoutePattern::parse("Example.COM")->text, "example.com");
  for (const std::string text : {"", "*example", "a.*.b", "**", "*.", "a..b", "*.[192.0.2.1]"}) {
    EXPECT_FALSE(RoutePattern::parse(text)) << text;
  }
}

TEST(ChooseRoute, TakesTheMostSpecific) {
  std::vector<std::shared_ptr<const RouteConfig>> routes;
  for (const char* pattern : {"*", "*.example", "*.sub.example", "example.com", "*.com"}) {
    routes.push_back(std::make_shared<const RouteConfig>(RouteConfig{.pattern = {pattern}}));
  }
  const auto choose = [&](std::string_view domain) {
    return choose_route(routes, domain)->pattern.text;
  };
  EXPECT_EQ(choose("example.com"), "example.com");
  EXPECT_EQ(choose("a.example.com"), "*.com");
  EXPECT_EQ(choose("a.example"), "*.example");
  EXPECT_EQ(choose("a.sub.example"), "*.sub.example");
  EXPECT_EQ(choose("sub.example"), "*.example");
  EXPECT_EQ(choose("example"), "*");
  EXPECT_EQ(choose("anexample"), "*");
  EXPECT_EQ(choose("[192.0.2.1]"), "*");
  routes.erase(routes.begin());
  EXPECT_EQ(choose_route(routes, "other.test"), nullptr);
}

std::vector<RouteConfig> load(const std::string& text) {
  const ConfigurationOrErrors loaded =
      Configuration::load_text(text, "test.conf", {&route_schema()});
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    ADD_FAILURE() << errors->front().to_string();
    return {};
  }
  return std::get<0>(loaded)->all(route_schema());
}

TEST(RouteConfig, ReadsEveryKey) {
  const std::vector<RouteConfig> routes = load(R"(
    route "*" {
      to = {"[192.0.2.1]:2525", "relay.example:587"}
      tls = "required"
      user = "us"
      password_file = "/etc/posthaste/relay.password"
    }
    route "*.Example" { to = "hub.example" mx = true })");
  ASSERT_EQ(routes.size(), 2u);
  EXPECT_EQ(routes[0].pattern.text, "*");
  ASSERT_EQ(routes[0].to.size(), 2u);
  EXPECT_EQ(routes[0].to[0], (RouteTarget{"192.0.2.1", true, 2525}));
  EXPECT_EQ(routes[0].tls, RouteTls::required);
  EXPECT_EQ(routes[0].user, "us");
  EXPECT_EQ(routes[1].pattern.text, "*.example");
  EXPECT_TRUE(routes[1].mx);
  EXPECT_EQ(routes[1].tls, RouteTls::opportunistic);
}

TEST(RouteConfig, RefusesABlockThatCannotWork) {
  for (const std::string block :
       {"route \"*\" { }", "route \"a b\" { to = \"relay.example\" }",
        "route \"*\" { to = \"relay.example:0\" }", "route \"*\" { to = {} }",
        "route \"*\" { to = \"[192.0.2.1]\" mx = true }",
        "route \"*\" { to = \"relay.example\" tls = \"maybe\" }",
        "route \"*\" { to = \"relay.example\" tls = \"required\" user = \"us\" }",
        "route \"*\" { to = \"relay.example\" user = \"us\" password_file = \"/p\" }"}) {
    const ConfigurationOrErrors loaded =
        Configuration::load_text(block, "test.conf", {&route_schema()});
    EXPECT_TRUE(std::holds_alternative<std::vector<ConfigError>>(loaded)) << block;
  }
}

}  // namespace
}  // namespace posthaste
