#include "identity/authentication_results_reader.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"

namespace posthaste {
namespace {

// A hostile field may hold any number of these.
constexpr std::size_t kMaxResults = 200;
constexpr std::size_t kMaxProperties = 50;

bool is_keyword_char(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_';
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return text;
}

}  // namespace

bool is_value_char(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet > ' ' && octet != 0x7f &&
         std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

bool AuthenticationResultsReader::take(char c) {
  if (peek() != c || is_at_end()) return false;
  ++at_;
  return true;
}

bool AuthenticationResultsReader::skip_cfws(std::string* comment) {
  while (!is_at_end()) {
    if (is_white(peek())) {
      ++at_;
    } else if (peek() == '(') {
      if (!skip_comment(comment)) return false;
      comment = nullptr;
    } else {
      break;
    }
  }
  return true;
}

bool AuthenticationResultsReader::skip_comment(std::string* comment) {
  std::size_t depth = 0;
  const std::size_t begin = at_ + 1;
  for (; !is_at_end(); ++at_) {
    const char c = peek();
    if (c == '\\') {
      ++at_;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      if (comment != nullptr) {
        comment->clear();
        for (const char kept : text_.substr(begin, at_ - begin)) {
          if (!is_white(kept) && !is_control(kept)) {
            comment->push_back(kept);
          } else if (!comment->ends_with(' ')) {
            comment->push_back(' ');
          }
        }
      }
      ++at_;
      return true;
    }
  }
  return false;
}

std::string AuthenticationResultsReader::take_keyword() {
  const std::size_t begin = at_;
  while (is_keyword_char(peek())) ++at_;
  return std::string(text_.substr(begin, at_ - begin));
}

std::optional<std::string> AuthenticationResultsReader::take_quoted() {
  if (!take('"')) return std::nullopt;
  std::string value;
  for (; !is_at_end(); ++at_) {
    char c = peek();
    if (c == '"') {
      ++at_;
      return value;
    }
    if (c == '\\') {
      ++at_;
      if (is_at_end()) return std::nullopt;
      c = peek();
    }
    if (!is_control(c)) value.push_back(c);
  }
  return std::nullopt;
}

std::optional<std::string> AuthenticationResultsReader::take_value() {
  const std::size_t begin = at_;
  if (peek() == '"') {
    std::optional<std::string> value = take_quoted();
    if (!value || peek() != '@') return value;
  }
  const auto ends_value = [](char c) { return is_white(c) || c == ';' || c == '(' || c == '"'; };
  while (!is_at_end() && !ends_value(peek())) ++at_;
  if (at_ == begin) return std::nullopt;
  std::string value(text_.substr(begin, at_ - begin));
  std::erase_if(value, is_control);
  return value;
}

// RFC 8601 §2.2:
//   authres-payload = [CFWS] authserv-id [ CFWS authres-version ]
//                     ( no-result / 1*resinfo ) [CFWS] CRLF
//   no-result = [CFWS] ";" [CFWS] "none"
std::optional<AuthenticationResults> AuthenticationResultsReader::read() {
  AuthenticationResults out;
  if (!read_authserv_id(out)) return std::nullopt;
  while (take(';')) {
    if (!skip_cfws()) return std::nullopt;
    if (is_at_end()) break;
    if (out.results.size() >= kMaxResults || !read_result(out)) return std::nullopt;
  }
  if (!is_at_end()) return std::nullopt;
  return out;
}

bool AuthenticationResultsReader::read_authserv_id(AuthenticationResults& out) {
  if (!skip_cfws()) return false;
  if (peek() == '"') {
    std::optional<std::string> id = take_quoted();
    if (!id) return false;
    out.authserv_id = std::move(*id);
  } else {
    while (is_value_char(peek()) && !is_at_end()) out.authserv_id.push_back(text_[at_++]);
  }
  if (out.authserv_id.empty() || !skip_cfws()) return false;
  // RFC 8601 §2.2: a later version may mean anything.
  const std::string version = take_keyword();
  return (version.empty() || version == "1") && skip_cfws() && peek() == ';';
}

//   resinfo = [CFWS] ";" methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ]
bool AuthenticationResultsReader::read_result(AuthenticationResults& out) {
  AuthenticationResult result;
  const std::size_t begin = at_;
  const bool is_none = lower_case(take_keyword()) == "none";
  if (is_none && skip_cfws() && (is_at_end() || peek() == ';')) return true;
  at_ = begin;
  if (!read_method(result)) return false;
  while (!is_at_end() && peek() != ';') {
    if (result.properties.size() >= kMaxProperties || !read_property(result)) return false;
    if (!skip_cfws()) return false;
  }
  out.results.push_back(std::move(result));
  return true;
}

//   methodspec = [CFWS] method [CFWS] "=" [CFWS] result
//   method = Keyword [ [CFWS] "/" [CFWS] method-version ]
bool AuthenticationResultsReader::read_method(AuthenticationResult& out) {
  out.method = lower_case(take_keyword());
  if (out.method.empty() || !skip_cfws()) return false;
  if (take('/') && (!skip_cfws() || take_keyword() != "1" || !skip_cfws())) return false;
  if (!take('=') || !skip_cfws()) return false;
  out.result = lower_case(take_keyword());
  return !out.result.empty() && skip_cfws(&out.comment);
}

//   reasonspec = "reason" [CFWS] "=" [CFWS] value
//   propspec = ptype [CFWS] "." [CFWS] property [CFWS] "=" pvalue
bool AuthenticationResultsReader::read_property(AuthenticationResult& out) {
  AuthenticationProperty property;
  property.type = lower_case(take_keyword());
  if (property.type.empty() || !skip_cfws()) return false;
  const bool is_property = take('.');
  if (is_property) {
    if (!skip_cfws()) return false;
    property.name = lower_case(take_keyword());
    if (property.name.empty() || !skip_cfws()) return false;
  }
  if (!take('=') || !skip_cfws()) return false;
  std::optional<std::string> value = take_value();
  if (!value) return false;
  property.value = std::move(*value);
  if (is_property) {
    out.properties.push_back(std::move(property));
  } else if (property.type == "reason") {
    out.reason = std::move(property.value);
  }
  return true;
}

}  // namespace posthaste
