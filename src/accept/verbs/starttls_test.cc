#include <gtest/gtest.h>

#include <boost/asio/ssl/context.hpp>

#include "accept/session_fixture.h"

namespace posthaste {
namespace {

std::shared_ptr<boost::asio::ssl::context> any_context() {
  return std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
}

TEST(Starttls, IsOfferedUntilItIsActive) {
  Dialogue dialogue;
  dialogue.settings().tls = any_context();
  EXPECT_NE(dialogue.say_line("EHLO x").find("250-STARTTLS\r\n"), std::string::npos);
  EXPECT_EQ(dialogue.say_line("STARTTLS"), "220 2.0.0 ready to start TLS\r\n");
  EXPECT_EQ(dialogue.say_line("EHLO x").find("STARTTLS"), std::string::npos);
  EXPECT_TRUE(dialogue.say_line("STARTTLS").starts_with("503 5.5.1 "));
}

TEST(Starttls, ForgetsAllThatWasSaidInTheClear) {
  Dialogue dialogue;
  dialogue.settings().tls = any_context();
  dialogue.begin();
  dialogue.say_line("MAIL FROM:<a@example.com>");
  dialogue.say_line("STARTTLS");
  EXPECT_TRUE(dialogue.session().facts().helo.empty());
  EXPECT_TRUE(dialogue.say_line("RCPT TO:<b@example.org>").starts_with("503 "));
  EXPECT_EQ(dialogue.say_line("MAIL FROM:<a@example.com>"), "503 5.5.1 send EHLO first\r\n");
  EXPECT_EQ(dialogue.session().facts().tls_version, "TLSv1.3");
}

TEST(Starttls, EndsTheSessionWhenCommandsComeBehindIt) {
  Dialogue dialogue;
  dialogue.settings().tls = any_context();
  dialogue.begin();
  const std::string said = dialogue.say("STARTTLS\r\nEHLO injected\r\nMAIL FROM:<x@example>\r\n");
  EXPECT_EQ(said, "554 5.5.0 commands came behind STARTTLS: wait for the reply\r\n");
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(Starttls, IsRefusedWithoutACertificateOrWithArguments) {
  Dialogue dialogue;
  dialogue.begin();
  EXPECT_TRUE(dialogue.say_line("STARTTLS").starts_with("502 5.5.1 "));
  EXPECT_TRUE(dialogue.say_line("STARTTLS now").starts_with("501 5.5.4 "));
}

TEST(Starttls, IsRequiredBeforeMailWhereTheListenerSaysSo) {
  ListenerConfig listener;
  listener.tls = ListenerTls::required;
  Dialogue dialogue(listener);
  dialogue.settings().tls = any_context();
  dialogue.begin();
  EXPECT_TRUE(dialogue.say_line("MAIL FROM:<a@example.com>").starts_with("530 5.7.0 "));
  dialogue.say_line("STARTTLS");
  dialogue.say_line("EHLO x");
  EXPECT_TRUE(dialogue.say_line("MAIL FROM:<a@example.com>").starts_with("250 "));
}

}  // namespace
}  // namespace posthaste
