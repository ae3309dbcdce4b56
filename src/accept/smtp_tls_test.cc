// STARTTLS, implicit TLS and AUTH, over loopback and with a real handshake.
#include <crypt.h>
#include <gtest/gtest.h>

#include "accept/listener_fixture.h"
#include "accept/server_tls.h"

namespace posthaste {
namespace {

using boost::asio::awaitable;

ListenerConfig with_tls(ListenerTls tls) {
  ListenerConfig config;
  config.tls = tls;
  config.auth = ListenerAuth::optional;
  config.relay_from.clear();
  return config;
}

std::vector<UserConfig> one_user() {
  crypt_data data{};
  const char* hash = crypt_r("secret", "$6$saltsalt", &data);
  return {{.name = "user", .password = hash, .password_file = {}, .tenant = "acme"}};
}

awaitable<void> submit(TestClient& client) {
  EXPECT_NE((co_await client.say("EHLO client")).find("AUTH PLAIN LOGIN"), std::string::npos);
  EXPECT_EQ(co_await client.say("AUTH PLAIN AHVzZXIAc2VjcmV0"), "235 2.7.0 authenticated\r\n");
  co_await client.say("MAIL FROM:<a@example.com>");
  EXPECT_TRUE((co_await client.say("RCPT TO:<b@example.org>")).starts_with("250 "));
  co_await client.say("DATA");
  EXPECT_TRUE((co_await client.say("Subject: x\r\n\r\nhi\r\n.")).starts_with("250 2.0.0 "));
  EXPECT_EQ(co_await client.say("QUIT"), "221 2.0.0 bye\r\n");
}

void expect_submitted(const TestServer& server) {
  ASSERT_EQ(server.sink.taken.size(), 1u);
  const ReceivedMessage& message = server.sink.taken[0];
  EXPECT_EQ(message.arrival.protocol, "ESMTPSA");
  EXPECT_EQ(message.arrival.tls_version, "TLSv1.3");
  EXPECT_EQ(message.arrival.user, "user");
  EXPECT_EQ(message.tags.tenant.value(), "acme");
  EXPECT_NE(message.body->find("with ESMTPSA id "), std::string::npos);
}

awaitable<void> use_starttls(TestServer& server) {
  TestClient client(server);
  co_await client.connect();
  co_await client.reply();
  co_await client.say("EHLO client");
  EXPECT_EQ(co_await client.say("STARTTLS"), "220 2.0.0 ready to start TLS\r\n");
  EXPECT_TRUE(co_await client.start_tls());
  co_await submit(client);
}

TEST(SmtpTls, SubmitsAfterStarttls) {
  TestServer server(with_tls(ListenerTls::required), one_user());
  server.run(use_starttls(server));
  expect_submitted(server);
}

awaitable<void> use_implicit_tls(TestServer& server) {
  TestClient client(server);
  co_await client.connect();
  EXPECT_TRUE(co_await client.start_tls());
  EXPECT_TRUE((co_await client.reply()).starts_with("220 "));
  co_await submit(client);
}

TEST(SmtpTls, SubmitsOverImplicitTls) {
  TestServer server(with_tls(ListenerTls::implicit), one_user());
  server.run(use_implicit_tls(server));
  expect_submitted(server);
}

awaitable<void> inject(TestServer& server) {
  TestClient client(server);
  co_await client.connect();
  co_await client.reply();
  co_await client.say("EHLO client");
  co_await client.send("STARTTLS\r\nEHLO injected\r\n");
  EXPECT_TRUE((co_await client.reply()).starts_with("554 5.5.0 "));
  EXPECT_EQ(co_await client.reply(), "");
}

TEST(SmtpTls, NothingPipelinedBehindStarttlsSurvives) {
  TestServer server(with_tls(ListenerTls::opportunistic));
  server.moves_time = true;
  server.run(inject(server));
}

awaitable<void> speak_plainly(TestServer& server) {
  TestClient client(server);
  co_await client.connect();
  co_await client.send("EHLO client\r\n");
  const std::string said = co_await client.reply();
  EXPECT_EQ(said.find("250"), std::string::npos) << said;
}

TEST(SmtpTls, AnswersNoPlainTextWhereTlsIsImplicit) {
  TestServer server(with_tls(ListenerTls::implicit));
  server.run(speak_plainly(server));
  EXPECT_EQ(server.observer.opened, server.observer.closed);
}

awaitable<void> never_shake_hands(TestServer& server) {
  TestClient client(server);
  co_await client.connect();
  EXPECT_EQ(co_await client.reply(), "");
}

TEST(SmtpTls, EndsHandshakesThatDoNotCome) {
  TestServer server(with_tls(ListenerTls::implicit));
  server.moves_time = true;
  server.run(never_shake_hands(server));
}

awaitable<void> guess(TestServer& server) {
  TestClient client(server);
  co_await client.connect();
  co_await client.reply();
  co_await client.say("EHLO client");
  EXPECT_EQ(co_await client.say("AUTH PLAIN AHVzZXIAd3Jvbmc="),
            "535 5.7.8 wrong user or password\r\n");
  EXPECT_EQ(co_await client.say("AUTH PLAIN AG5vYm9keQB3cm9uZw=="),
            "535 5.7.8 wrong user or password\r\n");
}

TEST(SmtpTls, RefusesWrongPasswords) {
  ListenerConfig config;
  config.auth = ListenerAuth::optional;
  TestServer server(config, one_user());
  server.moves_time = true;
  server.run(guess(server));
}

TEST(ServerTls, SaysWhatIsWrongWithACertificate) {
  TestFolder folder;
  const auto certificate = (folder / "certificate.pem").string();
  const auto key = (folder / "key.pem").string();
  EXPECT_FALSE(load_server_tls(certificate, key));
  write_certificate(certificate, key);
  EXPECT_TRUE(load_server_tls(certificate, key));
  write_certificate(folder / "other.pem", folder / "other_key.pem");
  const auto mixed = load_server_tls(certificate, (folder / "other_key.pem").string());
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().message().find("key \""), std::string::npos);
}

}  // namespace
}  // namespace posthaste
