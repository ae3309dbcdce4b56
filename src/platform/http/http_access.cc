#include "platform/http/http_access.h"

#include <openssl/crypto.h>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/string.hpp>
#include <string_view>
#include <utility>

namespace posthaste {
namespace {

bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Whether "HOST" or "HOST:PORT" is a name that no DNS can point at us: localhost, or an address.
bool is_loopback_host(std::string_view host) {
  std::string_view name = host.substr(0, host.find(':'));
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return false;
    name = host.substr(1, end - 1);
    if (end + 1 < host.size() && host[end + 1] != ':') return false;
  }
  if (boost::beast::iequals(boost::beast::string_view(name.data(), name.size()), "localhost")) {
    return true;
  }
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(std::string(name), ec);
  return !ec && address.is_loopback();
}

// Of a page that this very machine serves; "null" and other sites are not.
bool is_loopback_origin(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && is_loopback_host(origin.substr(scheme + 3));
}

}  // namespace

HttpGate::HttpGate(std::vector<std::string> keys) : keys_(std::move(keys)) {
  // An empty key would open everything to an empty one.
  std::erase(keys_, std::string());
}

std::optional<HttpResponse> HttpGate::refuse(const HttpCaller& caller) const {
  if (has_key(caller.authorization)) return std::nullopt;
  constexpr const char* kAdvice =
      "send \"Authorization: Bearer KEY\" with a key of an api_key block";
  if (!caller.is_on_loopback) {
    return HttpResponse::failure(401, std::string("a key is needed here: ") + kAdvice);
  }
  if (caller.is_forwarded) {
    return HttpResponse::failure(401, std::string("a proxy asks, so a key is needed: ") + kAdvice);
  }
  if (caller.host && !is_loopback_host(*caller.host)) {
    return HttpResponse::failure(403, "this server is not \"" + *caller.host +
                                          "\": ask for 127.0.0.1 or localhost, or " + kAdvice);
  }
  if (!caller.origin.empty() && !is_loopback_origin(caller.origin)) {
    return HttpResponse::failure(
        403, "pages of \"" + caller.origin + "\" may not ask without a key: " + kAdvice);
  }
  return std::nullopt;
}

bool HttpGate::has_key(const std::string& authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = authorization;
  if (!given.starts_with(kScheme)) return false;
  bool found = false;
  // All are compared, so that the time tells nothing.
  for (const std::string& key : keys_) found = is_same(given.substr(kScheme.size()), key) || found;
  return found;
}

}  // namespace posthaste
