#include "cli/smtp_relay.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <string_view>

namespace posthaste {
namespace {

using boost::asio::ip::tcp;

bool write_all(int to, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t count = ::write(to, octets.data(), octets.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

enum class Passed { some, end, broken };

Passed pass(int from, int to) {
  std::array<char, 16384> buffer{};
  const ssize_t count = ::read(from, buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return Passed::some;
  if (count == 0) return Passed::end;
  if (count < 0) return Passed::broken;
  return write_all(to, {buffer.data(), static_cast<std::size_t>(count)}) ? Passed::some
                                                                         : Passed::broken;
}

}  // namespace

bool relay_smtp(const std::string& host, unsigned short port, int in, int out) {
  boost::asio::io_context context;
  tcp::socket server(context);
  boost::system::error_code ec;
  const auto endpoints = tcp::resolver(context).resolve(host, std::to_string(port), ec);
  if (!ec) boost::asio::connect(server, endpoints, ec);
  if (ec) {
    write_all(out, "421 4.3.2 the mail server at " + host + " port " + std::to_string(port) +
                       " cannot be reached: " + ec.message() + "\r\n");
    return false;
  }
  const int socket = server.native_handle();
  std::array<pollfd, 2> waits{pollfd{socket, POLLIN, 0}, pollfd{in, POLLIN, 0}};
  while (true) {
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return true;
    if (waits[0].revents != 0 && pass(socket, out) != Passed::some) return true;
    if (waits[1].revents == 0) continue;
    const Passed passed = pass(in, socket);
    if (passed == Passed::broken) return true;
    if (passed == Passed::end) {
      // No more commands: the server answers what it was asked, and closes.
      ::shutdown(socket, SHUT_WR);
      waits[1].fd = -1;
    }
  }
}

}  // namespace posthaste
