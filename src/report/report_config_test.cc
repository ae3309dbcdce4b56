#include "report/report_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ConfigurationOrErrors load(const std::string& text) {
  return Configuration::load_text(text, "test.conf", {&log_schema(), &bounce_schema()});
}

std::vector<LogConfig> logs_of(const std::string& text) {
  const ConfigurationOrErrors loaded = load(text);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    ADD_FAILURE() << errors->front().to_string();
    return {};
  }
  return std::get<0>(loaded)->all(log_schema());
}

BounceConfig bounce_of(const std::string& text) {
  const ConfigurationOrErrors loaded = load(text);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    ADD_FAILURE() << errors->front().to_string();
    return {};
  }
  return std::get<0>(loaded)->all(bounce_schema()).front();
}

std::string error_of(const std::string& text) {
  const ConfigurationOrErrors loaded = load(text);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  return errors == nullptr ? "" : errors->front().to_string();
}

TEST(ReportConfig, HasNoLogWhenNobodyWroteOne) {
  EXPECT_THAT(logs_of(""), IsEmpty());
}

TEST(ReportConfig, KeepsThirtyCompressedDaysOfALogThatNamesOnlyItsFile) {
  const auto logs = logs_of("log \"events\" { path = \"/tmp/events.jsonl\" }");
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ(logs[0].name, "events");
  EXPECT_EQ(logs[0].path, "/tmp/events.jsonl");
  EXPECT_THAT(logs[0].types, IsEmpty());
  EXPECT_EQ(logs[0].max_size, Bytes(100 << 20));
  EXPECT_EQ(logs[0].max_age, 24h);
  EXPECT_EQ(logs[0].keep, 30u);
  EXPECT_TRUE(logs[0].compress);
}

TEST(ReportConfig, ReadsEveryKeyOfALog) {
  const auto logs = logs_of(R"(
    log "a" {
      path = "/tmp/a"
      types = {"delivery", "oob_bounce"}
      max_size = "1MiB"
      max_age = "1h"
      keep = 2
      compress = false
    }
    log "b" { path = "/tmp/b" })");
  ASSERT_EQ(logs.size(), 2u);
  EXPECT_THAT(logs[0].types, ElementsAre("delivery", "oob_bounce"));
  EXPECT_EQ(logs[0].max_size, Bytes(1 << 20));
  EXPECT_EQ(logs[0].max_age, 1h);
  EXPECT_EQ(logs[0].keep, 2u);
  EXPECT_FALSE(logs[0].compress);
  EXPECT_EQ(logs[1].name, "b");
}

TEST(ReportConfig, NamesTheLineOfATypeThatDoesNotExist) {
  const std::string error =
      error_of("log \"a\" {\n  path = \"/tmp/a\"\n  types = {\"delivery\", \"lost\"}\n}\n");
  EXPECT_THAT(error, HasSubstr("test.conf:3"));
  EXPECT_THAT(error, HasSubstr("\"lost\" is no event type: see the list in the reference"));
}

TEST(ReportConfig, WantsAPathForALog) {
  EXPECT_THAT(error_of("log \"a\" { keep = 1 }"), HasSubstr("path"));
}

TEST(ReportConfig, NotifiesSendersAndLogsNoBouncesWhenNothingIsSaid) {
  const BounceConfig bounce = bounce_of("");
  EXPECT_TRUE(bounce.notify_sender);
  EXPECT_FALSE(bounce.log_bounces);
  EXPECT_FALSE(bounce.use_8bitmime);
  EXPECT_EQ(bounce.log_path, "/var/log/posthaste/bounces.log");
}

TEST(ReportConfig, ReadsEveryKeyOfBounce) {
  const BounceConfig bounce = bounce_of(R"(
    bounce {
      use_8bitmime = true
      log_bounces = true
      log_path = "/tmp/bounces.log"
      notify_sender = false
    })");
  EXPECT_TRUE(bounce.use_8bitmime);
  EXPECT_TRUE(bounce.log_bounces);
  EXPECT_EQ(bounce.log_path, "/tmp/bounces.log");
  EXPECT_FALSE(bounce.notify_sender);
}

TEST(ReportConfig, LogsOfBouncesEveryKindOfFinalFailureAndNothingElse) {
  BounceConfig bounce;
  bounce.log_path = "/tmp/bounces.log";
  const LogConfig log = bounce.as_log();
  EXPECT_EQ(log.path, "/tmp/bounces.log");
  EXPECT_THAT(log.types, ElementsAre("bounce", "expiration", "admin_bounce", "oob_bounce"));
  for (const std::string& type : log.types) EXPECT_TRUE(parse_event_type(type)) << type;
}

TEST(ReportConfig, GivesTheLogOfBouncesACursorThatNoLogBlockCanHave) {
  const std::string built_in = BounceConfig().as_log().cursor_key();
  for (const std::string name : {"", "bounces", "log_bounces", "/log_bounces", "_bounces"}) {
    LogConfig block;
    block.name = name;
    EXPECT_NE(block.cursor_key(), built_in) << name;
  }
}

TEST(ReportConfig, KeepsTheCursorsThatLogBlocksAlwaysHad) {
  LogConfig block;
  block.name = "events";
  EXPECT_EQ(block.cursor_key(), "cursor/log/events");
  EXPECT_EQ(block.former_cursor_key(), "");
  EXPECT_EQ(BounceConfig().as_log().former_cursor_key(), "cursor/log/bounces");
}

}  // namespace
}  // namespace posthaste
