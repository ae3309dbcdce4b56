#include <gtest/gtest.h>

#include "accept/session_fixture.h"

namespace posthaste {
namespace {

ListenerConfig with_auth(ListenerAuth auth) {
  ListenerConfig listener;
  listener.auth = auth;
  listener.relay_from.clear();
  return listener;
}

constexpr const char* kRight = "AHVzZXIAc2VjcmV0";  // NUL user NUL secret
constexpr const char* kWrong = "AHVzZXIAd3Jvbmc=";  // NUL user NUL wrong

TEST(Auth, TakesPlainWithAndWithoutInitialResponse) {
  Dialogue at_once(with_auth(ListenerAuth::optional));
  at_once.begin();
  EXPECT_EQ(at_once.say_line(std::string("AUTH plain ") + kRight), "235 2.7.0 authenticated\r\n");
  EXPECT_EQ(at_once.session().facts().user, "user");
  EXPECT_EQ(at_once.session().facts().tenant.value(), "acme");
  Dialogue asked(with_auth(ListenerAuth::optional));
  asked.begin();
  EXPECT_EQ(asked.say_line("AUTH PLAIN"), "334 \r\n");
  EXPECT_EQ(asked.say_line(kRight), "235 2.7.0 authenticated\r\n");
}

TEST(Auth, TakesLogin) {
  Dialogue dialogue(with_auth(ListenerAuth::optional));
  dialogue.begin();
  EXPECT_EQ(dialogue.say_line("AUTH LOGIN"), "334 VXNlcm5hbWU6\r\n");
  EXPECT_EQ(dialogue.say_line("dXNlcg=="), "334 UGFzc3dvcmQ6\r\n");
  EXPECT_EQ(dialogue.say_line("c2VjcmV0"), "235 2.7.0 authenticated\r\n");
  Dialogue initial(with_auth(ListenerAuth::optional));
  initial.begin();
  EXPECT_EQ(initial.say_line("AUTH LOGIN dXNlcg=="), "334 UGFzc3dvcmQ6\r\n");
  EXPECT_EQ(initial.say_line("c2VjcmV0"), "235 2.7.0 authenticated\r\n");
}

TEST(Auth, LetsStrangersRelayOnceLoggedIn) {
  Dialogue dialogue(with_auth(ListenerAuth::required), "203.0.113.9");
  dialogue.session().set_tls(dialogue.tls);
  dialogue.begin();
  EXPECT_TRUE(dialogue.say_line("MAIL FROM:<a@example.com>").starts_with("530 5.7.0 "));
  dialogue.say_line(std::string("AUTH PLAIN ") + kRight);
  EXPECT_TRUE(dialogue.say_line("MAIL FROM:<a@example.com>").starts_with("250 "));
  EXPECT_TRUE(dialogue.say_line("RCPT TO:<b@example.org>").starts_with("250 "));
}

TEST(Auth, IsOfferedInTheClearOnLoopbackOnlyUnlessConfigured) {
  Dialogue local(with_auth(ListenerAuth::optional));
  EXPECT_NE(local.say_line("EHLO x").find("250-AUTH PLAIN LOGIN\r\n"), std::string::npos);
  Dialogue remote(with_auth(ListenerAuth::optional), "203.0.113.9");
  EXPECT_EQ(remote.say_line("EHLO x").find("AUTH"), std::string::npos);
  EXPECT_TRUE(remote.say_line(std::string("AUTH PLAIN ") + kRight).starts_with("538 5.7.11 "));
  auto listener = with_auth(ListenerAuth::optional);
  listener.auth_without_tls = true;
  Dialogue configured(listener, "203.0.113.9");
  EXPECT_NE(configured.say_line("EHLO x").find("AUTH"), std::string::npos);
}

TEST(Auth, CanBeCancelled) {
  Dialogue dialogue(with_auth(ListenerAuth::optional));
  dialogue.begin();
  dialogue.say_line("AUTH LOGIN");
  EXPECT_EQ(dialogue.say_line("*"), "501 5.7.0 AUTH was cancelled\r\n");
  EXPECT_EQ(dialogue.say_line("NOOP"), "250 2.0.0 ok\r\n");
}

TEST(Auth, RefusesWhatIsMalformed) {
  for (const char* wrong : {"AUTH PLAIN !!!!", "AUTH PLAIN abc", "AUTH PLAIN a===", "AUTH PLAIN =",
                            "AUTH PLAIN dXNlcg==", "AUTH PLAIN AAAAAA==", "AUTH PLAIN A=AA"}) {
    Dialogue dialogue(with_auth(ListenerAuth::optional));
    dialogue.begin();
    const std::string said = dialogue.say_line(wrong);
    EXPECT_TRUE(said.starts_with("5")) << wrong << ": " << said;
    EXPECT_EQ(dialogue.session().facts().user, "");
  }
  Dialogue dialogue(with_auth(ListenerAuth::optional));
  dialogue.begin();
  EXPECT_TRUE(dialogue.say_line("AUTH CRAM-MD5").starts_with("504 5.5.4 "));
  EXPECT_TRUE(dialogue.say_line("AUTH").starts_with("504 5.5.4 "));
  // Somebody else's name before the user's own.
  EXPECT_TRUE(dialogue.say_line("AUTH PLAIN YWRtaW4AdXNlcgBzZWNyZXQ=").starts_with("535 5.7.8 "));
}

TEST(Auth, EndsTheSessionAfterThreeFailures) {
  Dialogue dialogue(with_auth(ListenerAuth::optional));
  dialogue.begin();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(dialogue.say_line(std::string("AUTH PLAIN ") + kWrong),
              "535 5.7.8 wrong user or password\r\n");
  }
  EXPECT_TRUE(dialogue.say_line(std::string("AUTH PLAIN ") + kWrong).find("421 4.7.0 ") !=
              std::string::npos);
  EXPECT_TRUE(dialogue.is_closed());
  EXPECT_EQ(dialogue.observer.reasons.front(), RejectionReason::authentication);
}

TEST(Auth, ComesOnceAndBeforeMail) {
  Dialogue dialogue(with_auth(ListenerAuth::optional));
  dialogue.begin();
  dialogue.say_line("MAIL FROM:<a@example.com>");
  EXPECT_TRUE(dialogue.say_line("AUTH LOGIN").starts_with("503 "));
  dialogue.say_line("RSET");
  dialogue.say_line(std::string("AUTH PLAIN ") + kRight);
  EXPECT_TRUE(dialogue.say_line("AUTH LOGIN").starts_with("503 "));
  Dialogue off;
  off.begin();
  EXPECT_TRUE(off.say_line("AUTH LOGIN").starts_with("502 "));
}

TEST(Auth, BoundsItsLines) {
  Dialogue dialogue(with_auth(ListenerAuth::optional));
  dialogue.begin();
  dialogue.say_line("AUTH PLAIN");
  EXPECT_TRUE(dialogue.say_line(std::string(13000, 'A')).starts_with("500 5.5.2 "));
  EXPECT_EQ(dialogue.say_line("NOOP"), "250 2.0.0 ok\r\n");
}

}  // namespace
}  // namespace posthaste
