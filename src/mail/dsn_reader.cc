#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "mail/dsn.h"
#include "mail/message.h"
#include "mail/mime.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxReported = 1000;
constexpr std::size_t kMaxValue = 8192;

// `atom ";" value` (RFC 3464 §2.1.2): "rfc822; a@b", "smtp; 550 no". Without an atom, the value.
struct Typed {
  std::string type;
  std::string value;
};

Typed typed(const std::string& value) {
  const std::size_t semicolon = value.find(';');
  const std::string_view type = std::string_view(value).substr(0, semicolon);
  const bool is_atom = semicolon != std::string::npos && semicolon > 0 && semicolon < 40 &&
                       std::all_of(type.begin(), type.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ' ';
                       });
  if (!is_atom) return {{}, value};
  return {lowered(unfold(type)), unfold(std::string_view(value).substr(semicolon + 1))};
}

// Puts the fields, in their order, to recipients. A recipient begins where a field comes again, or
// behind a blank line when it has an address; what lacks one belongs to the recipient before.
class ReportBuilder {
 public:
  void take(const HeaderField& field) {
    std::string value = unfold(field.value.substr(0, kMaxValue));
    const auto is = [&field](std::string_view name) {
      return equals_ignoring_case(field.name, name);
    };
    if (is("Reporting-MTA")) {
      if (report_.reporting_mta.empty()) report_.reporting_mta = typed(value).value;
    } else if (is("Original-Envelope-Id")) {
      if (report_.original_envelope_id.empty()) report_.original_envelope_id = std::move(value);
    } else if (is("Final-Recipient")) {
      set(&DsnReportedRecipient::final_recipient, typed(value).value);
    } else if (is("Original-Recipient")) {
      set(&DsnReportedRecipient::original_recipient, typed(value).value);
    } else if (is("X-Actual-Recipient")) {
      set(&DsnReportedRecipient::actual_recipient, typed(value).value);
    } else if (is("Action")) {
      set(&DsnReportedRecipient::action, std::move(value));
    } else if (is("Status")) {
      set(&DsnReportedRecipient::status, std::move(value));
    } else if (is("Remote-MTA")) {
      set(&DsnReportedRecipient::remote_mta, typed(value).value);
    } else if (is("Diagnostic-Code")) {
      Typed code = typed(value);
      set(&DsnReportedRecipient::diagnostic_code, std::move(code.value));
      current_.diagnostic_type = std::move(code.type);
    }
  }

  void end_group() {
    if (is_addressed(current_)) {
      push();
    } else if (has_fields_ && !report_.recipients.empty()) {
      merge_into(report_.recipients.back());
    }
  }

  DsnReport finish() {
    if (has_fields_ && (is_addressed(current_) || report_.recipients.empty())) push();
    return std::move(report_);
  }

 private:
  static bool is_addressed(const DsnReportedRecipient& recipient) {
    return !recipient.final_recipient.empty() || !recipient.original_recipient.empty();
  }

  void set(std::string DsnReportedRecipient::*field, std::string value) {
    if (value.empty()) return;
    if (!(current_.*field).empty() && is_addressed(current_)) push();
    if ((current_.*field).empty()) current_.*field = std::move(value);
    has_fields_ = true;
  }

  void push() {
    if (report_.recipients.size() < kMaxReported) {
      report_.recipients.push_back(std::move(current_));
    }
    current_ = {};
    has_fields_ = false;
  }

  void merge_into(DsnReportedRecipient& before) {
    constexpr std::string DsnReportedRecipient::*kFields[] = {
        &DsnReportedRecipient::action, &DsnReportedRecipient::status,
        &DsnReportedRecipient::remote_mta, &DsnReportedRecipient::diagnostic_type,
        &DsnReportedRecipient::diagnostic_code};
    for (const auto field : kFields) {
      if ((before.*field).empty()) before.*field = std::move(current_.*field);
    }
    current_ = {};
    has_fields_ = false;
  }

  DsnReport report_;
  DsnReportedRecipient current_;
  bool has_fields_ = false;
};

}  // namespace

DsnReport read_delivery_status(std::string_view content) {
  ReportBuilder builder;
  while (!content.empty()) {
    const MimeHeader group = MimeHeader::read(content);
    for (const HeaderField& field : group.fields) builder.take(field);
    const bool ended_blank = group.body_begin > 0 && content[group.body_begin - 1] == '\n';
    if (!group.fields.empty() && ended_blank) builder.end_group();
    // A line that is no field: go on behind it, so that garbage ends nothing.
    std::size_t next = group.body_begin;
    if (next == 0) {
      const std::size_t line_end = content.find('\n');
      next = line_end == std::string_view::npos ? content.size() : line_end + 1;
    }
    content.remove_prefix(next);
  }
  return builder.finish();
}

}  // namespace posthaste
