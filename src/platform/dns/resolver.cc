#include "platform/dns/resolver.h"

#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <utility>

namespace posthaste {
namespace {

constexpr std::array<std::pair<RecordType, std::string_view>, 10> kTypes{{
    {RecordType::a, "A"},
    {RecordType::ns, "NS"},
    {RecordType::cname, "CNAME"},
    {RecordType::soa, "SOA"},
    {RecordType::ptr, "PTR"},
    {RecordType::mx, "MX"},
    {RecordType::txt, "TXT"},
    {RecordType::aaaa, "AAAA"},
    {RecordType::srv, "SRV"},
    {RecordType::tlsa, "TLSA"},
}};

}  // namespace

std::string_view to_string(RecordType type) {
  for (const auto& [value, name] : kTypes) {
    if (value == type) return name;
  }
  return "unknown";
}

std::optional<RecordType> parse_record_type(std::string_view text) {
  for (const auto& [value, name] : kTypes) {
    if (boost::iequals(name, text)) return value;
  }
  return std::nullopt;
}

std::string_view to_string(DnsStatus status) {
  switch (status) {
    case DnsStatus::found:
      return "found";
    case DnsStatus::nodata:
      return "nodata";
    case DnsStatus::nxdomain:
      return "nxdomain";
    case DnsStatus::servfail:
      return "servfail";
    case DnsStatus::timeout:
      return "timeout";
    case DnsStatus::bogus:
      return "bogus";
  }
  return "unknown";
}

}  // namespace posthaste
