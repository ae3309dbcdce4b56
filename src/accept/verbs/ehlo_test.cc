#include <gtest/gtest.h>

#include <boost/asio/ssl/context.hpp>

#include "accept/session_fixture.h"

namespace posthaste {
namespace {

TEST(Ehlo, ListsWhatIsOffered) {
  Dialogue dialogue;
  EXPECT_EQ(dialogue.say_line("EHLO [192.0.2.1]"),
            "250-mx.example.com\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n"
            "250-SMTPUTF8\r\n250-DSN\r\n250-CHUNKING\r\n250-LIMITS RCPTMAX=1000\r\n"
            "250 ENHANCEDSTATUSCODES\r\n");
  EXPECT_EQ(dialogue.session().facts().helo, "[192.0.2.1]");
}

TEST(Ehlo, OffersRequireTlsInsideTlsOnly) {
  ListenerConfig config;
  config.tls = ListenerTls::opportunistic;
  Dialogue dialogue(config);
  dialogue.settings().tls =
      std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
  EXPECT_EQ(dialogue.say_line("EHLO client").find("REQUIRETLS"), std::string::npos);
  dialogue.say_line("STARTTLS");
  EXPECT_NE(dialogue.say_line("EHLO client").find("250-REQUIRETLS\r\n"), std::string::npos);
}

TEST(Ehlo, IsLenientWithNames) {
  for (const char* name : {"x", "my_pc", "LOCALHOST", "client.example.", "[IPv6:::1]", "a b"}) {
    Dialogue dialogue;
    EXPECT_TRUE(dialogue.say_line("EHLO " + std::string(name)).starts_with("250-")) << name;
  }
  for (const std::string& name : {std::string(), std::string(256, 'a'), std::string("a\tb")}) {
    Dialogue dialogue;
    EXPECT_TRUE(dialogue.say_line("EHLO " + name).starts_with("501 5.5.4 ")) << name;
  }
}

TEST(Ehlo, EndsTheTransaction) {
  Dialogue dialogue;
  dialogue.begin();
  dialogue.say_line("MAIL FROM:<a@example.com>");
  dialogue.say_line("EHLO again");
  EXPECT_TRUE(dialogue.say_line("RCPT TO:<b@example.org>").starts_with("503 "));
}

TEST(Helo, IsAnsweredInOneLine) {
  Dialogue dialogue;
  EXPECT_EQ(dialogue.say_line("HELO client.example"), "250 mx.example.com\r\n");
  EXPECT_FALSE(dialogue.session().facts().is_esmtp);
}

}  // namespace
}  // namespace posthaste
