#include "sink/data_scanner.h"

#include <algorithm>
#include <cctype>

#include "base/ascii.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxHeader = 65536;
constexpr std::size_t kMaxLine = 1000;  // RFC 5321 §4.5.3.1.6

bool has_name(std::string_view line, std::string_view lower_case_name) {
  return line.size() > lower_case_name.size() &&
         std::equal(
             lower_case_name.begin(), lower_case_name.end(), line.begin(),
             [](char name, char c) { return std::tolower(static_cast<unsigned char>(c)) == name; });
}

}  // namespace

void DataScanner::start(Keep keep, std::uint64_t max_size) {
  keep_ = keep;
  max_size_ = max_size;
  size_ = 0;
  content_.clear();
  has_header_ = false;
  line_length_ = 0;
  ended_with_cr_ = false;
  is_after_crlf_ = true;
  bare_line_ends_ = 0;
  long_lines_ = 0;
}

bool DataScanner::take_lines(std::string_view& input) {
  while (!input.empty()) {
    const std::size_t lf = input.find('\n');
    const bool is_whole = lf != std::string_view::npos;
    std::string_view piece = input.substr(0, is_whole ? lf + 1 : std::string_view::npos);
    // What may be the end is looked at only when it is all there.
    if (!is_whole && line_length_ == 0 && piece.size() < 3 && piece.front() == '.') return false;
    input.remove_prefix(piece.size());

    const bool is_new_line = line_length_ == 0;
    // RFC 5321 §4.1.1.4: only CRLF "." CRLF ends a message, or else mail can be smuggled in.
    if (is_new_line && is_after_crlf_ && piece == ".\r\n") return true;
    const bool ends_with_crlf = piece.size() > 1 ? piece[piece.size() - 2] == '\r' : ended_with_cr_;
    line_length_ += piece.size();
    if (is_whole) {
      is_after_crlf_ = ends_with_crlf;
      if (!ends_with_crlf) ++bare_line_ends_;
      if (line_length_ > kMaxLine) ++long_lines_;
      line_length_ = 0;
    }
    ended_with_cr_ = !is_whole && piece.back() == '\r';
    // RFC 5321 §4.5.2
    if (is_new_line && piece.front() == '.') piece.remove_prefix(1);
    take_content(piece);
  }
  return false;
}

void DataScanner::take_raw(std::string_view octets) {
  take_content(octets);
}

void DataScanner::take_content(std::string_view octets) {
  size_ += octets.size();
  if (keep_ == Keep::whole) {
    if (!is_too_large()) content_ += octets;
    return;
  }
  if (has_header_) return;
  const bool is_blank_line = octets == "\r\n" && (content_.empty() || content_.back() == '\n');
  has_header_ = is_blank_line || content_.size() + octets.size() > kMaxHeader;
  content_ += octets.substr(0, kMaxHeader - content_.size());
}

std::string_view find_message_id(std::string_view header) {
  constexpr std::string_view kBlastId = "x-blast-id:";
  constexpr std::string_view kMessageId = "message-id:";
  std::string_view message_id;
  while (!header.empty()) {
    const std::size_t lf = header.find('\n');
    std::string_view line = header.substr(0, lf);
    if (trim_white(line).empty()) break;
    const char first = static_cast<char>(line.front() | 0x20);
    if (first == 'x' && has_name(line, kBlastId)) return trim_white(line.substr(kBlastId.size()));
    if (first == 'm' && message_id.empty() && has_name(line, kMessageId)) {
      // A long id may stand on the folded line.
      std::size_t end = lf;
      while (end != std::string_view::npos && end + 1 < header.size() &&
             (header[end + 1] == ' ' || header[end + 1] == '\t')) {
        end = header.find('\n', end + 1);
      }
      message_id = trim_white(header.substr(
          kMessageId.size(), end == std::string_view::npos ? end : end - kMessageId.size()));
    }
    header.remove_prefix(lf == std::string_view::npos ? header.size() : lf + 1);
  }
  return message_id;
}

}  // namespace posthaste
