#include "mail/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/ascii.h"
#include "mail/mime_decoding.h"

namespace posthaste {
namespace {

// RFC 5322 §2.2: printable US-ASCII but the colon.
bool is_field_name(std::string_view name) {
  if (name.empty()) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

struct EncodedWord {
  std::string text;
  std::size_t length;  // in the source
};

// encoded-word = "=?" charset "?" encoding "?" encoded-text "?="   (RFC 2047 §2)
std::optional<EncodedWord> decode_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() ||
      text[charset_end + 2] != '?') {
    return std::nullopt;
  }
  const std::size_t end = text.find("?=", charset_end + 3);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));  // RFC 2231 §5: the language is left out
  const char encoding = to_lower(text[charset_end + 1]);
  const std::string_view payload = text.substr(charset_end + 3, end - charset_end - 3);
  if (encoding != 'q' && encoding != 'b') return std::nullopt;
  const std::string octets =
      encoding == 'q' ? decode_q(payload) : decode_transfer(payload, TransferEncoding::base64);
  std::optional<std::string> decoded = convert_to_utf8(octets, charset);
  if (!decoded) return std::nullopt;
  return EncodedWord{std::move(*decoded), end + 2};
}

void cut_utf8(std::string& text, std::size_t max) {
  if (text.size() <= max) return;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xc0) == 0x80) --max;
  text.resize(max);
}

// Leaves out comments, and turns quoted-strings into marks of their own, so that commas, angle
// brackets and colons that remain are syntax.
class AddressList {
 public:
  explicit AddressList(std::string_view text) : text_(text) {}

  std::vector<std::string> read() {
    for (; place_ < text_.size(); ++place_) take(text_[place_]);
    finish();
    return std::move(found_);
  }

 private:
  void take(char c) {
    if (c == '(') return skip_comment();
    if (c == '"') return take_quoted();
    if (c == '<') {
      current_.clear();
      is_in_angle_ = true;
      return;
    }
    if (c == '>') {
      is_in_angle_ = false;
      is_closed_ = true;
      return;
    }
    if (!is_in_angle_ && (c == ',' || c == ';')) return finish();
    if (c == ':' && !is_in_angle_) return current_.clear();  // group = display-name ":"
    if (!is_white(c) && !is_closed_) current_.push_back(c);
  }

  void skip_comment() {
    int depth = 0;
    for (; place_ < text_.size(); ++place_) {
      if (text_[place_] == '\\')
        ++place_;
      else if (text_[place_] == '(')
        ++depth;
      else if (text_[place_] == ')' && --depth == 0)
        return;
    }
  }

  void take_quoted() {
    std::string quoted = "\"";
    for (++place_; place_ < text_.size() && text_[place_] != '"'; ++place_) {
      quoted.push_back(text_[place_]);
      if (text_[place_] == '\\' && place_ + 1 < text_.size()) quoted.push_back(text_[++place_]);
    }
    if (!is_closed_) current_ += quoted + "\"";
  }

  void finish() {
    if (current_.find('@') != std::string::npos) found_.push_back(current_);
    current_.clear();
    is_in_angle_ = false;
    is_closed_ = false;
  }

  std::string_view text_;
  std::size_t place_ = 0;
  std::string current_;
  bool is_in_angle_ = false;
  bool is_closed_ = false;
  std::vector<std::string> found_;
};

}  // namespace

MessageView::MessageView(std::string_view message) : message_(message) {
  std::size_t place = 0;
  while (place < message.size()) {
    std::size_t line_end = message.find('\n', place);
    const std::size_t next = line_end == std::string_view::npos ? message.size() : line_end + 1;
    if (line_end == std::string_view::npos) line_end = message.size();
    if (line_end > place && message[line_end - 1] == '\r') --line_end;
    const std::string_view line = message.substr(place, line_end - place);
    if (line.empty()) {
      header_end_ = place;
      body_begin_ = next;
      return;
    }
    if (is_blank(line.front()) && !fields_.empty()) {
      HeaderField& field = fields_.back();
      field.end = next;
      field.value =
          message.substr(static_cast<std::size_t>(field.value.data() - message.data()),
                         line_end - static_cast<std::size_t>(field.value.data() - message.data()));
    } else {
      const std::size_t colon = line.find(':');
      std::string_view name = line.substr(0, colon == std::string_view::npos ? 0 : colon);
      while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);  // RFC 5322 §4.5
      if (!is_field_name(name)) {
        is_malformed_ = true;
        header_end_ = body_begin_ = place;
        return;
      }
      fields_.push_back({name, line.substr(colon + 1), place, next});
    }
    place = next;
  }
  header_end_ = body_begin_ = message.size();
}

const HeaderField* MessageView::find(std::string_view name) const {
  for (const HeaderField& field : fields_) {
    if (equals_ignoring_case(field.name, name)) return &field;
  }
  return nullptr;
}

std::size_t MessageView::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      fields_.begin(), fields_.end(),
      [name](const HeaderField& field) { return equals_ignoring_case(field.name, name); }));
}

std::string unfold(std::string_view value) {
  std::string line;
  line.reserve(value.size());
  for (const char c : trim_white(value)) {
    if (c != '\r' && c != '\n') line.push_back(c);
  }
  return line;
}

std::string decode_text(std::string_view value, std::size_t max) {
  // Each beginning that turns out to be none may be searched to the end of the text: after so many
  // the rest is taken as it stands.
  constexpr int kMaxFalseWords = 20;
  // Encoded words are longer than their text, but never this much: what is behind cannot matter.
  const std::string source = unfold(value.substr(0, 16 * max));
  std::string_view rest = source;
  std::string text;
  bool was_word = false;
  int false_words = 0;
  while (!rest.empty() && text.size() <= max) {
    const bool may_be_word = false_words < kMaxFalseWords && rest.starts_with("=?");
    if (const auto word = may_be_word ? decode_word(rest) : std::nullopt) {
      text += word->text;
      rest.remove_prefix(word->length);
      was_word = true;
      continue;
    }
    false_words += may_be_word ? 1 : 0;
    // RFC 2047 §6.2: white space between two encoded words is left out.
    if (was_word && is_blank(rest.front())) {
      const std::size_t next = rest.find_first_not_of(" \t");
      if (next != std::string_view::npos && decode_word(rest.substr(next))) {
        rest.remove_prefix(next);
        continue;
      }
    }
    was_word = false;
    text.push_back(rest.front());
    rest.remove_prefix(1);
  }
  cut_utf8(text, max);
  return text;
}

std::vector<std::string> addresses_of(std::string_view value) {
  return AddressList(value).read();
}

std::string format_date(WallTime time) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time) - day);
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", kDays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
      clock.seconds().count());
}

bool has_eight_bit(std::string_view octets) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  std::size_t i = 0;
  for (; i + 8 <= octets.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data() + i, 8);
    if (word & kHighBits) return true;
  }
  for (; i < octets.size(); ++i) {
    if (static_cast<unsigned char>(octets[i]) >= 0x80) return true;
  }
  return false;
}

std::size_t longest_line(std::string_view octets) {
  std::size_t longest = 0;
  while (!octets.empty()) {
    const std::size_t end = octets.find('\n');
    std::size_t length = end == std::string_view::npos ? octets.size() : end;
    if (length > 0 && octets[length - 1] == '\r') --length;
    longest = std::max(longest, length);
    if (end == std::string_view::npos) break;
    octets.remove_prefix(end + 1);
  }
  return longest;
}

}  // namespace posthaste
