#include "accept/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "accept/accept_error.h"

namespace posthaste {
namespace {

namespace ip = boost::asio::ip;
using Parsed = Result<std::optional<ProxyHeader>>;

constexpr std::string_view kVersion1 = "PROXY ";
constexpr std::string_view kVersion2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kMaxVersion1 = 107;

Error malformed(const char* detail) {
  return {AcceptError::bad_proxy_header,
          std::string(detail) + ": check proxy_from and the balancer"};
}

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const auto space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return words;
    line.remove_prefix(space + 1);
  }
}

std::optional<unsigned short> parse_port(std::string_view text) {
  unsigned short port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// PROXY TCP4 192.0.2.1 198.51.100.1 56324 25 CRLF
Parsed parse_version1(std::string_view octets) {
  const auto end = octets.find("\r\n");
  if (end == std::string_view::npos) {
    if (octets.size() < kMaxVersion1) return std::optional<ProxyHeader>();
    return malformed("the PROXY line is too long");
  }
  if (end + 2 > kMaxVersion1) return malformed("the PROXY line is too long");
  const auto words = split_words(octets.substr(0, end));
  ProxyHeader header;
  header.length = end + 2;
  if (words.size() >= 2 && words[1] == "UNKNOWN") return std::optional(header);
  if (words.size() != 6 || (words[1] != "TCP4" && words[1] != "TCP6")) {
    return malformed("the PROXY line does not name a TCP connection");
  }
  boost::system::error_code ec;
  const auto address = ip::make_address(words[2], ec);
  const auto port = parse_port(words[4]);
  if (ec || !port || address.is_v4() != (words[1] == "TCP4")) {
    return malformed("the PROXY line does not name a client");
  }
  header.client = Endpoint{address.to_string(), *port};
  return std::optional(header);
}

std::uint16_t read_u16(const char* octets) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(octets);
  return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

template <class Address>
Endpoint read_endpoint(std::string_view body) {
  typename Address::bytes_type bytes;
  std::memcpy(bytes.data(), body.data(), bytes.size());
  // Source address, destination address, source port.
  return {ip::address(Address(bytes)).to_string(), read_u16(body.data() + 2 * bytes.size())};
}

Parsed parse_version2(std::string_view octets) {
  if (octets.size() < 16) return std::optional<ProxyHeader>();
  const auto version_and_command = static_cast<unsigned char>(octets[12]);
  const auto family = static_cast<unsigned char>(octets[13]);
  const std::size_t body_length = read_u16(octets.data() + 14);
  if (version_and_command >> 4 != 2) return malformed("the PROXY header is of an unknown version");
  if (16 + body_length > kMaxProxyHeader) return malformed("the PROXY header is too long");
  if (octets.size() < 16 + body_length) return std::optional<ProxyHeader>();
  const std::string_view body = octets.substr(16, body_length);

  ProxyHeader header;
  header.length = 16 + body_length;
  constexpr unsigned kLocal = 0, kProxy = 1;
  const unsigned command = version_and_command & 0xf;
  if (command == kLocal) return std::optional(header);
  if (command != kProxy) return malformed("the PROXY header holds an unknown command");
  constexpr unsigned kTcpOver4 = 0x11, kTcpOver6 = 0x21;
  if (family == kTcpOver4 && body.size() >= 12) {
    header.client = read_endpoint<ip::address_v4>(body);
  } else if (family == kTcpOver6 && body.size() >= 36) {
    header.client = read_endpoint<ip::address_v6>(body);
  } else {
    return malformed("the PROXY header does not name a TCP connection");
  }
  return std::optional(header);
}

}  // namespace

Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view octets) {
  const auto begins = [&](std::string_view signature) {
    const auto common = std::min(signature.size(), octets.size());
    return octets.substr(0, common) == signature.substr(0, common);
  };
  if (begins(kVersion2)) return parse_version2(octets);
  if (begins(kVersion1)) return parse_version1(octets);
  return malformed("the connection does not begin with a PROXY header");
}

boost::asio::awaitable<Result<ProxyPreamble>> read_proxy_header(
    Stream& stream, boost::asio::mutable_buffer buffer) {
  const auto* const octets = static_cast<const char*>(buffer.data());
  ProxyPreamble preamble;
  while (true) {
    const IoResult read = co_await stream.read_some(buffer + preamble.filled);
    preamble.filled += read.count;
    const auto header = parse_proxy_header({octets, preamble.filled});
    if (!header) co_return header.error();
    if (*header) {
      preamble.header = **header;
      co_return preamble;
    }
    if (read.ec) co_return Error{read.ec, read.ec.message()};
    if (preamble.filled == buffer.size()) co_return malformed("the PROXY header is too long");
  }
}

}  // namespace posthaste
