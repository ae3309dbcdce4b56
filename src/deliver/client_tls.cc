#include "deliver/client_tls.h"

#include <chrono>

namespace posthaste {
namespace {

namespace ssl = boost::asio::ssl;

constexpr auto kBrokenFor = std::chrono::hours(72);
// More peers than this with broken TLS: the memory begins anew.
constexpr std::size_t kMaxRemembered = 10000;

std::string key_of(const Endpoint& peer) {
  return peer.address + " " + std::to_string(peer.port);
}

void prepare(ssl::context& context) {
  context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                      ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                      ssl::context::no_tlsv1_1);  // RFC 8996
  SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
}

}  // namespace

ClientTls::ClientTls(Clock& clock)
    : clock_(clock), any_(ssl::context::tls_client), verifying_(ssl::context::tls_client) {
  prepare(any_);
  any_.set_verify_mode(ssl::verify_none);
  prepare(verifying_);
  boost::system::error_code ignored;
  verifying_.set_default_verify_paths(ignored);
  verifying_.set_verify_mode(ssl::verify_peer);
}

UseTls ClientTls::policy(RouteTls route, const Endpoint& peer) const {
  if (route == RouteTls::off) return UseTls::never;
  if (route == RouteTls::required || route == RouteTls::implicit) return UseTls::always;
  const bool is_broken = broken_.with([&](const auto& broken) {
    const auto known = broken.find(key_of(peer));
    return known != broken.end() && clock_.now() < known->second;
  });
  return is_broken ? UseTls::never : UseTls::if_offered;
}

void ClientTls::remember_broken(const Endpoint& peer) {
  broken_.with([&](auto& broken) {
    if (broken.size() >= kMaxRemembered) broken.clear();
    broken[key_of(peer)] = clock_.now() + kBrokenFor;
  });
}

}  // namespace posthaste
