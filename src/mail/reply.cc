#include "mail/reply.h"

#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "mail/mail_error.h"

namespace posthaste {
namespace {

// Takes 1 to `max` digits off `text`.
std::optional<std::uint16_t> take_number(std::string_view& text, std::size_t max) {
  std::uint16_t number = 0;
  std::size_t count = 0;
  while (count < text.size() && count < max && is_digit(text[count])) {
    number = static_cast<std::uint16_t>(number * 10 + (text[count++] - '0'));
  }
  if (count == 0) return std::nullopt;
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

Error malformed(std::string_view line, const char* why) {
  std::string shown;
  for (const char c : line.substr(0, 60)) shown.push_back(c < 0x20 || c > 0x7e ? '?' : c);
  return {MailErrc::bad_reply, "the peer's reply \"" + shown + "\" is no SMTP: " + why};
}

}  // namespace

std::optional<EnhancedStatus> EnhancedStatus::parse(std::string_view text) {
  // status-code = class "." subject "." detail            (RFC 3463 §2)
  const auto klass = take_number(text, 1);
  if (!klass || (*klass != 2 && *klass != 4 && *klass != 5) || !take(text, '.'))
    return std::nullopt;
  const auto subject = take_number(text, 3);
  if (!subject || !take(text, '.')) return std::nullopt;
  const auto detail = take_number(text, 3);
  if (!detail || (!text.empty() && text.front() != ' ' && text.front() != '\t'))
    return std::nullopt;
  return EnhancedStatus{*klass, *subject, *detail};
}

std::string EnhancedStatus::to_string() const {
  return std::to_string(klass) + "." + std::to_string(subject) + "." + std::to_string(detail);
}

std::string Reply::text() const {
  std::string text = std::to_string(code);
  if (enhanced) text += " " + enhanced->to_string();
  for (const std::string& line : lines) {
    if (!line.empty()) text += " " + line;
  }
  return text;
}

Result<std::optional<Reply>> ReplyParser::parse(std::string_view& input) {
  while (!input.empty()) {
    const std::size_t end = input.find('\n');
    const std::string_view piece = input.substr(0, end);
    if (partial_.size() + piece.size() > kMaxLine) return malformed(piece, "its line has no end");
    if (end == std::string_view::npos) {
      partial_ += piece;
      input = {};
      return std::optional<Reply>();
    }
    std::string joined;
    std::string_view line = piece;
    if (!partial_.empty()) {
      joined = std::exchange(partial_, {}) + std::string(piece);
      line = joined;
    }
    input.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto is_last = take_line(line);
    if (!is_last) return is_last.error();
    if (*is_last) {
      has_lines_ = false;
      return std::optional(std::exchange(reply_, {}));
    }
  }
  return std::optional<Reply>();
}

// Reply-line = *( Reply-code "-" [ textstring ] CRLF )    (RFC 5321 §4.2)
//              Reply-code [ SP textstring ] CRLF
Result<bool> ReplyParser::take_line(std::string_view line) {
  const std::string_view whole = line;
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
      !is_digit(line[2])) {
    return malformed(whole, "it begins with no reply code");
  }
  std::uint32_t code = 0;
  std::from_chars(line.data(), line.data() + 3, code);
  line.remove_prefix(3);
  const bool goes_on = line.starts_with('-');
  if (!line.empty() && !goes_on && line.front() != ' ') {
    return malformed(whole, "it begins with no reply code");
  }
  if (!line.empty()) line.remove_prefix(1);
  if (has_lines_ && code != reply_.code) return malformed(whole, "its lines have different codes");
  if (reply_.lines.size() == kMaxLines) return malformed(whole, "it has too many lines");
  if (auto status = EnhancedStatus::parse(line)) {
    if (!reply_.enhanced) reply_.enhanced = *status;
    const std::size_t text = line.find_first_of(" \t");
    line.remove_prefix(text == std::string_view::npos ? line.size() : text + 1);
  }
  reply_.code = code;
  reply_.lines.emplace_back(line);
  has_lines_ = true;
  return !goes_on;
}

}  // namespace posthaste
