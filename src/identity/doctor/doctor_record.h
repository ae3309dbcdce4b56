#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "platform/dns/resolver.h"

namespace posthaste {

// A DNS record to publish or to take away.
struct DoctorRecord {
  std::string name;  // normalized: "example.com"
  RecordType type = RecordType::txt;
  std::string data;  // as in a zone file; of TXT the text itself, unquoted

  auto operator<=>(const DoctorRecord&) const = default;
};

// What stands after the type in a zone file: names absolute, a TXT quoted and split into strings of
// 255 octets.
std::string zone_data(const DoctorRecord& record);
// `example.com. IN TXT "v=spf1 -all"`: a line of a zone file.
std::string zone_line(const DoctorRecord& record);

// "10 mail.example.com."
std::string mx_data(int preference, std::string_view host);
DoctorRecord address_record(const std::string& name, const std::string& address);
DoctorRecord ptr_record(const std::string& address, const std::string& name);
DoctorRecord txt_record(const std::string& name, const std::string& text);

// The data of a record that was looked up, in the form of DoctorRecord::data.
std::string record_data(const Rdata& data);

}  // namespace posthaste
