#include "cli/doctor_plan.h"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <utility>

#include "identity/dkim/dkim_signature.h"
#include "mail/address.h"

namespace posthaste {
namespace {

Error bad(std::string detail) {
  return {make_error_code(boost::system::errc::invalid_argument), std::move(detail)};
}

// "" stays "".
Result<std::string> read_domain(const char* option, const std::string& text) {
  if (text.empty()) return std::string();
  const Result<Domain> domain = Domain::parse(text);
  if (!domain || domain->is_literal()) {
    return bad(fmt::format("{} {} is no domain name: write example.com", option, text));
  }
  return domain->ascii();
}

Result<std::string> read_address(const std::string& text) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(text, error);
  if (error) {
    return bad(fmt::format("--source {} is no address: write 192.0.2.1 or 2001:db8::1", text));
  }
  return address.to_string();
}

// The keys of the command line: each file with the selector at its place.
Result<std::vector<SenderKey>> read_keys(const DoctorOptions& options, const std::string& domain) {
  std::vector<SenderKey> keys;
  for (const std::string& selector : options.selectors) {
    if (!is_dkim_name(selector)) {
      return bad(fmt::format(
          "--selector {} cannot stand in a DNS name: use letters, digits, hyphens", selector));
    }
    keys.push_back({domain, selector, {}});
  }
  if (keys.empty() && !options.keys.empty()) keys.push_back({domain, "mail", {}});
  if (options.keys.size() > keys.size()) {
    return bad("there are more --key than --selector: give each key its selector");
  }
  for (std::size_t i = 0; i < options.keys.size(); ++i) {
    Result<DkimPrivateKey> key = DkimPrivateKey::load(options.keys[i]);
    if (!key) return key.error();
    keys[i].key = std::move(*key);
  }
  return keys;
}

Result<void> add_options(const DoctorOptions& options, DoctorRequest& request) {
  const Result<std::string> domain = read_domain("DOMAIN", options.domain);
  if (!domain) return domain.error();
  const Result<std::string> signing = read_domain("--dkim-domain", options.dkim_domain);
  if (!signing) return signing.error();
  const Result<std::string> bounce = read_domain("--bounce-domain", options.bounce_domain);
  if (!bounce) return bounce.error();
  if (!bounce->empty()) {
    request.bounce_domain = *bounce;
    request.is_bounce_domain_assumed = false;
  }
  for (const std::string& text : options.sources) {
    const Result<std::string> address = read_address(text);
    if (!address) return address.error();
    request.sources.push_back({*address, ""});
  }
  if (!options.helo.empty()) {
    for (SenderSource& source : request.sources) source.helo = options.helo;
  }
  if (domain->empty()) return {};
  const auto is_it = [&](const SenderDomain& one) { return one.name == *domain; };
  const auto known = std::find_if(request.domains.begin(), request.domains.end(), is_it);
  SenderDomain wanted = known == request.domains.end() ? SenderDomain{*domain, {}, {}} : *known;
  Result<std::vector<SenderKey>> keys = read_keys(options, signing->empty() ? *domain : *signing);
  if (!keys) return keys.error();
  if (!keys->empty()) wanted.keys = std::move(*keys);
  wanted.unsubscribe_url = options.unsubscribe_url;
  request.domains = {std::move(wanted)};
  return {};
}

SenderDomain& domain_of(DoctorRequest& request, const std::string& name) {
  for (SenderDomain& domain : request.domains) {
    if (domain.name == name) return domain;
  }
  return request.domains.emplace_back(SenderDomain{name, {}, {}});
}

// A key that signs no more stays published for as long as mail is under way; then it may go.
bool is_forgotten(const DkimConfig& block, WallTime now) {
  constexpr auto kOverlap = std::chrono::days(7);
  return block.valid_until && *block.valid_until + kOverlap < now;
}

Result<void> add_dkim(const ServerConfig& config, WallTime now, DoctorRequest& request) {
  std::vector<SenderKey> of_all;  // second signatures, as for a feedback loop
  for (const DkimConfig& block : config.dkim) {
    if (is_forgotten(block, now)) continue;
    const Result<std::string> domain = read_domain("dkim { domain }", block.domain);
    if (!domain) return domain.error();
    Result<DkimPrivateKey> key = DkimPrivateKey::load(block.private_key.string());
    if (!key) return key.error();
    SenderKey own{*domain, block.selector, std::move(*key)};
    if (block.sign_all) {
      of_all.push_back(std::move(own));
    } else {
      domain_of(request, *domain).keys.push_back(std::move(own));
    }
  }
  if (request.domains.empty() && !of_all.empty()) domain_of(request, of_all.front().domain);
  for (SenderDomain& domain : request.domains) {
    domain.keys.insert(domain.keys.end(), of_all.begin(), of_all.end());
  }
  return {};
}

void add_sources(const ServerConfig& config, DoctorRequest& request) {
  const std::string& ehlo = config.delivery.ehlo_name;
  const std::string hostname = ehlo.empty() ? config.server.effective_hostname().ascii() : ehlo;
  for (const SourceConfig& source : config.sources) {
    const auto& address = source.public_address ? source.public_address : source.address;
    if (!address) continue;
    request.sources.push_back(
        {address->text, source.hostname.empty() ? hostname : source.hostname});
  }
}

void add_certificates(const ServerConfig& config, DoctorRequest& request) {
  for (const ListenerConfig& listener : config.listeners) {
    if (listener.tls == ListenerTls::off || listener.certificate.empty()) continue;
    request.certificates.push_back({fmt::format("listener \"{}\"", listener.name),
                                    listener.certificate,
                                    config.server.effective_hostname().ascii()});
  }
}

}  // namespace

Result<DoctorRequest> plan_examination(const DoctorOptions& options) {
  DoctorRequest request;
  const Result<void> added = add_options(options, request);
  if (!added) return added.error();
  return request;
}

Result<DoctorRequest> plan_examination(const DoctorOptions& options, const ServerConfig& config,
                                       WallTime now) {
  DoctorRequest request;
  const Result<void> signs = add_dkim(config, now, request);
  if (!signs) return signs.error();
  if (options.sources.empty()) add_sources(config, request);
  add_certificates(config, request);
  const Result<void> added = add_options(options, request);
  if (!added) return added.error();
  if (request.domains.empty() && request.sources.empty()) {
    return bad(
        "the configuration names no domain (dkim) and no address (source): add them, or name "
        "the domain here");
  }
  return request;
}

}  // namespace posthaste
