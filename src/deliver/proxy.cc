#include "deliver/proxy.h"

#include <array>
#include <boost/asio/ip/address.hpp>
#include <span>
#include <utility>

#include "platform/io/deadline.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr char kSocksVersion = 5;
constexpr char kSocksNoLogin = 0;
constexpr char kSocksConnect = 1;

void append_port(std::string& out, std::uint16_t port) {
  out.push_back(static_cast<char>(port >> 8));
  out.push_back(static_cast<char>(port & 0xff));
}

// The octets of an address, 4 or 16.
std::string address_octets(const std::string& text) {
  const auto address = asio::ip::make_address(text);
  std::string octets;
  if (address.is_v4()) {
    for (const auto octet : address.to_v4().to_bytes()) octets.push_back(static_cast<char>(octet));
  } else {
    for (const auto octet : address.to_v6().to_bytes()) octets.push_back(static_cast<char>(octet));
  }
  return octets;
}

// What a SOCKS5 server answers, in words (RFC 1928 §6).
std::string socks_error(unsigned char code) {
  static constexpr std::array<const char*, 9> kWords{
      "succeeded",           "general failure",   "not allowed by its rules",
      "network unreachable", "host unreachable",  "connection refused",
      "TTL expired",         "command not known", "address type not known"};
  return code < kWords.size() ? kWords.at(code) : "error " + std::to_string(code);
}

struct ProxyTalk {
  Stream& stream;

  asio::awaitable<boost::system::error_code> write(std::string octets) {
    const std::array<asio::const_buffer, 1> buffers{asio::buffer(octets)};
    const IoResult result = co_await stream.write(buffers);
    co_return result.ec;
  }

  // Exactly `count` octets: nothing of what the peer behind says may be swallowed.
  asio::awaitable<Result<std::string>> read(std::size_t count) {
    std::string octets(count, '\0');
    for (std::size_t filled = 0; filled < count;) {
      const IoResult result =
          co_await stream.read_some(asio::buffer(octets.data() + filled, count - filled));
      if (result.ec) co_return Error{result.ec, result.ec.message()};
      filled += result.count;
    }
    co_return octets;
  }
};

// RFC 1928 §3 to §6, without login.
asio::awaitable<Result<void>> ask_socks(Stream& stream, Endpoint to) {
  ProxyTalk talk{stream};
  const auto refused = [](std::string why) {
    return Error{asio::error::connection_refused, std::move(why)};
  };
  std::string greeting{kSocksVersion, 1, kSocksNoLogin};
  const auto greeted = co_await talk.write(std::move(greeting));
  if (greeted) co_return Error{greeted, greeted.message()};
  const auto method = co_await talk.read(2);
  if (!method) co_return method.error();
  if ((*method)[0] != kSocksVersion) co_return refused("it does not speak SOCKS5");
  if ((*method)[1] != kSocksNoLogin)
    co_return refused("it wants a login: let this machine in without");
  const std::string octets = address_octets(to.address);
  std::string request{kSocksVersion, kSocksConnect, 0,
                      static_cast<char>(octets.size() == 4 ? 1 : 4)};
  request += octets;
  append_port(request, to.port);
  const auto asked = co_await talk.write(std::move(request));
  if (asked) co_return Error{asked, asked.message()};
  const auto head = co_await talk.read(4);
  if (!head) co_return head.error();
  const auto code = static_cast<unsigned char>((*head)[1]);
  if (code != 0) co_return refused("it could not connect: " + socks_error(code));
  std::size_t rest = 4;
  if ((*head)[3] == 4) rest = 16;
  if ((*head)[3] == 3) {
    const auto length = co_await talk.read(1);
    if (!length) co_return length.error();
    rest = static_cast<unsigned char>((*length)[0]);
  }
  const auto bound = co_await talk.read(rest + 2);
  if (!bound) co_return bound.error();
  co_return Result<void>{};
}

}  // namespace

std::string write_proxy_header(const Endpoint& from, const Endpoint& to) {
  const std::string source = address_octets(from.address);
  const std::string target = address_octets(to.address);
  const bool is_ipv4 = source.size() == 4;
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  header.push_back(0x21);                   // version 2, PROXY
  header.push_back(is_ipv4 ? 0x11 : 0x21);  // TCP over IPv4 or IPv6
  header.push_back(0);
  header.push_back(is_ipv4 ? 12 : 36);
  header += source + target;
  append_port(header, from.port);
  append_port(header, to.port);
  return header;
}

asio::awaitable<Result<std::unique_ptr<Stream>>> connect_through(SourceProxy proxy,
                                                                 ConnectOptions options,
                                                                 ConnectionParts parts) {
  const Endpoint peer = options.to;
  const std::string from = options.from_address.value_or("");
  ConnectOptions to_proxy = options;
  to_proxy.to = {proxy.host, proxy.port};
  to_proxy.from_address.reset();
  auto connected = co_await parts.connect(std::move(to_proxy), parts.clock);
  const std::string label = "proxy " + proxy.to_string() + ": ";
  if (!connected) co_return Error{connected.error().code, label + connected.error().message()};
  std::unique_ptr<Stream> stream = std::move(*connected);

  Result<void> asked;
  bool timed_out = false;
  {
    auto close = [raw = stream.get()] { raw->close(); };
    Deadline deadline(parts.tasks, parts.clock, close);
    deadline.set(options.timeout, "proxy");
    if (proxy.kind == SourceProxy::Kind::haproxy) {
      ProxyTalk talk{*stream};
      std::string header = write_proxy_header({from, 0}, peer);
      const auto ec = co_await talk.write(std::move(header));
      if (ec) asked = Error{ec, ec.message()};
    } else {
      asked = co_await ask_socks(*stream, peer);
    }
    timed_out = deadline.expired();
  }
  if (timed_out) co_return Error{asio::error::timed_out, label + "it did not answer in time"};
  if (!asked) co_return Error{asked.error().code, label + asked.error().message()};
  co_return std::move(stream);
}

}  // namespace posthaste
