#include "deliver/proxy.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <optional>
#include <thread>

namespace posthaste {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

// A proxy that expects octets and answers with others, in turn, then greets as the peer behind it.
class ScriptedProxy {
 public:
  using Script = std::vector<std::pair<std::string, std::string>>;

  explicit ScriptedProxy(Script script)
      : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        port_(acceptor_.local_endpoint().port()),
        thread_([this, script = std::move(script)] { serve(script); }) {}
  ~ScriptedProxy() { thread_.join(); }

  std::uint16_t port() const { return port_; }

 private:
  void serve(const Script& script) {
    tcp::socket socket(context_);
    boost::system::error_code ec;
    acceptor_.accept(socket, ec);
    for (const auto& [expected, answer] : script) {
      std::string got(expected.size(), '\0');
      asio::read(socket, asio::buffer(got), ec);
      EXPECT_EQ(got, expected);
      asio::write(socket, asio::buffer(answer), ec);
    }
    std::array<char, 1> end{};
    asio::read(socket, asio::buffer(end), ec);  // until the client closes
  }

  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::thread thread_;
};

// What a connection through the proxy comes to: the first octets of the peer, or the error.
std::string talk_through(SourceProxy proxy, const Endpoint& peer) {
  asio::io_context context;
  SystemClock clock;
  ClientTls tls(clock);
  TaskGroup tasks(context.get_executor());
  std::string outcome;
  tasks.spawn([](SourceProxy through, Endpoint to, ConnectionParts parts,
                 std::string& said) -> asio::awaitable<void> {
    ConnectOptions options;
    options.to = std::move(to);
    options.from_address = "192.0.2.7";
    options.timeout = 5s;
    auto stream = co_await connect_through(std::move(through), std::move(options), parts);
    if (!stream) {
      said = stream.error().message();
      co_return;
    }
    std::array<char, 64> buffer{};
    const IoResult result = co_await (*stream)->read_some(asio::buffer(buffer));
    said.assign(buffer.data(), result.count);
    (*stream)->close();
  }(std::move(proxy), peer, ConnectionParts{nullptr, "mta.test", clock, tls, tasks}, outcome));
  context.run();
  return outcome;
}

SourceProxy proxy_at(SourceProxy::Kind kind, std::uint16_t port) {
  return {kind, "127.0.0.1", port};
}

TEST(Proxy, WritesTheHeaderOfThePublishedFormat) {
  const std::string header = write_proxy_header({"192.0.2.7", 0}, {"198.51.100.9", 25});
  EXPECT_EQ(header, std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x09"
                                "\0\0\0\x19",
                                28));
  EXPECT_EQ(write_proxy_header({"2001:db8::1", 0}, {"2001:db8::2", 25}).size(), 16U + 36U);
}

TEST(Proxy, AsksHaproxyToConnectFromTheSource) {
  const Endpoint peer{"198.51.100.9", 25};
  ScriptedProxy proxy({{write_proxy_header({"192.0.2.7", 0}, peer), "220 mx.test\r\n"}});
  EXPECT_EQ(talk_through(proxy_at(SourceProxy::Kind::haproxy, proxy.port()), peer),
            "220 mx.test\r\n");
}

TEST(Proxy, SpeaksSocksWithIpv4AndIpv6) {
  const std::string greeting("\x05\x01\x00", 3);
  const std::string method("\x05\x00", 2);
  {
    ScriptedProxy proxy({{greeting, method},
                         {std::string("\x05\x01\x00\x01\xc6\x33\x64\x09\x00\x19", 10),
                          std::string("\x05\x00\x00\x01\0\0\0\0\0\0", 10) + "220 mx.test\r\n"}});
    EXPECT_EQ(talk_through(proxy_at(SourceProxy::Kind::socks5, proxy.port()), {"198.51.100.9", 25}),
              "220 mx.test\r\n");
  }
  // It may say a name as the address that it bound.
  const std::string ipv6("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02", 16);
  ScriptedProxy proxy({{greeting, method},
                       {std::string("\x05\x01\x00\x04", 4) + ipv6 + std::string("\x00\x19", 2),
                        std::string("\x05\x00\x00\x03\x05proxy\0\0", 12) + "220 mx.test\r\n"}});
  EXPECT_EQ(talk_through(proxy_at(SourceProxy::Kind::socks5, proxy.port()), {"2001:db8::2", 25}),
            "220 mx.test\r\n");
}

TEST(Proxy, SaysWhoseTroubleItIs) {
  const std::string greeting("\x05\x01\x00", 3);
  const std::string request("\x05\x01\x00\x01\xc6\x33\x64\x09\x00\x19", 10);
  struct Case {
    ScriptedProxy::Script script;
    const char* what;
  };
  for (const Case& test : {Case{{{greeting, std::string("\x05\xff", 2)}}, "wants a login"},
                           Case{{{greeting, "HT"}}, "does not speak SOCKS5"},
                           Case{{{greeting, std::string("\x05\x00", 2)},
                                 {request, std::string("\x05\x05\x00\x01", 4)}},
                                "could not connect: connection refused"}}) {
    ScriptedProxy proxy(test.script);
    const std::string outcome =
        talk_through(proxy_at(SourceProxy::Kind::socks5, proxy.port()), {"198.51.100.9", 25});
    EXPECT_TRUE(outcome.starts_with("proxy socks5://127.0.0.1:")) << outcome;
    EXPECT_NE(outcome.find(test.what), std::string::npos) << outcome;
  }
}

}  // namespace
}  // namespace posthaste
