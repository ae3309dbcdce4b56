#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "identity/doctor/doctor_record.h"

namespace posthaste {

enum class Severity : std::uint8_t {
  ok,
  skipped,  // could not be looked at, or does not apply; says why
  info,
  warning,
  error,  // mail will be refused, or what comes back is lost
};
std::string_view to_string(Severity severity);

// A value of the configuration or of the command line to change.
struct RemedySetting {
  std::string option;  // "--helo"
  std::string key;     // "source { hostname }"
  std::string value;
};

// A text to serve by HTTPS, as text/plain.
struct RemedyFile {
  std::string url;
  std::string text;
};

// What mends a finding. Records are exact: with `remove` taken away and `publish` added, the check
// passes.
struct Remedy {
  std::vector<DoctorRecord> remove = {};
  std::vector<DoctorRecord> publish = {};
  std::vector<RemedySetting> settings = {};
  std::vector<std::string> commands = {};  // to run here; they print the record to publish
  std::vector<RemedyFile> files = {};
  std::string advice = {};  // what to do besides, or where nothing above helps; a sentence

  bool empty() const {
    return remove.empty() && publish.empty() && settings.empty() && commands.empty() &&
           files.empty() && advice.empty();
  }
};

// What one check found.
struct Finding {
  std::string check;  // "ptr": its name in docs/guide/dns.md
  Severity severity = Severity::ok;
  std::string found;     // "192.0.2.25 has no PTR record"
  std::string why = {};  // who refuses what, with which reply; "" where it is in order
  Remedy remedy = {};
};

// The findings about one thing: an address, a domain, this machine.
struct DoctorSection {
  std::string title;    // "Sending address"
  std::string subject;  // "192.0.2.25"
  std::vector<Finding> findings;
};

struct DoctorReport {
  std::vector<DoctorSection> sections;

  std::size_t count(Severity severity) const;
  bool is_healthy() const { return count(Severity::error) == 0; }
};

}  // namespace posthaste
