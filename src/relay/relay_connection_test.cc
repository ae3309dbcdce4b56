#include "relay/relay_connection.h"

#include <gtest/gtest.h>

#include "relay/connection_fixture.h"

namespace posthaste {
namespace {

using boost::asio::awaitable;

awaitable<void> greet(Peer& server) {
  co_await server.say("220 mx.example ESMTP\r\n");
  co_await server.hear("EHLO client.example\r\n");
  co_await server.say("250-mx.example\r\n250 PIPELINING\r\n");
}

awaitable<void> take_one(RelayStage& stage) {
  Peer server = co_await stage.accept();
  co_await greet(server);
  co_await server.hear(kEnvelope + "DATA\r\n");
  co_await server.say("250 ok\r\n250 ok\r\n354 go ahead\r\n");
  co_await server.hear("Subject: x\r\n\r\n..text\r\n.\r\n");
  co_await server.say("250 2.0.0 queued as 7\r\n");
  co_await server.hear("QUIT\r\n");
  co_await server.say("221 bye\r\n");
}

awaitable<void> send_one(RelayStage& stage) {
  Peer client = co_await stage.connect();
  co_await client.hear("220 mx.example ESMTP\r\n");
  co_await client.say("EHLO client.example\r\n");
  co_await client.hear("250-mx.example\r\n250 PIPELINING\r\n");
  co_await client.say(kEnvelope + "DATA\r\n");
  co_await client.hear("250 ok\r\n250 ok\r\n354 go ahead\r\n");
  co_await client.say("Subject: x\r\n\r\n..text\r\n.\r\n");
  co_await client.hear("250 2.0.0 queued as 7\r\n");
  co_await client.say("QUIT\r\n");
  co_await client.hear("221 bye\r\n");
  co_await client.hear_end();
}

TEST(RelayConnection, PassesAMessageAndWritesItsEvent) {
  RelayStage stage;
  stage.run(send_one(stage), take_one(stage));
  ASSERT_EQ(stage.events.size(), 1u);
  const Event& event = stage.events[0];
  EXPECT_EQ(event.type, EventType::relayed);
  EXPECT_EQ(event.sender, "a@client.example");
  EXPECT_EQ(event.recipient, "b@mx.example");
  EXPECT_EQ(event.recipient_domain, "mx.example");
  EXPECT_EQ(event.subject, "x");
  EXPECT_EQ(event.meta.at("Subject"), "x");
  EXPECT_EQ(event.smtp_code, 250u);
  EXPECT_EQ(event.response, "250 2.0.0 queued as 7");
  EXPECT_EQ(event.peer_address, "127.0.0.1");
  EXPECT_FALSE(event.session_id.empty());
}

TEST(RelayConnection, PassesMailWhileTheLogIsBroken) {
  RelayStage stage;
  stage.is_writable = false;
  stage.run(send_one(stage), take_one(stage));
  EXPECT_TRUE(stage.events.empty());
  EXPECT_NE(stage.metrics.expose().find("posthaste_relay_events_lost_total{listener=\"relay\"} 1"),
            std::string::npos);
}

TEST(RelayConnection, LeavesAClientThatNeverEndsItsTls) {
  RelayStage stage;
  stage.is_client_mute = true;
  stage.run(send_one(stage), take_one(stage));
  EXPECT_EQ(stage.events.size(), 1u);
}

TEST(RelayConnection, FindsTheNextServerByItsName) {
  ListenerConfig listener;
  listener.upstream = *RouteTarget::parse("localhost:25");
  RelayStage stage(listener);
  stage.run(send_one(stage), take_one(stage));
  EXPECT_EQ(stage.events.size(), 1u);
}

awaitable<void> hear_421(RelayStage& stage) {
  Peer client = co_await stage.connect();
  co_await client.hear("421 4.3.2 relay.example cannot reach the next server: try again later\r\n");
  co_await client.hear_end();
}

TEST(RelayConnection, Says421WhenTheNextServerIsDown) {
  RelayStage stage;
  stage.close_upstream();
  stage.run(hear_421(stage));
}

awaitable<void> vanish_in_content(RelayStage& stage) {
  Peer client = co_await stage.connect();
  co_await client.hear("220 mx.example ESMTP\r\n");
  co_await client.say("EHLO client.example\r\n");
  co_await client.hear("250-mx.example\r\n250 PIPELINING\r\n");
  co_await client.say(kEnvelope + "DATA\r\n");
  co_await client.hear("250 ok\r\n250 ok\r\n354 go ahead\r\n");
  co_await client.say("Subject: x\r\n\r\nhalf");
  client.close();
}

awaitable<void> hear_half(RelayStage& stage) {
  Peer server = co_await stage.accept();
  co_await greet(server);
  co_await server.hear(kEnvelope + "DATA\r\n");
  co_await server.say("250 ok\r\n250 ok\r\n354 go ahead\r\n");
  co_await server.hear("Subject: x\r\n\r\nhalf");
  co_await server.hear_end();
}

TEST(RelayConnection, ClosesTheOtherSideWhenTheClientVanishes) {
  RelayStage stage;
  stage.run(vanish_in_content(stage), hear_half(stage));
  EXPECT_TRUE(stage.events.empty());
}

awaitable<void> lose_server(RelayStage& stage) {
  Peer client = co_await stage.connect();
  co_await client.hear("220 mx.example ESMTP\r\n");
  co_await client.hear("421 4.4.2 the next server has closed the connection: try again later\r\n");
  co_await client.hear_end();
}

awaitable<void> greet_and_go(RelayStage& stage) {
  Peer server = co_await stage.accept();
  co_await server.say("220 mx.example ESMTP\r\n");
  server.close();
}

TEST(RelayConnection, Says421WhenTheNextServerVanishes) {
  RelayStage stage;
  stage.run(lose_server(stage), greet_and_go(stage));
}

awaitable<void> send_large(RelayStage& stage, std::string content) {
  Peer client = co_await stage.connect();
  co_await client.hear("220 mx.example ESMTP\r\n");
  co_await client.say("EHLO client.example\r\n");
  co_await client.hear("250-mx.example\r\n250 PIPELINING\r\n");
  co_await client.say(kEnvelope + "DATA\r\n");
  co_await client.hear("250 ok\r\n250 ok\r\n354 go ahead\r\n");
  co_await client.say(std::move(content));
  co_await client.hear("250 taken\r\n");
  client.close();
}

awaitable<void> take_large(RelayStage& stage, std::string content) {
  Peer server = co_await stage.accept();
  co_await greet(server);
  co_await server.hear(kEnvelope + "DATA\r\n");
  co_await server.say("250 ok\r\n250 ok\r\n354 go ahead\r\n");
  co_await server.hear(std::move(content));
  co_await server.say("250 taken\r\n");
  co_await server.hear("QUIT\r\n");
  co_await server.hear_end();
}

TEST(RelayConnection, PassesALargeMessageThrough) {
  RelayStage stage;
  std::string content = "Subject: large\r\n\r\n";
  while (content.size() < 2'000'000) content += std::string(70, 'x') + "\r\n";
  content += ".\r\n";
  stage.run(send_large(stage, content), take_large(stage, content));
  ASSERT_EQ(stage.events.size(), 1u);
  EXPECT_EQ(stage.events[0].size, content.size() - 3);
}

awaitable<void> tell_of_client(RelayStage& stage) {
  Peer server = co_await stage.accept();
  co_await server.say("220 mx.example ESMTP\r\n");
  co_await server.hear("EHLO relay.example\r\n");
  co_await server.say("250-mx.example\r\n250 XCLIENT NAME ADDR\r\n");
  co_await server.hear("XCLIENT ADDR=127.0.0.1\r\n");
  co_await server.say("220 mx.example ESMTP\r\n");
  co_await server.hear("EHLO client.example\r\n");
  co_await server.say("250 mx.example\r\n");
  co_await server.hear("QUIT\r\n");
  co_await server.hear_end();
}

awaitable<void> say_hello(RelayStage& stage) {
  Peer client = co_await stage.connect();
  co_await client.hear("220 mx.example ESMTP\r\n");
  co_await client.say("EHLO client.example\r\n");
  co_await client.hear("250 mx.example\r\n");
  client.close();
}

TEST(RelayConnection, TellsTheNextServerOfItsClient) {
  ListenerConfig listener;
  listener.tell_client = ClientNotice::xclient;
  listener.upstream_tls = RouteTls::off;
  RelayStage stage(listener);
  stage.run(say_hello(stage), tell_of_client(stage));
}

awaitable<void> idle(RelayStage& stage) {
  Peer client = co_await stage.connect();
  co_await client.hear("220 mx.example ESMTP\r\n");
  stage.drain();
  co_await client.hear("421 4.3.2 shutting down: connect again in a moment\r\n");
  co_await client.hear_end();
}

awaitable<void> hear_quit(RelayStage& stage) {
  Peer server = co_await stage.accept();
  co_await server.say("220 mx.example ESMTP\r\n");
  co_await server.hear("QUIT\r\n");
  co_await server.hear_end();
}

TEST(RelayConnection, LeavesBothSidesPolitelyWhenItDrains) {
  RelayStage stage;
  stage.run(idle(stage), hear_quit(stage));
}

}  // namespace
}  // namespace posthaste
