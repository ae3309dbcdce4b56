#include "server/server_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "platform/config_reference.h"

namespace posthaste {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> errors_of(const std::string& text) {
  const ServerConfigOrErrors loaded = load_server_config_text(text, "t.conf");
  std::vector<std::string> lines;
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors) lines.push_back(error.to_string());
  }
  return lines;
}

std::shared_ptr<const ServerConfig> accepted(const std::string& text) {
  EXPECT_THAT(errors_of(text), IsEmpty());
  const ServerConfigOrErrors loaded = load_server_config_text(text, "t.conf");
  const auto* config = std::get_if<std::shared_ptr<const ServerConfig>>(&loaded);
  return config == nullptr ? std::make_shared<const ServerConfig>() : *config;
}

std::string read_file(const std::string& name) {
  std::ifstream file(POSTHASTE_SOURCE_DIR "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ServerConfig, IsAWholeServerWhenNothingIsWritten) {
  const auto config = accepted("");
  EXPECT_FALSE(config->server.effective_hostname().ascii().empty());
  ASSERT_EQ(config->listeners.size(), 3U);
  EXPECT_EQ(config->listeners[0].address.to_string(), "127.0.0.1:25");
  EXPECT_EQ(config->listeners[1].address.to_string(), "127.0.0.1:587");
  EXPECT_EQ(config->listeners[2].address.to_string(), "127.0.0.1:8000");
  EXPECT_EQ(config->listeners[2].protocol, ListenerProtocol::http);
  ASSERT_EQ(config->remote_queues.size(), 1U);
  EXPECT_EQ(config->remote_queues[0].name, "outbound");
  EXPECT_EQ(config->server.data_dir, "/var/lib/posthaste");
}

TEST(ServerConfig, AsksForASignatureOfTheFeedbackAddress) {
  const std::string dkim =
      "dkim { selector = \"m\" private_key = \"/k\" domain = \"host.test\" }\n";
  const std::string feedback = "feedback \"f\" { cfbl_address = \"fbl@mail.host.test\" }\n";
  EXPECT_THAT(errors_of(dkim + feedback), IsEmpty());
  EXPECT_THAT(errors_of(feedback),
              ElementsAre(HasSubstr("t.conf:1: cfbl_address: nothing signs for mail.host.test")));
  EXPECT_THAT(errors_of(dkim + "feedback \"f\" { cfbl_address = \"fbl@other.test\" }\n"),
              ElementsAre(HasSubstr("t.conf:2: cfbl_address: nothing signs for other.test")));
}

TEST(ServerConfig, KeepsTheOutboundQueueBesideOthers) {
  const auto config = accepted("remote_queue \"bulk\" { }");
  ASSERT_EQ(config->remote_queues.size(), 2U);
  EXPECT_EQ(config->remote_queues[1].name, "outbound");
}

TEST(ServerConfig, AddsNoListenerToThoseThatAreWritten) {
  const auto config = accepted("listener \"a\" { address = \"127.0.0.1:2525\" }");
  EXPECT_EQ(config->listeners.size(), 1U);
}

TEST(ServerConfig, AcceptsTheExampleOfTheManualAsItStands) {
  const auto config = accepted(R"(# Outbound queue settings
remote_queue "outbound" {
  concurrency = 500
  rate = "10000/hour"  # Adjust for IP warming stage
}
# DKIM signing
dkim {
  sign = true
  selector = "mail"
  domain = "postmta.com"
  private_key = "/etc/posthaste/dkim/mail.private"
}
# Bounce handling
bounce {
  use_8bitmime = false
  log_bounces = true
  log_path = "/var/log/posthaste/bounces.log"
}
)");
  ASSERT_EQ(config->remote_queues.size(), 1U);
  EXPECT_EQ(config->remote_queues[0].concurrency, 500U);
  EXPECT_EQ(config->remote_queues[0].rate.to_string(), "10000/hour");
  ASSERT_EQ(config->dkim.size(), 1U);
  EXPECT_EQ(config->dkim[0].domain, "postmta.com");
  EXPECT_TRUE(config->bounce.log_bounces);
  EXPECT_EQ(config->bounce.log_path, "/var/log/posthaste/bounces.log");
}

TEST(ServerConfig, RefusesReferencesToWhatIsNotDefined) {
  EXPECT_THAT(errors_of("tenant \"a\" { }\n"
                        "user \"u\" { password = \"{plain}x\" tenant = \"a\" }\n"
                        "user \"v\" {\n password = \"{plain}x\"\n tenant = \"b\" }\n"),
              ElementsAre("t.conf:5: tenant: tenant \"b\" is not defined: add tenant \"b\" { }"));
}

TEST(ServerConfig, RefusesTwoListenersOnOneAddress) {
  EXPECT_THAT(errors_of("listener \"a\" { address = \"127.0.0.1:2525\" }\n"
                        "listener \"b\" {\n address = \"127.0.0.1:2525\" }\n"
                        "listener \"c\" { address = \"127.0.0.1:0\" }\n"
                        "listener \"d\" { address = \"127.0.0.1:0\" }\n"),
              ElementsAre("t.conf:3: address: 127.0.0.1:2525 is the address of listener \"a\" "
                          "too: choose another"));
}

TEST(ServerConfig, RefusesTwoLogsInOneFile) {
  EXPECT_THAT(errors_of("bounce { log_bounces = true log_path = \"/v/b.log\" }\n"
                        "log \"a\" { path = \"/v/a.log\" }\nlog \"b\" { path = \"/v/./a.log\" }\n"
                        "log \"c\" {\n path = \"/v/b.log\" }\n"),
              ElementsAre("t.conf:3: path: /v/./a.log is the file of log \"a\" too: choose another",
                          "t.conf:5: path: /v/b.log is the file of the bounce block too: choose "
                          "another"));
}

TEST(ServerConfig, WantsAnAddressForReturnedMailToComeInAt) {
  const std::string listener = "listener \"mx\" {\n role = inbound\n address = \"0.0.0.0:25\" }\n";
  EXPECT_THAT(errors_of(listener),
              ElementsAre(HasSubstr("t.conf:2: role: no address is there for mail to come in at")));
  EXPECT_THAT(errors_of(listener + "unsubscribe \"n\" { url = \"https://a.test/u\" mailto = "
                                   "\"b.example.com\" match { stream = {\"n\"} } }"),
              IsEmpty());
  EXPECT_THAT(errors_of(listener + "bounce { domain = \"b.example.com\" }"), IsEmpty());
  EXPECT_THAT(errors_of(listener + "return_path \"x\" { tenant = {\"a\"} domain = "
                                   "\"b.example.com\" }\ntenant \"a\" { }"),
              IsEmpty());
  const auto config =
      accepted(listener + "inbound { reports = {\"dmarc@example.com\"} keep_reports = \"30d\" }");
  EXPECT_EQ(config->inbound.reports.at(0).smtp_form(), "dmarc@example.com");
  EXPECT_EQ(config->inbound.keep_reports, std::chrono::hours(24 * 30));
}

TEST(ServerConfig, WantsAKeyForAnApiBeyondLoopback) {
  const std::string listener =
      "listener \"h\" {\n protocol = http\n address = \"0.0.0.0:8000\" }\n";
  EXPECT_THAT(errors_of(listener),
              ElementsAre(HasSubstr("t.conf:3: address: beyond loopback the HTTP API answers only "
                                    "with a key: ")));
  EXPECT_THAT(errors_of(listener + "api_key \"ops\" { key = \"0123456789abcdef\" }"), IsEmpty());
}

TEST(ServerConfig, RefusesKeysThatCanBeGuessed) {
  EXPECT_THAT(errors_of("api_key \"a\" { key = \"short\" }\napi_key \"b\" { }\n"
                        "api_key \"c\" { key = \"0123456789abcdef\" key_file = \"x\" }"),
              ElementsAre("t.conf:1: key: a key of 5 characters can be guessed: use at least 16",
                          "t.conf:2: api_key: an API key has either key or key_file: give one",
                          "t.conf:3: api_key: an API key has either key or key_file: give one"));
}

TEST(ServerConfig, WantsAUserWhereLoginIsRequired) {
  EXPECT_THAT(errors_of("listener \"a\" { address = \"127.0.0.1:2525\"\n auth = required }"),
              ElementsAre("t.conf:2: auth: nobody can log in: add user \"NAME\" { password_file "
                          "= … }"));
}

TEST(ServerConfig, RefusesWhatPointsToNothing) {
  EXPECT_THAT(errors_of("source \"a\" { }\npool \"p\" { source \"b\" { } }\n"
                        "remote_queue \"outbound\" { pool = \"p\" }"),
              ElementsAre("t.conf:2: source: source \"b\" is not defined: add source \"b\" { }"));
  EXPECT_THAT(errors_of("remote_queue \"bulk\" {\n pool = \"p\" }"),
              ElementsAre("t.conf:2: pool: pool \"p\" is not defined: add pool \"p\" { }"));
  EXPECT_THAT(
      errors_of("source \"a\" { }\npool \"p\" { source \"a\" { } }"),
      ElementsAre("t.conf:2: pool: remote_queue \"outbound\" names no pool, and there is no "
                  "pool \"default\": set pool in it, or add the pool"));
  EXPECT_THAT(errors_of("campaign \"c\" { tenant = \"t\" }"),
              ElementsAre("t.conf:1: tenant: tenant \"t\" is not defined: add tenant \"t\" { }"));
}

TEST(ServerConfig, RefusesBlocksThatThisVersionDoesNotKnow) {
  for (const char* block : {"webhook \"a\" { }", "cluster { }"}) {
    EXPECT_THAT(errors_of(block), ElementsAre(HasSubstr("t.conf:1: unknown block "))) << block;
  }
}

TEST(ServerConfig, RefusesAHostnameThatIsNone) {
  EXPECT_THAT(errors_of("server { hostname = \"a b\" }"),
              ElementsAre(HasSubstr("t.conf:1: hostname: ")));
  EXPECT_EQ(accepted("server { hostname = \"MX.Example\" }")->server.effective_hostname().ascii(),
            "mx.example");
}

TEST(ServerConfig, AcceptsItsOwnPrint) {
  for (const char* name : {"conf/demo.conf", "conf/posthaste.conf"}) {
    const std::string printed = accepted(read_file(name))->source->print();
    EXPECT_EQ(errors_of(printed).size(), 0U) << name << ": " << errors_of(printed).front();
    EXPECT_THAT(printed, HasSubstr("# t.conf:"));
    EXPECT_THAT(printed, HasSubstr("# default"));
  }
  const std::string defaults = accepted("")->source->print();
  EXPECT_THAT(errors_of(defaults), IsEmpty());
  EXPECT_THAT(defaults, Not(HasSubstr("t.conf")));
}

TEST(ServerConfig, KeepsTheDemonstrationOnThisMachine) {
  const auto config = accepted(read_file("conf/demo.conf"));
  ASSERT_EQ(config->routes.size(), 1U);
  EXPECT_EQ(config->routes[0].pattern.text, "*");
  ASSERT_EQ(config->routes[0].to.size(), 1U);
  EXPECT_EQ(config->routes[0].to[0].host, "127.0.0.1");
  EXPECT_EQ(config->routes[0].to[0].port, 2526);
  EXPECT_THAT(config->dns.local_zones, ElementsAre("."));
  EXPECT_EQ(config->server.data_dir, "./var");
  EXPECT_EQ(config->bounce.log_path, "./var/log/bounces.log");
  ASSERT_EQ(config->logs.size(), 1U);
  EXPECT_EQ(config->logs[0].path, "./var/log/events.log");
  for (const ListenerConfig& listener : config->listeners) {
    EXPECT_EQ(listener.address.address(), "127.0.0.1");
  }
}

TEST(ServerConfig, HasAReferenceThatIsUpToDate) {
  EXPECT_TRUE(read_file("docs/reference/configuration.md") == config_reference(server_schemas()))
      << "docs/reference/configuration.md is old: run tools/config_reference";
}

}  // namespace
}  // namespace posthaste
