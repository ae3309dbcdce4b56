#include "accept/smtp_listener.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>

#include "accept/listener_fixture.h"
#include "platform/io/loop_pool.h"

namespace posthaste {
namespace {

using boost::asio::awaitable;

const std::string kEnvelope = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\n";

awaitable<std::string> send_message(TestClient& client, std::string content) {
  co_await client.say("MAIL FROM:<a@example.com>");
  const std::string recipient = co_await client.say("RCPT TO:<b@example.org>");
  if (!recipient.starts_with("250")) co_return recipient;
  co_await client.say("DATA");
  co_return co_await client.say(content + "\r\n.");
}

awaitable<void> deliver_one(TestServer& server) {
  TestClient client(server);
  EXPECT_TRUE(co_await client.connect());
  EXPECT_EQ(co_await client.reply(), "220 mx.example.com ESMTP Posthaste\r\n");
  EXPECT_TRUE((co_await client.say("EHLO client")).starts_with("250-"));
  const std::string said = co_await send_message(client, "Subject: x\r\n\r\nhi");
  EXPECT_TRUE(said.starts_with("250 2.0.0 queued as ")) << said;
  EXPECT_EQ(co_await client.say("QUIT"), "221 2.0.0 bye\r\n");
  EXPECT_EQ(co_await client.reply(), "");
}

TEST(SmtpListener, TakesAMessage) {
  TestServer server;
  server.run(deliver_one(server));
  ASSERT_EQ(server.sink.taken.size(), 1u);
  const ReceivedMessage& message = server.sink.taken[0];
  EXPECT_TRUE(message.body->ends_with("Subject: x\r\n\r\nhi\r\n")) << *message.body;
  EXPECT_EQ(message.arrival.peer_address, "127.0.0.1");
  EXPECT_EQ(message.arrival.protocol, "ESMTP");
  EXPECT_EQ(server.observer.sizes, std::vector<std::uint64_t>{message.body->size()});
  EXPECT_EQ(server.budget.taken(), 0u);
}

awaitable<void> deliver_large(TestServer& server, std::string body) {
  TestClient client(server);
  co_await client.connect();
  co_await client.reply();
  co_await client.say("EHLO client");
  EXPECT_TRUE((co_await send_message(client, std::move(body))).starts_with("250 2.0.0 "));
}

TEST(SmtpListener, TakesALargeMessage) {
  TestServer server;
  std::string body = "Subject: large\r\n\r\n";
  while (body.size() < 3'000'000) body += std::string(70, 'x') + "\r\n";
  server.run(deliver_large(server, body));
  ASSERT_EQ(server.sink.taken.size(), 1u);
  EXPECT_TRUE(server.sink.taken[0].body->ends_with(body + "\r\n"));
}

awaitable<void> pipeline(TestServer& server) {
  TestClient client(server);
  co_await client.connect();
  co_await client.reply();
  co_await client.say("EHLO client");
  co_await client.send(kEnvelope + "DATA\r\n");
  EXPECT_EQ(co_await client.read_once(),
            "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n"
            "354 go ahead, end with <CRLF>.<CRLF>\r\n");
  co_await client.send("x\r\n.\r\n" + kEnvelope + "DATA\r\n");
  const std::string said = co_await client.read_once();
  EXPECT_TRUE(said.starts_with("250 2.0.0 ") && said.ends_with("<CRLF>.<CRLF>\r\n")) << said;
}

TEST(SmtpListener, WritesRepliesOfPipelinedCommandsTogether) {
  TestServer server;
  server.run(pipeline(server));
}

awaitable<void> talk_early(TestServer& server) {
  TestClient client(server);
  co_await client.connect();
  co_await client.send("EHLO client\r\n" + kEnvelope);
  EXPECT_TRUE((co_await client.reply()).starts_with("554 5.5.0 "));
  EXPECT_EQ(co_await client.reply(), "");
}

TEST(SmtpListener, RefusesEarlyTalkers) {
  ListenerConfig config;
  config.greeting_delay = std::chrono::seconds(5);
  TestServer server(config);
  server.moves_time = true;
  server.run(talk_early(server));
  EXPECT_EQ(server.observer.reasons.at(0), RejectionReason::early_talker);
}

awaitable<void> fall_silent(TestServer& server, std::string before) {
  TestClient client(server);
  co_await client.connect();
  co_await client.reply();
  co_await client.say("EHLO client");
  co_await client.send(before);
  std::string last;
  while (true) {
    std::string said = co_await client.reply();
    if (said.empty()) break;
    last = std::move(said);
  }
  EXPECT_TRUE(last.starts_with("421 4.4.2 ")) << last;
}

TEST(SmtpListener, EndsSilentSessions) {
  for (const std::string& before : {std::string(), kEnvelope + "DATA\r\n", kEnvelope + "MAIL"}) {
    TestServer server;
    server.moves_time = true;
    server.run(fall_silent(server, before));
    EXPECT_EQ(server.observer.reasons.back(), RejectionReason::timeout);
    EXPECT_EQ(server.observer.opened, server.observer.closed);
  }
}

awaitable<void> exceed_limit(TestServer& server) {
  TestClient first(server);
  co_await first.connect();
  EXPECT_TRUE((co_await first.reply()).starts_with("220 "));
  TestClient second(server);
  co_await second.connect();
  EXPECT_TRUE((co_await second.reply()).starts_with("421 4.7.0 "));
  EXPECT_EQ(co_await second.reply(), "");
  co_await first.say("QUIT");
  co_await first.reply();
  TestClient third(server);
  co_await third.connect();
  EXPECT_TRUE((co_await third.reply()).starts_with("220 "));
}

TEST(SmtpListener, LimitsConnections) {
  ListenerConfig in_all;
  in_all.max_connections = 1;
  TestServer server(in_all);
  server.run(exceed_limit(server));
  ListenerConfig of_address;
  of_address.max_connections_per_address = 1;
  TestServer other(of_address);
  other.run(exceed_limit(other));
  EXPECT_EQ(other.observer.reasons.at(0), RejectionReason::too_many_connections);
}

awaitable<void> come_through_balancer(TestServer& server) {
  TestClient stranger(server);
  co_await stranger.connect();
  co_await stranger.send("PROXY TCP4 203.0.113.9 127.0.0.1 40000 25\r\n");
  EXPECT_TRUE((co_await stranger.reply()).starts_with("220 "));
  co_await stranger.say("EHLO client");
  EXPECT_TRUE((co_await send_message(stranger, "x")).starts_with("550 5.7.1 "));
  TestClient early(server);
  co_await early.connect();
  co_await early.send("PROXY TCP4 203.0.113.9 127.0.0.1 40000 25\r\nEHLO client\r\n");
  EXPECT_TRUE((co_await early.reply()).starts_with("554 5.5.0 "));
  TestClient without_header(server);
  co_await without_header.connect();
  co_await without_header.send("EHLO client\r\n");
  EXPECT_EQ(co_await without_header.reply(), "");
}

TEST(SmtpListener, TakesTheClientFromThePROXYHeader) {
  ListenerConfig config;
  config.proxy_from = loopback_networks();
  TestServer server(config);
  server.run(come_through_balancer(server));
}

awaitable<void> see_reload(TestServer& server) {
  TestClient before(server);
  co_await before.connect();
  EXPECT_TRUE((co_await before.reply()).starts_with("220 mx.example.com "));
  server.listener->reload(
      TestServer::make_settings(server.settings->listener, {}, "new.example.com"));
  TestClient after(server);
  co_await after.connect();
  EXPECT_TRUE((co_await after.reply()).starts_with("220 new.example.com "));
  EXPECT_EQ(co_await before.say("HELO x"), "250 mx.example.com\r\n");
}

TEST(SmtpListener, GivesNewSettingsToNewSessions) {
  TestServer server;
  server.run(see_reload(server));
}

awaitable<void> drain_while_busy(TestServer& server) {
  TestClient idle(server);
  TestClient busy(server);
  for (TestClient* client : {&idle, &busy}) {
    co_await client->connect();
    co_await client->reply();
    co_await client->say("EHLO client");
  }
  co_await busy.say("MAIL FROM:<a@example.com>");
  co_await busy.say("RCPT TO:<b@example.org>");
  co_await busy.say("DATA");
  TaskGroup stopping(server.context.get_executor());
  stopping.spawn(server.stop(std::chrono::hours(1)));
  EXPECT_TRUE((co_await idle.reply()).starts_with("421 4.3.2 "));
  EXPECT_EQ(co_await idle.reply(), "");
  TestClient late(server);
  EXPECT_FALSE(co_await late.connect());
  EXPECT_TRUE((co_await busy.say("x\r\n.")).starts_with("250 2.0.0 "));
  EXPECT_TRUE((co_await busy.reply()).starts_with("421 4.3.2 "));
  EXPECT_EQ(co_await busy.reply(), "");
  co_await stopping.join();
}

TEST(SmtpListener, FinishesTransactionsWhenItStops) {
  TestServer server;
  server.run(drain_while_busy(server));
  EXPECT_EQ(server.sink.taken.size(), 1u);
  EXPECT_EQ(server.listener->connections(), 0u);
}

awaitable<void> hang_during_drain(TestServer& server) {
  TestClient client(server);
  co_await client.connect();
  co_await client.reply();
  co_await client.say("EHLO client");
  co_await client.say("MAIL FROM:<a@example.com>");
  co_await server.stop(std::chrono::seconds(30));
  EXPECT_EQ(co_await client.reply(), "");
}

TEST(SmtpListener, ClosesWhatIsLeftWhenTheGraceIsOver) {
  TestServer server;
  server.moves_time = true;
  server.run(hang_during_drain(server));
}

TEST(SmtpListener, SaysWhenItsAddressIsTaken) {
  TestServer server;
  ListenerConfig config;
  config.name = "second";
  config.address =
      *SocketAddress::parse("127.0.0.1:" + std::to_string(server.listener->address().port));
  const auto second = SmtpListener::open(TestServer::make_settings(config, {}, "mx.example.com"),
                                         {server.context.get_executor()}, server.services());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message().find("listener \"second\" cannot listen on 127.0.0.1:"),
            std::string::npos);
}

// Many loops: the sink and the observer of the other tests are of one thread, so this one counts.
class CountingSink final : public MessageSink {
 public:
  awaitable<Result<void>> take(ReceivedMessage) override {
    ++taken;
    co_return Result<void>();
  }
  bool is_accepting() const override { return true; }
  std::atomic<int> taken{0};
};
class CountingObserver final : public ReceptionObserver {
 public:
  void on_connection_opened(std::string_view) override { ++open; }
  void on_connection_closed(std::string_view) override { --open; }
  void on_message_received(std::string_view, std::uint64_t) override { ++received; }
  void on_rejection(const Rejection&) override {}
  std::atomic<int> open{0};
  std::atomic<int> received{0};
};

awaitable<void> deliver_to(Endpoint server, Clock& clock) {
  ConnectOptions options;
  options.to = std::move(server);
  options.timeout = std::chrono::hours(1);
  auto connected = co_await connect_tcp(options, clock);
  EXPECT_TRUE(connected);
  if (!connected) co_return;
  const std::string talk[] = {"EHLO x\r\n" + kEnvelope + "DATA\r\n", "x\r\n.\r\n", "QUIT\r\n"};
  std::array<char, 4096> buffer{};
  co_await (*connected)->read_some(boost::asio::buffer(buffer));
  for (const std::string& part : talk) {
    const std::array<boost::asio::const_buffer, 1> buffers = {boost::asio::buffer(part)};
    co_await (*connected)->write(buffers);
    co_await (*connected)->read_some(boost::asio::buffer(buffer));
  }
}

TEST(SmtpListener, SharesItsPortAmongLoops) {
  SystemClock clock;
  LoopPool loops(3);
  BlockingPool pool(1);
  CountingSink sink;
  CountingObserver observer;
  ReceptionBudget budget(10'000'000);
  Reception reception(clock, sink);
  Authenticator authenticator(clock, pool);
  ListenerConfig config;
  config.name = "many";
  config.address = *SocketAddress::parse("127.0.0.1:0");
  auto listener = SmtpListener::open(
      TestServer::make_settings(config, {}, "mx.example.com"),
      {loops.loop(0).executor(), loops.loop(1).executor(), loops.loop(2).executor()},
      {clock, sink, reception, authenticator, budget, observer});
  ASSERT_TRUE(listener) << listener.error().message();
  boost::asio::io_context context;
  TaskGroup clients(context.get_executor());
  for (int i = 0; i < 30; ++i) clients.spawn(deliver_to((*listener)->address(), clock));
  context.run();
  EXPECT_EQ(sink.taken, 30);
  TaskGroup stopping(context.get_executor());
  stopping.spawn((*listener)->stop(std::chrono::seconds(10)));
  context.restart();
  while (!stopping.empty()) context.run_one_for(std::chrono::milliseconds(50));
  EXPECT_EQ(observer.open, 0);
  EXPECT_EQ(observer.received, 30);
  loops.join();
  pool.join();
}

}  // namespace
}  // namespace posthaste
