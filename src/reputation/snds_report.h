#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthaste {

// What Outlook.com says of one address on one day. What was not said is not there.
struct SndsRow {
  std::string address;
  std::string activity_start;  // as Microsoft writes it: "6/1/2026 1:00 AM", Pacific time
  std::string activity_end;
  std::optional<std::uint64_t> rcpt_commands;
  std::optional<std::uint64_t> data_commands;
  std::optional<std::uint64_t> recipients;
  std::string filter_result;             // "GREEN", "YELLOW", "RED": spam <10 %, between, >90 %
  std::optional<double> complaint_rate;  // 0 to 1
  bool is_below = false;                 // less than complaint_rate, as "< 0.1%"
  std::optional<std::uint64_t> trap_hits;
  std::string comments;
};

// Addresses that Outlook.com blocks, or not.
struct SndsRange {
  std::string first;
  std::string last;
  bool is_blocked = false;
  std::string reason;

  // Requires: nothing. False for what is no address.
  bool has(const std::string& address) const;
};

// Reads a report, CSV (with "," ";" or a tab between the fields) or JSON, by the names of its
// columns, in whatever order they stand; CSV without a header is of the old form. Rows without an
// address are left out. Errors: nothing that can be a report; `bad_answer` for a page in HTML,
// which is a request to log in.
Result<std::vector<SndsRow>> parse_snds_data(std::string_view text);
Result<std::vector<SndsRange>> parse_snds_status(std::string_view text);

}  // namespace posthaste
