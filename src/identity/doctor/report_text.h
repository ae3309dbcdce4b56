#pragma once

#include <cstddef>
#include <string>

#include "identity/doctor/finding.h"

namespace posthaste {

struct ReportStyle {
  bool has_color = false;
  bool has_symbols = true;  // ✔ ✘; else words
  bool shows_all = true;    // what is in order too
  std::size_t width = 100;  // of a line of prose; records are never broken
};

// A report as a person reads it: section by section, what is in order in one line each, what is not
// with why and the remedy. A remedy's records are zone-file lines, "+" before one to publish and
// "-" before one to take away. Nothing in it that DNS or a server said is obeyed by a terminal.
std::string report_text(const DoctorReport& report, const ReportStyle& style);

// One document: {"ok", "errors", "warnings", "infos", "sections": [{"title", "subject",
// "findings": [{"check", "severity", "found", "why", "remedy": {…}}]}]}.
std::string report_json(const DoctorReport& report);

}  // namespace posthaste
