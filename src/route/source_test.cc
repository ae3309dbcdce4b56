#include "route/source.h"

#include <gtest/gtest.h>

#include "platform/config.h"
#include "route/tenant_config.h"

namespace posthaste {
namespace {

Configuration::Schemas schemas() {
  return {&source_schema(), &pool_schema(), &tenant_schema(), &campaign_schema()};
}

std::shared_ptr<const Configuration> load(const std::string& text) {
  auto result = Configuration::load_text(text, "test.conf", schemas());
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result)) {
    for (const ConfigError& error : *errors) ADD_FAILURE() << error.to_string();
    return nullptr;
  }
  return std::get<std::shared_ptr<const Configuration>>(result);
}

std::string first_error(const std::string& text) {
  const auto result = Configuration::load_text(text, "test.conf", schemas());
  const auto* errors = std::get_if<std::vector<ConfigError>>(&result);
  return errors == nullptr ? "" : errors->front().to_string();
}

TEST(Sources, ReadsEveryKeyWithItsLine) {
  const auto configuration = load(
      "source \"a\" {\n"
      "  address = \"2001:DB8::1\"\n"
      "  hostname = \"a.example\"\n"
      "  proxy = \"socks5://[2001:db8::9]:1080\"\n"
      "  message_rate = \"10/s\"\n"
      "  provider \"google\" { connections = 3 }\n"
      "}\n"
      "pool \"bulk\" { source \"a\" { weight = 3 } daily_messages = 100 }\n");
  ASSERT_TRUE(configuration);
  const SourceConfig source = configuration->all(source_schema()).at(0);
  EXPECT_EQ(source.address->text, "2001:db8::1");
  EXPECT_TRUE(source.address->can_reach({"2001:db8::2", 25}));
  EXPECT_FALSE(source.address->can_reach({"192.0.2.2", 25}));
  EXPECT_EQ(source.proxy->to_string(), "socks5://[2001:db8::9]:1080");
  EXPECT_EQ(source.message_rate, Rate::parse("10/s").value());
  EXPECT_EQ(source.lines.at("message_rate").to_string(), "test.conf:5");
  EXPECT_EQ(source.providers.at(0).provider, "google");
  EXPECT_EQ(source.providers.at(0).connections, 3U);
  const PoolConfig pool = configuration->all(pool_schema()).at(0);
  EXPECT_EQ(pool.members.at(0).weight, 3U);
  EXPECT_EQ(pool.daily_messages, 100U);
}

TEST(Sources, SaysWhatIsWrongWithABlock) {
  struct Case {
    const char* text;
    const char* what;
  };
  for (const Case& test :
       {Case{"source \"a\" { address = \"0.0.0.0\" }", "no address to send from"},
        Case{"source \"a\" { address = \"mail.example\" }", "no address to send from"},
        Case{"source \"a\" { proxy = \"http://192.0.2.1:80\" }", "no proxy"},
        Case{"source \"a\" { proxy = \"socks5://proxy.example:80\" }", "no proxy"},
        Case{"source \"a\" { proxy = \"haproxy://192.0.2.1\" }", "no proxy"},
        Case{"source \"a\" { hostname = \"a b\" }", "no host name"},
        Case{"source \"a\" { connections = 0 }", "out of range"},
        Case{"source \"a\" { message_rate = \"fast\" }", "message_rate"},
        Case{"pool \"p\" { }", "has no source"},
        Case{"pool \"p\" { source \"a\" { weight = 0 } }", "out of range"},
        Case{"tenant \"t\" { weight = 0 }", "out of range"}}) {
    const std::string error = first_error(test.text);
    EXPECT_TRUE(error.starts_with("test.conf:1: ")) << test.text << ": " << error;
    EXPECT_NE(error.find(test.what), std::string::npos) << test.text << ": " << error;
  }
}

TEST(Sources, HaveOneThatTheSystemChoosesWhenNobodyNamedAny) {
  const Sources sources({}, {});
  ASSERT_EQ(sources.sources().size(), 1U);
  EXPECT_FALSE(sources.sources().front().address);
  EXPECT_EQ(sources.pool("").weight_of(SourceName("default")), 1U);
}

TEST(Sources, ArePooledByName) {
  SourceConfig a;
  a.name = "a";
  SourceConfig b;
  b.name = "b";
  PoolConfig bulk;
  bulk.name = "bulk";
  bulk.members = {{"a", 3, {}}, {"b", 1, {}}};
  PoolConfig fallback;
  fallback.name = "default";
  fallback.members = {{"b", 1, {}}};
  const Sources sources({a, b}, {bulk, fallback});
  EXPECT_EQ(sources.pool("bulk").weight_of(SourceName("a")), 3U);
  EXPECT_EQ(sources.pool("").weight_of(SourceName("a")), 0U);
  EXPECT_EQ(sources.pool("gone").name, "default");
  EXPECT_EQ(sources.first_pool_of(SourceName("b"))->name, "bulk");
  EXPECT_EQ(sources.find(SourceName("c")), nullptr);
}

TEST(Limits, AreReplacedByCloserOnesWithTheirLines) {
  Limits far;
  far.connections = 10;
  far.message_rate = Rate::parse("100/s").value();
  far.lines = {{"connections", {"far.conf", 1}}, {"message_rate", {"far.conf", 2}}};
  Limits close;
  close.connections = 2;
  close.lines = {{"connections", {"close.conf", 7}}};
  far.override_with(close);
  EXPECT_EQ(far.connections, 2U);
  EXPECT_EQ(far.message_rate, Rate::parse("100/s").value());
  EXPECT_EQ(far.lines.at("connections").to_string(), "close.conf:7");
  EXPECT_EQ(far.lines.at("message_rate").to_string(), "far.conf:2");
}

}  // namespace
}  // namespace posthaste
