#include "identity/authentication_results.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "identity/authentication_results_reader.h"

namespace posthaste {
namespace {

constexpr std::size_t kMargin = 76;

// A token of RFC 2045 §5.1, or a mail address or domain whose parts are such.
bool needs_no_quotes(std::string_view text) {
  const bool is_plain =
      std::all_of(text.begin(), text.end(), [](char c) { return is_value_char(c) || c == '@'; });
  return is_plain && !text.empty() && std::count(text.begin(), text.end(), '@') <= 1 &&
         text.back() != '@';
}

std::string quote_value(std::string text) {
  // What a peer said may hold anything; a line end would begin another field.
  std::erase_if(text, is_control);
  if (needs_no_quotes(text)) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out.append("\"");
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
  std::erase_if(text, is_control);
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
  FieldWriter writer(quote_value(results.authserv_id));
  // RFC 8601 §2.2: a check that found nothing to check says so.
  if (results.results.empty()) {
    writer.append("; none");
    return writer.take();
  }
  for (const AuthenticationResult& result : results.results) {
    writer.append(";");
    writer.begin_line(result.method + "=" + result.result);
    if (!result.comment.empty()) writer.add(comment_of(result.comment));
    if (!result.reason.empty()) writer.add("reason=" + quote_value(result.reason));
    for (const AuthenticationProperty& property : result.properties) {
      writer.add(property.type + "." + property.name + "=" + quote_value(property.value));
    }
  }
  return writer.take();
}

std::optional<AuthenticationResults> parse_authentication_results(std::string_view value) {
  return AuthenticationResultsReader(value).read();
}

}  // namespace posthaste
