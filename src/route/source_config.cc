#include "route/source_config.h"

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <string_view>

#include "route/route_config.h"

namespace posthaste {
namespace {

std::string check_hostname(const std::string& name) {
  const bool is_name = name.find_first_of(" <>\"\\\r\n") == std::string::npos;
  return is_name ? "" : "\"" + name + "\" is no host name: give the name of the address in DNS";
}

std::vector<ConfigProblem> check_pool(const PoolConfig& pool) {
  if (!pool.members.empty()) return {};
  return {{"", "the pool \"" + pool.name + "\" has no source: add source \"NAME\" { }"}};
}

std::vector<ConfigProblem> check_source(const SourceConfig& source) {
  if (source.address || !source.proxy || source.proxy->kind != SourceProxy::Kind::haproxy) {
    return {};
  }
  return {{"proxy", "HAProxy must be told where to connect from: set address"}};
}

const BlockSchema<PoolMember>& member_schema() {
  static const auto schema =
      BlockSchema<PoolMember>("source", BlockKind::titled, "A source of the pool.")
          .title(&PoolMember::source)
          .location(&PoolMember::where)
          .key("weight", &PoolMember::weight, "Its share of the mail, beside the others' weights.",
               {.min = 1U, .max = 1'000'000U});
  return schema;
}

}  // namespace

Result<SourceAddress> SourceAddress::parse(std::string_view text) {
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(std::string(text), ec);
  if (ec || address.is_unspecified() || address.is_multicast()) {
    return bad_config_value("\"" + std::string(text) +
                            "\" is no address to send from: write one of this machine's, as "
                            "192.0.2.1 or 2001:db8::1");
  }
  return SourceAddress{address.to_string()};
}

Result<SourceProxy> SourceProxy::parse(std::string_view text) {
  const auto bad = [text] {
    return bad_config_value("\"" + std::string(text) +
                            "\" is no proxy: write haproxy://ADDRESS:PORT or "
                            "socks5://ADDRESS:PORT");
  };
  SourceProxy proxy;
  if (text.starts_with("haproxy://")) {
    proxy.kind = Kind::haproxy;
  } else if (!text.starts_with("socks5://")) {
    return bad();
  }
  const auto target = RouteTarget::parse(text.substr(text.find("://") + 3));
  if (!target || !target->is_address || target->port == 0) return bad();
  proxy.host = target->host;
  proxy.port = target->port;
  return proxy;
}

std::string SourceProxy::to_string() const {
  const std::string host_text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return (kind == Kind::haproxy ? "haproxy://" : "socks5://") + host_text + ":" +
         std::to_string(port);
}

const BlockSchema<SourceConfig>& source_schema() {
  static const auto schema =
      with_limit_keys(
          BlockSchema<SourceConfig>("source", BlockKind::titled,
                                    "One address that mail is sent from, with its limits.")
              .title(&SourceConfig::name)
              .location(&SourceConfig::where)
              .key("address", &SourceConfig::address,
                   "The address; not set, the system chooses one for each connection.")
              .key("public_address", &SourceConfig::public_address,
                   "The address that others see, when another machine translates it or the proxy "
                   "sends from its own; blocklists and reputation are asked about it.")
              .key("hostname", &SourceConfig::hostname,
                   "The name it gives in EHLO, which should be that of its PTR record; \"\" is the "
                   "server's.",
                   {.check = check_hostname})
              .key("proxy", &SourceConfig::proxy,
                   "What its connections go through: haproxy:// speaks the PROXY protocol (v2) and "
                   "asks for `address` as their origin."))
          .block(&SourceConfig::warmup, warmup_schema())
          .block(&SourceConfig::providers, pair_limits_schema())
          .validate(check_source);
  return schema;
}

const BlockSchema<PoolConfig>& pool_schema() {
  static const auto schema =
      with_limit_keys(BlockSchema<PoolConfig>("pool", BlockKind::titled,
                                              "Sources that share the mail of a remote_queue.")
                          .title(&PoolConfig::name)
                          .location(&PoolConfig::where))
          .block(&PoolConfig::members, member_schema())
          .block(&PoolConfig::providers, pair_limits_schema())
          .validate(check_pool);
  return schema;
}

}  // namespace posthaste
