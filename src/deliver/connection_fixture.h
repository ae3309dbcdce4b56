#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deliver/connection.h"
#include "platform/io/loop_fixture.h"
#include "platform/io/tcp_stream.h"

namespace posthaste {

// A self-signed certificate for whoever looks at none.
inline void give_certificate(boost::asio::ssl::context& context) {
  EVP_PKEY* pair = EVP_EC_gen("P-256");
  X509* x509 = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), 24 * 3600);
  X509_set_pubkey(x509, pair);
  ASSERT_GT(X509_sign(x509, pair, EVP_sha256()), 0);
  ASSERT_EQ(SSL_CTX_use_certificate(context.native_handle(), x509), 1);
  ASSERT_EQ(SSL_CTX_use_PrivateKey(context.native_handle(), pair), 1);
  X509_free(x509);
  EVP_PKEY_free(pair);
}

// A server on a free port of loopback that does what the test tells it, one thing after the other.
// The loop runs while it waits.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(TestLoop& loop) : loop_(loop), acceptor_(loop.context) {
    using boost::asio::ip::tcp;
    acceptor_.open(tcp::v4());
    // Small, so that a peer that does not read is felt.
    acceptor_.set_option(tcp::socket::receive_buffer_size(64 << 10));
    acceptor_.bind(tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    acceptor_.listen();
    acceptor_.non_blocking(true);
  }
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;
  ~ScriptedPeer() {
    tasks_.cancel();
    loop_.run_until([this] { return tasks_.empty(); });
  }

  MxHost host(std::string name = "mx.test") const {
    MxHost host;
    host.name = std::move(name);
    host.addresses = {{"127.0.0.1", acceptor_.local_endpoint().port()}};
    return host;
  }

  // Takes the next connection; false when nobody comes.
  bool accept() {
    return loop_.run_until([this] { return has_caller(); });
  }
  // Takes a connection that has been made already.
  bool has_caller() {
    boost::asio::ip::tcp::socket socket(loop_.context);
    boost::system::error_code ec;
    acceptor_.accept(socket, ec);
    if (ec) return false;
    stream_ = std::make_unique<TcpStream>(std::move(socket));
    loop_.settle();
    return true;
  }

  void say(std::string line) {
    line += "\r\n";
    bool is_said = false;
    tasks_.spawn(write(line, is_said));
    loop_.run_until([&] { return is_said; });
    loop_.settle();
  }
  // What the client writes next, all that comes at one time; "" when it has closed.
  std::string hear() {
    std::string heard;
    bool is_heard = false;
    tasks_.spawn(read(heard, is_heard));
    EXPECT_TRUE(loop_.run_until([&] { return is_heard; })) << "the client says nothing";
    if (!is_heard) stream_->close();
    loop_.run_until([&] { return is_heard; });
    loop_.settle();
    return heard;
  }
  // Reads that many octets; how many came before the client closed.
  std::size_t swallow(std::size_t octets) {
    std::size_t count = 0;
    while (count < octets) {
      const std::string heard = hear();
      if (heard.empty()) break;
      count += heard.size();
    }
    return count;
  }
  // Greets, offers `features` and hears what comes after.
  std::string greet(std::string features = "250 mx.test") {
    if (!accept()) return "nobody";
    say("220 mx.test");
    EXPECT_EQ(hear(), "EHLO me.test\r\n");
    say(std::move(features));
    return hear();
  }
  // Answers each command of one message with yes, and hears what comes after its end.
  std::string take_message() {
    say("250 2.1.0 sender ok");
    EXPECT_TRUE(hear().starts_with("RCPT TO:"));
    say("250 2.1.5 recipient ok");
    EXPECT_EQ(hear(), "DATA\r\n");
    say("354 go");
    EXPECT_TRUE(hear().ends_with("\r\n.\r\n"));
    say("250 2.0.0 queued");
    return hear();
  }

  // The server's side of a handshake.
  bool start_tls() {
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
    give_certificate(context);
    bool is_over = false;
    bool is_secure = false;
    tasks_.spawn(shake_hands(context, is_over, is_secure));
    loop_.run_until([&] { return is_over; });
    loop_.settle();
    contexts_.push_back(std::move(context));
    return is_secure;
  }
  void hang_up() {
    stream_->close();
    loop_.settle();
  }

 private:
  boost::asio::awaitable<void> write(std::string octets, bool& is_over) {
    const std::array<boost::asio::const_buffer, 1> buffers{boost::asio::buffer(octets)};
    co_await stream_->write(buffers);
    is_over = true;
  }
  boost::asio::awaitable<void> read(std::string& heard, bool& is_over) {
    const IoResult result = co_await stream_->read_some(boost::asio::buffer(buffer_));
    heard.assign(buffer_.data(), result.ec ? 0 : result.count);
    is_over = true;
  }
  boost::asio::awaitable<void> shake_hands(boost::asio::ssl::context& context, bool& is_over,
                                           bool& is_secure) {
    const IoResult result = co_await stream_->handshake_server(context);
    is_secure = !result.ec;
    is_over = true;
  }

  TestLoop& loop_;
  boost::asio::ip::tcp::acceptor acceptor_;
  TaskGroup tasks_{loop_.context.get_executor()};
  std::deque<boost::asio::ssl::context> contexts_;
  std::unique_ptr<TcpStream> stream_;
  std::array<char, 1 << 16> buffer_;
};

// Messages for a connection, and what it says of them.
class RecordedWork final : public WorkSource {
 public:
  struct Settled {
    QueuedMessage message;
    std::vector<RecipientVerdict> verdicts;
    CellOutcome outcome;
  };

  boost::asio::awaitable<std::vector<QueuedMessage>> pull(std::size_t max) override {
    std::vector<QueuedMessage> messages;
    for (; !waiting.empty() && messages.size() < max; waiting.pop_front()) {
      messages.push_back(std::move(waiting.front()));
    }
    pulled.push_back(messages.size());
    co_return messages;
  }
  void settle(QueuedMessage message, std::vector<RecipientVerdict> verdicts,
              CellOutcome outcome) override {
    settled.push_back({std::move(message), std::move(verdicts), std::move(outcome)});
  }
  void put_back(std::vector<QueuedMessage> messages) override {
    for (QueuedMessage& message : messages) returned.push_back(std::move(message));
  }
  void site_failed(AttemptFailure what, std::vector<RuleMatch> /*matches*/) override {
    failure = std::move(what);
  }
  void site_reached() override { ++reached; }

  std::deque<QueuedMessage> waiting;
  std::vector<std::size_t> pulled;  // how many each time
  std::vector<Settled> settled;
  std::vector<QueuedMessage> returned;
  std::optional<AttemptFailure> failure;
  int reached = 0;
};

// One connection at a time to scripted peers.
class ConnectionTest : public testing::Test {
 protected:
  using End = RecipientVerdict::End;

  ~ConnectionTest() override {
    tasks.cancel();
    loop.run_until([this] { return tasks.empty(); });
  }

  static QueuedMessage message_to(const std::vector<std::string>& recipients,
                                  std::string body = "Subject: x\r\n\r\nhello\r\n") {
    QueuedMessage message;
    message.envelope.sender = *ReversePath::parse("from@sender.test");
    for (const std::string& one : recipients) {
      Recipient recipient;
      recipient.address = *MailAddress::parse(one);
      message.envelope.recipients.push_back(recipient);
    }
    message.body = std::make_shared<const std::string>(std::move(body));
    return message;
  }
  void wait_for(const std::string& recipient) { work.waiting.push_back(message_to({recipient})); }

  void start(std::vector<MxHost> hosts) {
    plan.destination.site = SiteName("mx.test");
    plan.destination.hosts = std::move(hosts);
    is_over = false;
    ConnectionParts parts{config, "me.test", clock, tls, tasks};
    parts.on_tls_session = [this](const TlsSession& session,
                                  const std::vector<std::string>& domains) {
      sessions.push_back(session);
      told_domains = domains;
    };
    parts.return_paths = return_paths;
    tasks.spawn(run(plan, std::move(parts), work, is_over));
    loop.settle();
  }
  void start(const ScriptedPeer& to) { start(std::vector<MxHost>{to.host()}); }
  // Whether the connection comes to its end.
  bool ends() {
    return loop.run_until([this] { return is_over; });
  }
  void advance(Clock::duration by) {
    clock.advance(by);
    loop.settle();
  }

  // What became of the one recipient of a message.
  const RecipientVerdict& verdict(std::size_t message = 0) const {
    return work.settled.at(message).verdicts.at(0);
  }

  TestLoop loop;
  ManualClock clock;
  ClientTls tls{clock};
  TaskGroup tasks{loop.context.get_executor()};
  ScriptedPeer peer{loop};
  std::shared_ptr<DeliveryConfig> config = std::make_shared<DeliveryConfig>();
  ConnectionPlan plan;
  std::shared_ptr<const ReturnPaths> return_paths;
  RecordedWork work;
  bool is_over = false;
  std::vector<TlsSession> sessions;  // that the connection told of
  std::vector<std::string> told_domains;

 private:
  static boost::asio::awaitable<void> run(ConnectionPlan plan, ConnectionParts parts,
                                          RecordedWork& work, bool& is_over) {
    co_await run_connection(std::move(plan), std::move(parts), work);
    is_over = true;
  }
};

}  // namespace posthaste
