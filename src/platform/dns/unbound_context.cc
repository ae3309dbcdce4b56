#include "platform/dns/unbound_context.h"

#include <unbound.h>

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "platform/dns/dns_error.h"
#include "platform/dns/dns_name.h"
#include "platform/dns/rdata.h"

namespace posthaste {
namespace {

// Where Debian's dns-root-data keeps the key of the root zone.
constexpr const char* kSystemAnchor = "/usr/share/dns/root.key";

constexpr int kInternet = 1;  // class IN
constexpr int kNoError = 0;
constexpr int kNameError = 3;  // RFC 1035 §4.1.1: RCODE 3

Error failed(std::string_view what, int error) {
  return {DnsErrc::library_failed, fmt::format("{}: {}", what, ub_strerror(error))};
}

struct Option {
  const char* name;
  const char* value;
};

// The names that libunbound would answer by itself (RFC 6761, RFC 6303) are asked of configured
// servers like all others: they may well hold a test zone or a private network's PTR records.
constexpr Option kServerOptions[] = {
    {"do-not-query-localhost:", "no"}, {"unblock-lan-zones:", "yes"},
    {"insecure-lan-zones:", "yes"},    {"domain-insecure:", "test."},
    {"domain-insecure:", "example."},  {"domain-insecure:", "invalid."},
    {"domain-insecure:", "internal."},
};
constexpr const char* kServerZones[] = {"test.", "invalid.", "home.arpa."};

// More questions at a time than the resolver asks; answers are kept in front of the library, whose
// own caches serve delegations and keys.
constexpr Option kOptions[] = {
    {"num-queries-per-thread:", "2048"},
    {"outgoing-range:", "1024"},
    {"msg-cache-size:", "4m"},
    {"rrset-cache-size:", "16m"},
};

Result<void> add_servers(ub_ctx* context, const DnsConfig& config) {
  for (const Option& option : kServerOptions) {
    const int error = ub_ctx_set_option(context, option.name, option.value);
    if (error) return failed(option.name, error);
  }
  for (const std::string& server : config.servers) {
    const Result<std::string> address = to_unbound_server(server);
    if (!address) return address.error();
    const int error = ub_ctx_set_fwd(context, address->c_str());
    if (error) return failed(fmt::format("servers \"{}\"", server), error);
  }
  return {};
}

Result<void> add_trust_anchor(ub_ctx* context, const DnsConfig& config) {
  std::string file = config.trust_anchor;
  std::error_code ignored;
  if (file.empty()) {
    if (!config.servers.empty() || !std::filesystem::exists(kSystemAnchor, ignored)) return {};
    file = kSystemAnchor;
  }
  // libunbound reads the file only later, and says nothing useful then.
  if (!std::filesystem::is_regular_file(file, ignored)) {
    return {DnsErrc::bad_configuration,
            fmt::format("trust_anchor \"{}\" is not a file: name the DNSSEC root key, such as {}",
                        file, kSystemAnchor)};
  }
  const int error = ub_ctx_add_ta_file(context, file.c_str());
  if (error) return failed(fmt::format("trust_anchor \"{}\"", file), error);
  return {};
}

DnsStatus status_of(const ub_result& result) {
  if (result.bogus) return DnsStatus::bogus;
  if (result.havedata) return DnsStatus::found;
  if (result.nxdomain || result.rcode == kNameError) return DnsStatus::nxdomain;
  return result.rcode == kNoError ? DnsStatus::nodata : DnsStatus::servfail;
}

DnsResult read_result(const DnsQuestion& question, const ub_result& from) {
  DnsResult result{.status = status_of(from),
                   .secure = from.secure != 0,
                   .canonical_name = question.name,
                   .ttl = std::chrono::seconds(std::max(from.ttl, 0))};
  if (from.canonname) {
    result.canonical_name = normalize_dns_name(from.canonname).value_or(question.name);
  }
  if (result.status == DnsStatus::bogus) {
    result.why = from.why_bogus ? from.why_bogus : "DNSSEC validation failed";
  } else if (result.status == DnsStatus::servfail) {
    result.why = fmt::format("the DNS servers of {} fail (RCODE {})", question.name, from.rcode);
  }
  if (result.status != DnsStatus::found) return result;
  for (std::size_t i = 0; from.data[i]; ++i) {
    const std::string_view wire(from.data[i], static_cast<std::size_t>(from.len[i]));
    std::optional<Rdata> record = parse_rdata_wire(question.type, wire);
    if (record) result.records.push_back(std::move(*record));
  }
  if (result.records.empty()) {
    result.status = DnsStatus::servfail;
    result.why =
        fmt::format("every {} record of {} is malformed", to_string(question.type), question.name);
  }
  return result;
}

}  // namespace

void UnboundContext::Delete::operator()(ub_ctx* context) const {
  ub_ctx_delete(context);
}

Result<UnboundContext> UnboundContext::create(const DnsConfig& config) {
  UnboundContext made{std::unique_ptr<ub_ctx, Delete>(ub_ctx_create())};
  ub_ctx* context = made.context_.get();
  if (!context) return {DnsErrc::library_failed, "libunbound cannot start: memory is short"};
  // What it has to say comes with the answers.
  ub_ctx_debugout(context, nullptr);
  for (const Option& option : kOptions) {
    const int error = ub_ctx_set_option(context, option.name, option.value);
    if (error) return failed(option.name, error);
  }
  if (!config.servers.empty()) {
    if (const Result<void> added = add_servers(context, config); !added) return added.error();
  }
  if (const Result<void> added = add_trust_anchor(context, config); !added) return added.error();
  if (const int error = ub_ctx_async(context, 1)) return failed("libunbound's thread", error);
  // From here on the options are fixed.
  if (!config.servers.empty()) {
    for (const char* zone : kServerZones) {
      if (const int error = ub_ctx_zone_remove(context, zone)) return failed(zone, error);
    }
  }
  return made;
}

int UnboundContext::descriptor() const {
  return ub_fd(context_.get());
}

void UnboundContext::process() {
  ub_process(context_.get());
}

Result<int> UnboundContext::ask(const DnsQuestion& question, OnResult on_result, void* data) {
  int number = 0;
  const int error =
      ub_resolve_async(context_.get(), question.name.c_str(), static_cast<int>(question.type),
                       kInternet, data, on_result, &number);
  if (error) return failed(question.name, error);
  return number;
}

void UnboundContext::cancel(int number) {
  // It fails only for a question that has just been answered.
  ub_cancel(context_.get(), number);
}

DnsResult UnboundContext::take_result(const DnsQuestion& question, int error, ub_result* result) {
  const std::unique_ptr<ub_result, decltype(&ub_resolve_free)> owner(result, &ub_resolve_free);
  if (error || !result) {
    return {
        .canonical_name = question.name,
        .why = fmt::format("the question for {} failed: {}", question.name, ub_strerror(error))};
  }
  return read_result(question, *result);
}

Result<std::string> to_unbound_server(const std::string& server) {
  const Error bad{DnsErrc::bad_configuration,
                  fmt::format("servers \"{}\" is not an address: write \"192.0.2.53\", "
                              "\"192.0.2.53:5353\" or \"[2001:db8::53]:5353\"",
                              server)};
  std::string_view host = server;
  std::string_view port;
  if (host.starts_with('[')) {
    const std::size_t close = host.find(']');
    if (close == std::string_view::npos) return bad;
    port = host.substr(close + 1);
    host = host.substr(1, close - 1);
    if (!port.empty() && port[0] != ':') return bad;
  } else if (const std::size_t colon = host.find(':');
             colon != std::string_view::npos &&
             host.find(':', colon + 1) == std::string_view::npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(host), error);
  if (error) return bad;
  if (port.empty()) return address.to_string();
  port.remove_prefix(1);
  std::uint16_t number = 0;
  const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (fault != std::errc() || end != port.data() + port.size() || number == 0) return bad;
  return fmt::format("{}@{}", address.to_string(), number);
}

}  // namespace posthaste
