#include "identity/doctor/doctor_record.h"

#include <fmt/format.h>
#include <boost/algorithm/hex.hpp>
#include <iterator>
#include <utility>
#include <variant>

#include "identity/dkim/dkim_record.h"
#include "platform/dns/reverse_name.h"

namespace posthaste {
namespace {

// RFC 1035 §5.1
std::string quoted_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < ' ' || octet > '~') {
      result += fmt::format("\\{:03}", octet);
      continue;
    }
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

}  // namespace

std::string zone_data(const DoctorRecord& record) {
  switch (record.type) {
    case RecordType::txt: {
      std::string strings;
      for (const std::string& part : split_txt(record.data)) {
        strings += (strings.empty() ? "" : " ") + quoted_string(part);
      }
      return strings;
    }
    case RecordType::ptr:
    case RecordType::cname:
    case RecordType::ns:
      return record.data + ".";
    default:
      return record.data;
  }
}

std::string zone_line(const DoctorRecord& record) {
  return fmt::format("{}. IN {} {}", record.name, to_string(record.type), zone_data(record));
}

std::string mx_data(int preference, std::string_view host) {
  return fmt::format("{} {}.", preference, host);
}

DoctorRecord address_record(const std::string& name, const std::string& address) {
  const bool is_v6 = address.find(':') != std::string::npos;
  return {name, is_v6 ? RecordType::aaaa : RecordType::a, address};
}

DoctorRecord ptr_record(const std::string& address, const std::string& name) {
  return {reverse_name(address), RecordType::ptr, name};
}

DoctorRecord txt_record(const std::string& name, const std::string& text) {
  return {name, RecordType::txt, text};
}

std::string record_data(const Rdata& data) {
  if (const auto* text = std::get_if<std::string>(&data)) return *text;
  if (const auto* mx = std::get_if<MxRecord>(&data)) return mx_data(mx->preference, mx->exchange);
  if (const auto* tlsa = std::get_if<TlsaRecord>(&data)) {
    std::string hex;
    boost::algorithm::hex_lower(tlsa->data, std::back_inserter(hex));
    return fmt::format("{} {} {} {}", tlsa->usage, tlsa->selector, tlsa->matching_type, hex);
  }
  const auto& srv = std::get<SrvRecord>(data);
  return fmt::format("{} {} {} {}.", srv.priority, srv.weight, srv.port, srv.target);
}

}  // namespace posthaste
