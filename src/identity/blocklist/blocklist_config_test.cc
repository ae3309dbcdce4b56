#include "identity/blocklist/blocklist_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "platform/config.h"

namespace posthaste {
namespace {

namespace fs = std::filesystem;

ConfigurationOrErrors load(const std::string& block) {
  return Configuration::load_text("blocklist {\n" + block + "\n}\n", "test.conf",
                                  {&blocklist_schema()});
}

std::string error_of(const std::string& block) {
  const auto loaded = load(block);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  return errors == nullptr ? "" : errors->front().to_string();
}

Result<std::vector<BlocklistZone>> zones_of(const std::string& block) {
  const auto loaded = load(block);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  if (errors != nullptr) return bad_config_value(errors->front().to_string());
  return blocklist_zones(
      std::get<std::shared_ptr<const Configuration>>(loaded)->one(blocklist_schema()));
}

const BlocklistZone* find(const std::vector<BlocklistZone>& zones, const std::string& name) {
  const auto found =
      std::find_if(zones.begin(), zones.end(), [&](const auto& zone) { return zone.name == name; });
  return found == zones.end() ? nullptr : &*found;
}

TEST(ShippedBlocklists, AreAllRead) {
  const auto loaded = Configuration::load_text(std::string(shipped_blocklists_text()), "shipped",
                                               {&blocklist_schema()});
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  ASSERT_EQ(errors, nullptr) << errors->front().to_string();
  EXPECT_EQ(shipped_blocklists().size(), 43u);
}

TEST(ShippedBlocklists, SayWhatTheyListAndWhereToBeRemoved) {
  for (const BlocklistZoneConfig& zone : shipped_blocklists()) {
    EXPECT_TRUE(zone.tier) << zone.name;
    EXPECT_FALSE(zone.lists.empty()) << zone.name;
    EXPECT_TRUE(zone.remove_at.starts_with("http")) << zone.name;
    EXPECT_FALSE(dead_blocklist(zone.name)) << zone.name;
  }
}

TEST(ShippedBlocklists, HoldNoZoneTwice) {
  std::set<std::string> names;
  for (const BlocklistZoneConfig& zone : shipped_blocklists()) {
    EXPECT_TRUE(names.insert(zone.name).second) << zone.name;
  }
}

// The names come from other programs' data: one that nobody else knows is a slip of the pen.
TEST(ShippedBlocklists, AreKnownToOthers) {
  const fs::path path = fs::path(POSTHASTE_CORPORA) / "lists" / "dnsbl-zones.json";
  if (!fs::exists(path)) GTEST_SKIP() << path << " is not there";
  std::ifstream file(path);
  const auto json = nlohmann::json::parse(file);
  std::set<std::string> known;
  std::size_t dead = 0;
  for (const auto& [list, names] : json.items()) {
    for (const std::string name : names) {
      known.insert(name);
      if (dead_blocklist(name)) ++dead;
    }
  }
  // Not in that data: one that needs a key, one of backscatter, one that lists good senders.
  const std::set<std::string> unknown_there = {"combined.mail.abusix.zone", "ips.backscatterer.org",
                                               "wl.mailspike.net"};
  std::size_t found = 0;
  for (const BlocklistZoneConfig& zone : shipped_blocklists()) {
    if (known.contains(zone.name)) {
      ++found;
    } else {
      EXPECT_TRUE(unknown_there.contains(zone.name)) << zone.name;
    }
  }
  std::printf("shipped zones %zu, of these in the corpus %zu; dead names in the corpus %zu\n",
              shipped_blocklists().size(), found, dead);
  EXPECT_GT(dead, 0u);
}

TEST(BlocklistConfig, AsksAllThatNeedNoKey) {
  const auto zones = zones_of("");
  ASSERT_TRUE(zones) << zones.error().message();
  EXPECT_EQ(zones->size(), shipped_blocklists().size() - 1);
  EXPECT_EQ(find(*zones, "combined.mail.abusix.zone"), nullptr);
}

TEST(BlocklistConfig, ChoosesAmongTheZones) {
  const auto chosen = zones_of(R"(zones = {"zen.spamhaus.org", "DBL.spamhaus.org."})");
  ASSERT_TRUE(chosen) << chosen.error().message();
  EXPECT_EQ(chosen->size(), 2u);
  const auto others = zones_of(R"(disable = "zen.spamhaus.org")");
  ASSERT_TRUE(others) << others.error().message();
  EXPECT_EQ(find(*others, "zen.spamhaus.org"), nullptr);
  EXPECT_NE(find(*others, "dbl.spamhaus.org"), nullptr);
}

TEST(BlocklistConfig, RefusesADeadZone) {
  EXPECT_EQ(
      error_of(R"(zones = {"zen.spamhaus.org", "dnsbl.sorbs.net"})"),
      "test.conf:2: zones: dnsbl.sorbs.net is dead (closed in June 2024), and a dead list may "
      "list everybody: remove it");
  EXPECT_NE(error_of(R"(zone "ix.dnsbl.manitu.net" { lists = "ipv4" })").find("dead"),
            std::string::npos);
}

TEST(BlocklistConfig, RefusesWhatNobodyKnows) {
  const auto unknown = zones_of(R"(zones = "dnsbl.corp.example")");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message(),
            "zone dnsbl.corp.example is not known: add zone \"dnsbl.corp.example\" { lists = … } "
            "to the blocklist block");
  EXPECT_FALSE(zones_of(R"(disable = "zne.spamhaus.org")"));
  EXPECT_FALSE(zones_of(R"(zone "dnsbl.corp.example" { tier = page })"));
}

TEST(BlocklistConfig, TakesZonesOfOnesOwn) {
  const auto zones = zones_of(R"(
    zones = "dnsbl.corp.example"
    rate = "5/min"
    zone "dnsbl.corp.example" { tier = page lists = {"ipv4", "domain"} codes = "127.0.0.9 ours" })");
  ASSERT_TRUE(zones) << zones.error().message();
  ASSERT_EQ(zones->size(), 1u);
  EXPECT_EQ(zones->front().tier, BlocklistTier::page);
  EXPECT_EQ(zones->front().rate, Rate(5, std::chrono::minutes(1)));
  EXPECT_EQ(zones->front().codes.front().meaning, "ours");
}

TEST(BlocklistConfig, ChangesOnlyWhatABlockOfAShippedZoneSets) {
  const auto zones = zones_of(R"(zone "zen.spamhaus.org" { tier = warn })");
  ASSERT_TRUE(zones);
  const BlocklistZone* zen = find(*zones, "zen.spamhaus.org");
  ASSERT_NE(zen, nullptr);
  EXPECT_EQ(zen->tier, BlocklistTier::warn);
  EXPECT_EQ(zen->codes.size(), 6u);
}

TEST(BlocklistConfig, PutsTheKeyIntoTheQuestionAndNowhereElse) {
  const fs::path path = fs::path(testing::TempDir()) / "blocklist_config_test.key";
  std::ofstream(path) << "Secret0key\n";
  const auto zones = zones_of(R"(
    zone "zen.spamhaus.org" { key_file = ")" +
                              path.string() + R"(" }
    zone "combined.mail.abusix.zone" { key_file = ")" +
                              path.string() + R"(" })");
  ASSERT_TRUE(zones) << zones.error().message();
  const BlocklistZone* zen = find(*zones, "zen.spamhaus.org");
  EXPECT_EQ(zen->suffix, "secret0key.zen.dq.spamhaus.net");
  EXPECT_EQ(zen->name, "zen.spamhaus.org");
  EXPECT_EQ(find(*zones, "combined.mail.abusix.zone")->suffix,
            "secret0key.combined.mail.abusix.zone");
  fs::remove(path);
}

TEST(BlocklistConfig, SaysWhichKeyIsMissing) {
  EXPECT_FALSE(zones_of(R"(zones = "combined.mail.abusix.zone")"));
  const auto missing = zones_of(R"(zone "zen.spamhaus.org" { key_file = "/nowhere/key" })");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message(),
            "/nowhere/key: No such file or directory: check the name and its permissions");
}

}  // namespace
}  // namespace posthaste
