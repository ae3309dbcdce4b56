// A mail, whatever it holds, is read as complaint or none, and gives clues within bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inbound/feedback/complaint_clue.h"
#include "inbound/report/report_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  posthaste::Feedback fields;
  posthaste::read_feedback_fields(octets, fields);
  if (fields.feedback_type.empty()) std::abort();
  const posthaste::MimeMessage mail(octets);
  const auto feedback = posthaste::read_feedback(mail);
  if (!feedback) return 0;
  if (posthaste::clues_of(*feedback).size() > 10) std::abort();
  if (posthaste::dump_report_json(posthaste::to_json(*feedback)).empty()) std::abort();
  return 0;
}
