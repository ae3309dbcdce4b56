#pragma once

#include <string>

#include "base/clock.h"
#include "identity/doctor/doctor_request.h"
#include "identity/doctor/finding.h"

namespace posthaste {

// Part of a zone file: records, and what to know about them.
struct ZonePart {
  std::string title;
  std::vector<DoctorRecord> records;
  std::vector<std::string> remarks;  // lines that stand as comments
};

// Every record that a new sender needs, with which the doctor has no complaint: PTR and address of
// its host, SPF, DKIM, DMARC, MX of the bounce domain, MTA-STS, TLS-RPT, BIMI. Asks nothing.
std::vector<ZonePart> make_sender_zone(const DoctorRequest& request, WallTime now);

// As text that a zone file takes. The reverse zone's records come last, for they belong elsewhere.
std::string sender_zone_text(const std::vector<ZonePart>& parts);

}  // namespace posthaste
