#pragma once

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "platform/dns/resolver.h"

namespace posthaste {

inline std::string wire_name(std::string_view name) {
  std::string wire;
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    wire += static_cast<char>(dot) + std::string(name.substr(0, dot));
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return wire + '\0';
}

inline std::string u16(unsigned number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
}

// A name server on loopback, of one loop. It says NXDOMAIN for what it was not told of.
class NameServer {
  using udp = boost::asio::ip::udp;

 public:
  explicit NameServer(boost::asio::io_context& loop, const std::string& address = "127.0.0.1",
                      unsigned short port = 0)
      : socket_(loop, udp::endpoint(boost::asio::ip::make_address(address), port)) {}

  std::string address() const {
    return fmt::format("127.0.0.1:{}", socket_.local_endpoint().port());
  }
  unsigned short port() const { return socket_.local_endpoint().port(); }
  // Answers as a zone's own server does: for its names, without recursion.
  void be_authoritative() { flags_ = 0x8400; }
  void add(const std::string& name, RecordType type, const std::string& rdata) {
    answers_[name] += wire_name(name) + u16(static_cast<unsigned>(type)) + u16(1) + u16(0) +
                      u16(300) + u16(static_cast<unsigned>(rdata.size())) + rdata;
    ++counts_[name];
  }
  void fail(const std::string& name, int rcode) { rcodes_[name] = rcode; }
  void stay_silent(const std::string& name) { rcodes_[name] = kSilent; }
  int asked(const std::string& name) { return asked_[name]; }

  boost::asio::awaitable<void> serve() {
    std::array<char, 1500> buffer{};
    udp::endpoint from;
    for (;;) {
      const auto [ec, size] = co_await socket_.async_receive_from(
          boost::asio::buffer(buffer), from, boost::asio::as_tuple(boost::asio::use_awaitable));
      if (ec) co_return;
      const std::string reply = answer(std::string(buffer.data(), size));
      if (reply.empty()) continue;
      co_await socket_.async_send_to(boost::asio::buffer(reply), from,
                                     boost::asio::as_tuple(boost::asio::use_awaitable));
    }
  }

 private:
  static constexpr int kSilent = -1;

  std::string answer(const std::string& query) {
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      if (!name.empty()) name += '.';
      name += query.substr(at + 1, static_cast<std::size_t>(query[at]));
      at += static_cast<std::size_t>(query[at]) + 1;
    }
    ++asked_[name];
    const bool is_known = answers_.contains(name);
    const int rcode = rcodes_.contains(name) ? rcodes_[name] : is_known ? 0 : 3;
    if (rcode == kSilent) return {};
    const std::string question = query.substr(12, at + 5 - 12);
    return query.substr(0, 2) + u16(flags_ | static_cast<unsigned>(rcode)) + u16(1) +
           u16(rcode ? 0 : counts_[name]) + u16(0) + u16(0) + question +
           (rcode ? "" : answers_[name]);
  }

  udp::socket socket_;
  unsigned flags_ = 0x8580;  // QR, AA, RD, RA
  std::map<std::string, std::string> answers_;
  std::map<std::string, unsigned> counts_;
  std::map<std::string, int> rcodes_;
  std::map<std::string, int> asked_;
};

}  // namespace posthaste
