#include "route/provider.h"

#include <gtest/gtest.h>

#include "platform/config.h"
#include "route/shipped_providers.h"

namespace posthaste {
namespace {

ConfigurationOrErrors load(const std::string& text) {
  return Configuration::load_text(text, "test.conf", {&provider_schema()});
}

std::vector<ProviderConfig> blocks_of(const std::string& text) {
  auto loaded = load(text);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors) ADD_FAILURE() << error.to_string();
    return {};
  }
  return std::get<std::shared_ptr<const Configuration>>(loaded)->all(provider_schema());
}

std::string first_error(const std::string& text) {
  const auto loaded = load(text);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  return errors == nullptr ? "" : errors->front().to_string();
}

TEST(Providers, ShipsWithAFileThatIsRight) {
  const auto loaded = load(std::string(shipped_providers_text()));
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors) ADD_FAILURE() << error.to_string();
  }
  const auto compiled = Providers::compile(shipped_providers(), {});
  ASSERT_TRUE(compiled) << compiled.error().message();
  EXPECT_EQ(compiled->default_limits().connections, 10U);
  EXPECT_EQ(compiled->find("google")->provider_connections, 5U);
}

TEST(Providers, KnowsTheLargeOnesByTheirHosts) {
  const auto providers = *Providers::compile(shipped_providers(), {});
  struct Case {
    std::vector<std::string> hosts;
    const char* name;
  };
  for (const Case& test : {
           Case{{"gmail-smtp-in.l.google.com", "alt1.gmail-smtp-in.l.google.com"}, "google"},
           Case{{"aspmx.l.google.com", "aspmx2.googlemail.com"}, "google"},
           Case{{"mta5.am0.yahoodns.net"}, "yahoo"},
           Case{{"hotmail-com.olc.protection.outlook.com"}, "outlook"},
           Case{{"example-com.mail.protection.outlook.com"}, "microsoft365"},
           Case{{"mx01.mail.icloud.com"}, "apple"},
           Case{{"mx-in.g.comcast.net"}, "comcast"},
           Case{{"mx00.gmx.net", "mx01.gmx.net"}, "gmx"},
           Case{{"aspmx.l.google.com", "mx.example.com"}, nullptr},
           Case{{"mx.example.com"}, nullptr},
           Case{{"google.com"}, nullptr},
           Case{{}, nullptr},
       }) {
    const ProviderConfig* found = providers.find_by_hosts(test.hosts);
    EXPECT_EQ(found == nullptr ? "" : found->name, test.name == nullptr ? "" : test.name)
        << (test.hosts.empty() ? "" : test.hosts.front());
  }
}

TEST(Providers, LetTheFileChangeWhatIsShipped) {
  const auto providers = *Providers::compile(
      shipped_providers(),
      blocks_of("provider \"google\" {\n"
                "  connections = 3\n"
                "  rule \"unusual-rate\" { pattern = {\"4\\\\.7\\\\.28\"} action = {retry} }\n"
                "  rule \"own\" { pattern = {\"mine\"} classification = policy }\n"
                "}\n"
                "provider \"house\" { mx = {\".house.example\"} connections = 1 }\n"));
  const ProviderConfig& google = *providers.find("google");
  EXPECT_EQ(google.connections, 3U);
  EXPECT_EQ(google.lines.at("connections").to_string(), "test.conf:2");
  EXPECT_EQ(google.provider_connections, 5U) << "what the file does not set stays";
  EXPECT_EQ(google.rules.at(0).name, "unusual-rate");
  EXPECT_EQ(google.rules.at(0).action, std::vector{RuleAction::retry});
  EXPECT_EQ(google.rules.at(1).name, "own");
  const auto count = std::count_if(google.rules.begin(), google.rules.end(),
                                   [](const auto& one) { return one.name == "unusual-rate"; });
  EXPECT_EQ(count, 1);
  EXPECT_EQ(providers.find_by_hosts({"mx.house.example"})->name, "house");
}

TEST(Providers, RefuseAPatternThatTwoHave) {
  const auto providers = Providers::compile(shipped_providers(),
                                            blocks_of("provider \"g\" { mx = {\".google.com\"} }"));
  ASSERT_FALSE(providers);
  EXPECT_NE(providers.error().message().find("leave it to one of them"), std::string::npos);
}

TEST(Providers, SayWhatIsWrongWithABlock) {
  struct Case {
    const char* keys;
    const char* what;
  };
  for (const Case& test :
       {Case{"mx = {\".example.com.\"}", "leave out the dot"},
        Case{"mx = {\"MX.example.com\"}", "in lower case"}, Case{"mx = {\".\"}", "matches no MX"},
        Case{"rule \"r\" { pattern = {\"(\"} action = {retry} }", "no regular expression"},
        Case{"rule \"r\" { action = {retry} }", "needs a pattern"},
        Case{"rule \"r\" { pattern = {\"x\"} }", "does nothing"},
        Case{"rule \"r\" { pattern = {\"x\"} action = {suspend} }", "set duration"},
        Case{"rule \"r\" { pattern = {\"x\"} action = {slow} duration = \"1m\" }",
             "set rate or factor"},
        Case{"rule \"r\" { pattern = {\"x\"} action = {fewer_connections} duration = \"1m\" }",
             "set connections"},
        Case{"rule \"r\" { pattern = {\"x\"} action = {retry, fail} }", "contradict"},
        Case{"rule \"r\" { pattern = {\"x\"} action = {shout} }", "is not possible here"}}) {
    const std::string error = first_error("provider \"p\" { " + std::string(test.keys) + " }");
    EXPECT_TRUE(error.starts_with("test.conf:1: ")) << test.keys << ": " << error;
    EXPECT_NE(error.find(test.what), std::string::npos) << test.keys << ": " << error;
  }
}

}  // namespace
}  // namespace posthaste
