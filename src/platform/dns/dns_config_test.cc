#include "platform/dns/dns_config.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "platform/config.h"

namespace posthaste {
namespace {

ConfigurationOrErrors load(const std::string& text) {
  return Configuration::load_text(text, "test.conf", {&dns_schema()});
}

TEST(DnsConfig, RecursesWhenNothingIsWritten) {
  const ConfigurationOrErrors loaded = load("");
  const auto& configuration = std::get<std::shared_ptr<const Configuration>>(loaded);
  const DnsConfig& config = configuration->one(dns_schema());
  EXPECT_TRUE(config.servers.empty());
  EXPECT_EQ(config.timeout, std::chrono::seconds(20));
}

TEST(DnsConfig, ReadsItsBlock) {
  const ConfigurationOrErrors loaded = load(R"(
    dns {
      servers = {"127.0.0.1:5353", "[2001:db8::53]:53"}
      local_data = {"example.test. MX 10 mx.example.test.", "mx.example.test. A 127.0.0.1"}
      local_zones = {"corp.example.", "."}
      timeout = "5s"
    })");
  const auto* configuration = std::get_if<std::shared_ptr<const Configuration>>(&loaded);
  ASSERT_TRUE(configuration) << std::get<1>(loaded).front().to_string();
  const DnsConfig& config = (*configuration)->one(dns_schema());
  EXPECT_EQ(config.servers.size(), 2u);
  EXPECT_EQ(config.local_data.size(), 2u);
  EXPECT_EQ(config.local_zones.size(), 2u);
  EXPECT_EQ(config.timeout, std::chrono::seconds(5));
}

TEST(DnsConfig, NamesTheLineOfAValueThatCannotWork) {
  for (const std::string line :
       {"servers = {\"dns.example\"}", "local_data = {\"example.test. MX mx\"}",
        "local_zones = {\"a..b\"}", "timeout = \"0s\""}) {
    const ConfigurationOrErrors loaded = load("dns {\n" + line + "\n}\n");
    const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
    ASSERT_TRUE(errors) << line;
    EXPECT_EQ(errors->front().where.to_string(), "test.conf:2") << line;
  }
}

}  // namespace
}  // namespace posthaste
