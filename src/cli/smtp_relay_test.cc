#include "cli/smtp_relay.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <thread>

namespace posthaste {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

struct Pipe {
  std::array<int, 2> ends{};
  Pipe() { EXPECT_EQ(::pipe(ends.data()), 0); }
  ~Pipe() {
    close_writing();
    ::close(ends[0]);
  }
  void close_writing() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  void write(const std::string& text) {
    EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string read_all() {
    close_writing();
    std::string text;
    std::array<char, 512> buffer{};
    for (ssize_t n = 0; (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return text;
  }
};

TEST(SmtpRelay, PassesTheDialogueUntilTheClientHasNoMoreToSay) {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::string heard;
  std::thread server([&] {
    tcp::socket socket = acceptor.accept();
    asio::write(socket, asio::buffer(std::string("220 here\r\n")));
    boost::system::error_code ec;
    asio::read(socket, asio::dynamic_buffer(heard), ec);  // until the client ends
    asio::write(socket, asio::buffer(std::string("221 bye\r\n")));
  });
  Pipe in;
  Pipe out;
  in.write("HELO x\r\nQUIT\r\n");
  in.close_writing();
  EXPECT_TRUE(relay_smtp("127.0.0.1", acceptor.local_endpoint().port(), in.ends[0], out.ends[1]));
  server.join();
  EXPECT_EQ(heard, "HELO x\r\nQUIT\r\n");
  EXPECT_EQ(out.read_all(), "220 here\r\n221 bye\r\n");
}

TEST(SmtpRelay, EndsWithTheServer) {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::thread server([&] {
    tcp::socket socket = acceptor.accept();
    asio::write(socket, asio::buffer(std::string("421 4.3.2 going down\r\n")));
  });
  Pipe in;
  Pipe out;
  EXPECT_TRUE(relay_smtp("127.0.0.1", acceptor.local_endpoint().port(), in.ends[0], out.ends[1]));
  server.join();
  EXPECT_EQ(out.read_all(), "421 4.3.2 going down\r\n");
}

TEST(SmtpRelay, SaysAsSmtpThatNobodyIsThere) {
  asio::io_context context;
  unsigned short port = 0;
  {
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    port = acceptor.local_endpoint().port();
  }
  Pipe in;
  Pipe out;
  EXPECT_FALSE(relay_smtp("127.0.0.1", port, in.ends[0], out.ends[1]));
  EXPECT_TRUE(out.read_all().starts_with("421 4.3.2 the mail server at 127.0.0.1 port "));
}

}  // namespace
}  // namespace posthaste
