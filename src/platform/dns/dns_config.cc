#include "platform/dns/dns_config.h"

#include "platform/dns/dns_name.h"
#include "platform/dns/unbound_context.h"
#include "platform/dns/zone_text.h"

namespace posthaste {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

template <class T>
std::string problem(const Result<T>& result) {
  return result ? std::string() : result.error().message();
}

std::string check_server(const std::string& server) {
  return problem(to_unbound_server(server));
}

std::string check_record(const std::string& line) {
  return problem(ZoneText().add(line));
}

std::string check_zone(const std::string& zone) {
  if (normalize_dns_name(zone)) return {};
  return "\"" + zone + "\" is not a domain name: write \"corp.example.\"";
}

BlockSchema<DnsConfig> make_schema() {
  return BlockSchema<DnsConfig>("dns", BlockKind::single, "How names are looked up.")
      .key("servers", &DnsConfig::servers,
           "Name servers to ask, as \"ADDRESS\" or \"ADDRESS:PORT\"; without any, the server "
           "recurses from the root by itself.",
           {.check = check_server})
      .key("trust_anchor", &DnsConfig::trust_anchor,
           "File with the DNSSEC key of the root. Not set: the system's own when recursing; with "
           "servers, answers are not validated.")
      .key("local_data", &DnsConfig::local_data,
           "Records that are answered here, as \"example.test. MX 10 mx.example.test.\"; "
           "\"*.example.test.\" stands for all names below.",
           {.check = check_record})
      .key("local_zones", &DnsConfig::local_zones,
           "Zones of which nothing is asked outside: what local_data does not hold does not exist; "
           "\".\" is everything.",
           {.check = check_zone})
      .key("timeout", &DnsConfig::timeout, "The longest wait for one answer.",
           {.min = milliseconds(100), .max = minutes(5)})
      .key("cache_size", &DnsConfig::cache_size, "Memory for answers that are kept.");
}

}  // namespace

const BlockSchema<DnsConfig>& dns_schema() {
  static const BlockSchema<DnsConfig> schema = make_schema();
  return schema;
}

}  // namespace posthaste
