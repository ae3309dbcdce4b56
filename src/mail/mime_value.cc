#include "mail/mime_value.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "base/ascii.h"
#include "mail/message.h"
#include "mail/mime_decoding.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxField = 32 * 1024;
constexpr std::size_t kMaxParameters = 64;
constexpr std::size_t kMaxPiece = 999;

// A parameter as it is written: name as in "filename*0*", value without its quotes.
struct Written {
  std::string name;
  std::string value;
  bool was_quoted = false;
};

class ValueScanner {
 public:
  explicit ValueScanner(std::string_view text) : text_(text) {}

  bool at_end() const { return place_ >= text_.size(); }

  // Up to `;` outside comments, or to white space: some leave the `;` out.
  std::string take_type() {
    std::string type;
    std::size_t slash = std::string::npos;
    while (!at_end() && is_white(text_[place_])) ++place_;
    while (!at_end() && text_[place_] != ';') {
      const bool is_whole = slash != std::string::npos && slash + 1 < type.size();
      if (is_whole && is_white(text_[place_])) break;
      if (text_[place_] == '(') {
        skip_comment();
      } else {
        if (text_[place_] == '/' && slash == std::string::npos) slash = type.size();
        type.push_back(text_[place_++]);
      }
    }
    return type;
  }

  // parameter := attribute "=" value, behind `;` and white space (RFC 2045 §5.1)
  Written take_parameter() {
    Written written;
    while (!at_end() && (text_[place_] == ';' || is_white(text_[place_]))) ++place_;
    while (!at_end() && text_[place_] != '=' && text_[place_] != ';') {
      if (text_[place_] == '(') {
        skip_comment();
      } else {
        written.name.push_back(text_[place_++]);
      }
    }
    written.name = lowered(trim_white(written.name));
    if (at_end() || text_[place_] == ';') return written;
    ++place_;
    while (!at_end() && is_white(text_[place_])) ++place_;
    written.was_quoted = !at_end() && text_[place_] == '"';
    written.value = written.was_quoted ? take_quoted() : take_bare();
    return written;
  }

 private:
  void skip_comment() {
    int depth = 0;
    for (; !at_end(); ++place_) {
      if (text_[place_] == '\\') {
        ++place_;
      } else if (text_[place_] == '(') {
        ++depth;
      } else if (text_[place_] == ')' && --depth == 0) {
        ++place_;
        return;
      }
    }
  }

  std::string take_quoted() {
    std::string value;
    for (++place_; !at_end() && text_[place_] != '"'; ++place_) {
      if (text_[place_] == '\\' && place_ + 1 < text_.size()) ++place_;
      if (text_[place_] != '\r' && text_[place_] != '\n') value.push_back(text_[place_]);
    }
    if (!at_end()) ++place_;
    return value;
  }

  // Ends at `;`, at a comment, or where white space stands before what is another parameter.
  std::string take_bare() {
    const std::string_view rest = text_.substr(place_);
    std::size_t end = 0;
    // Looks at each octet once or twice, however much white space there is.
    for (;;) {
      end = std::min(rest.find_first_of("; \t\r\n", end), rest.size());
      if (end == rest.size() || rest[end] == ';') break;
      const std::size_t word = std::min(rest.find_first_not_of(" \t\r\n", end), rest.size());
      const std::size_t stop = std::min(rest.find_first_of("=;\" \t\r\n", word), rest.size());
      const bool is_parameter = stop > word && stop < rest.size() && rest[stop] == '=';
      const bool is_comment = word < rest.size() && rest[word] == '(';
      if (is_parameter || is_comment) break;
      end = word;
    }
    place_ += end;
    return unfold(rest.substr(0, end));
  }

  std::string_view text_;
  std::size_t place_ = 0;
};

// RFC 2231 §4: charset'language'text, percent-encoded.
std::string decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto is_hex = [text](std::size_t at) {
      return at < text.size() &&
             std::string_view("0123456789abcdefABCDEF").find(text[at]) != std::string_view::npos;
    };
    if (text[i] == '%' && is_hex(i + 1) && is_hex(i + 2)) {
      decoded.push_back(
          static_cast<char>(std::strtoul(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16)));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

// RFC 2231 §3: one piece of a parameter: `filename*1*` is piece 1 of filename, encoded.
struct Piece {
  std::string name;
  std::size_t number = 0;
  bool is_encoded = false;
  std::string value;
};

Piece piece_of(Written written) {
  Piece piece{.value = std::move(written.value)};
  std::string_view name = written.name;
  const std::size_t star = name.find('*');
  piece.name = std::string(name.substr(0, star));
  if (star == std::string_view::npos) return piece;
  piece.is_encoded = name.ends_with('*');
  piece.number = std::min<std::size_t>(
      std::strtoul(std::string(name.substr(star + 1)).c_str(), nullptr, 10), kMaxPiece);
  return piece;
}

// All pieces of one name, put together and decoded.
std::string joined(std::vector<Piece> pieces) {
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return a.number < b.number; });
  std::string charset;
  std::string value;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string_view text = pieces[i].value;
    if (!pieces[i].is_encoded) {
      value += text;
      continue;
    }
    const std::size_t quote = i == 0 ? text.find('\'') : std::string_view::npos;
    const std::size_t second = quote == std::string_view::npos ? quote : text.find('\'', quote + 1);
    if (second != std::string_view::npos) {
      charset = text.substr(0, quote);
      text.remove_prefix(second + 1);
    }
    value += decode_percent(text);
  }
  return to_utf8(value, charset);
}

}  // namespace

MimeValue MimeValue::parse(std::string_view field) {
  ValueScanner scanner(field.substr(0, kMaxField));
  MimeValue value{.type = lowered(scanner.take_type())};
  std::erase_if(value.type, is_white);
  std::vector<Piece> extended;
  while (!scanner.at_end() && value.parameters.size() + extended.size() < kMaxParameters) {
    Written written = scanner.take_parameter();
    if (written.name.empty()) continue;
    if (written.name.find('*') != std::string::npos) {
      extended.push_back(piece_of(std::move(written)));
    } else if (value.parameter(written.name).empty()) {
      // RFC 2047 §5 forbids encoded words here; they are met all the same.
      value.parameters.push_back({written.name, decode_text(written.value, kMaxField)});
    }
  }
  while (!extended.empty()) {
    const std::string name = extended.front().name;
    const auto others = std::stable_partition(extended.begin(), extended.end(),
                                              [&name](const Piece& p) { return p.name == name; });
    std::vector<Piece> own(std::make_move_iterator(extended.begin()),
                           std::make_move_iterator(others));
    extended.erase(extended.begin(), others);
    // RFC 6266 §4.3, and mail does the same: the extended form is the better one.
    std::erase_if(value.parameters, [&name](const MimeParameter& p) { return p.name == name; });
    value.parameters.push_back({name, joined(std::move(own))});
  }
  return value;
}

std::string_view MimeValue::parameter(std::string_view name) const {
  for (const MimeParameter& parameter : parameters) {
    if (parameter.name == name) return parameter.value;
  }
  return {};
}

}  // namespace posthaste
