#include "identity/authentication_results.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "identity/authentication_results_reader.h"

namespace posthaste {
namespace {

constexpr std::size_t kMargin = 76;

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_value_char);
}

// A mail address, or "@" and a domain, whose parts are tokens.
bool is_plain_address(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && is_token(text.substr(at + 1)) &&
         (at == 0 || is_token(text.substr(0, at)));
}

// What a peer said may hold anything; a line end would begin another field.
std::string without_controls(std::string text) {
  std::erase_if(text, is_control);
  return text;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out.append("\"");
}

// RFC 8601 §2.2: value, as RFC 2045 §5.1 has it; an address is none without quotes.
std::string write_value(std::string text) {
  text = without_controls(std::move(text));
  return is_token(text) ? text : quote(text);
}

// RFC 8601 §2.2: pvalue = [CFWS] ( ( value / [ [ local-part ] "@" ] domain-name ) ) [CFWS]
std::string write_property_value(std::string text) {
  text = without_controls(std::move(text));
  return is_token(text) || is_plain_address(text) ? text : quote(text);
}

// The parentheses in `text` match and nothing is escaped halfway: it can be a comment as it stands.
bool is_comment_text(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      if (++i == text.size()) return false;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')' && --depth < 0) {
      return false;
    }
  }
  return depth == 0;
}

std::string comment_of(std::string text) {
  text = without_controls(std::move(text));
  const bool as_it_stands = is_comment_text(text);
  std::string out = "(";
  for (const char c : text) {
    if (!as_it_stands && (c == '(' || c == ')' || c == '\\')) out.push_back('\\');
    out.push_back(c);
  }
  return out.append(")");
}

// Words of one field, folded where a line would pass the margin.
class FieldWriter {
 public:
  explicit FieldWriter(std::string first) : text_(std::move(first)), column_(text_.size()) {}

  void begin_line(const std::string& word) {
    text_.append("\r\n ").append(word);
    column_ = 1 + word.size();
  }
  void add(const std::string& word) {
    if (column_ + 1 + word.size() > kMargin) return begin_line(word);
    text_.append(" ").append(word);
    column_ += 1 + word.size();
  }
  void append(std::string_view mark) {
    text_.append(mark);
    column_ += mark.size();
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t column_;
};

}  // namespace

std::string to_field_value(const AuthenticationResults& results) {
  FieldWriter writer(write_value(results.authserv_id));
  // RFC 8601 §2.2: a check that found nothing to check says so.
  if (results.results.empty()) {
    writer.append("; none");
    return writer.take();
  }
  for (const AuthenticationResult& result : results.results) {
    writer.append(";");
    writer.begin_line(result.method + "=" + result.result);
    if (!result.comment.empty()) writer.add(comment_of(result.comment));
    if (!result.reason.empty()) writer.add("reason=" + write_value(result.reason));
    for (const AuthenticationProperty& property : result.properties) {
      writer.add(property.type + "." + property.name + "=" + write_property_value(property.value));
    }
  }
  return writer.take();
}

std::optional<AuthenticationResults> parse_authentication_results(std::string_view value) {
  return AuthenticationResultsReader(value).read();
}

}  // namespace posthaste
