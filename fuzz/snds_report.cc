// SNDS reports, CSV and JSON: no crash, and what is read is what it claims to be.
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "reputation/snds_report.h"

namespace {

using namespace posthaste;

constexpr std::size_t kMostRows = 100'000;
constexpr std::size_t kMostText = 500;

void demand(bool holds) {
  if (!holds) std::abort();
}

// An address in the one form in which it is written.
bool is_address(const std::string& text) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(text, error);
  return !error && address.to_string() == text;
}

void judge(const SndsRow& row) {
  demand(is_address(row.address));
  const double rate = row.complaint_rate.value_or(0);
  demand(rate >= 0 && rate <= 1);
  demand(row.complaint_rate || !row.is_below);
  demand(row.filter_result.empty() || row.filter_result == "GREEN" ||
         row.filter_result == "YELLOW" || row.filter_result == "RED");
  demand(row.activity_start.size() <= kMostText && row.activity_end.size() <= kMostText &&
         row.comments.size() <= kMostText);
}

// Either both ends are in it, or its ends are the wrong way round, or not of one family.
void judge(const SndsRange& range) {
  boost::system::error_code error;
  const auto first = boost::asio::ip::make_address(range.first, error);
  demand(!error);
  const auto last = boost::asio::ip::make_address(range.last, error);
  demand(!error);
  const bool is_range = first.is_v4() == last.is_v4() && first <= last;
  demand(range.has(range.first) == is_range && range.has(range.last) == is_range);
  demand(!range.has("") && !range.has("no address"));
  demand(range.reason.size() <= kMostText);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto rows = parse_snds_data(text)) {
    demand(rows->size() <= kMostRows);
    for (const SndsRow& row : *rows) judge(row);
  }
  if (const auto ranges = parse_snds_status(text)) {
    for (const SndsRange& range : *ranges) judge(range);
  }
  return 0;
}
