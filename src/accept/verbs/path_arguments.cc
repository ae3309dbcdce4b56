#include "accept/verbs/path_arguments.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"

namespace posthaste {
namespace {

// The length of "<...>" that `text` begins with, quoted strings respected; 0 when it does not end.
std::size_t bracketed_length(std::string_view text) {
  bool is_quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (is_quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (text[i] == '>' && !is_quoted) {
      return i + 1;
    }
  }
  return 0;
}

// The length of a path that came without brackets.
std::size_t bare_length(std::string_view text) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (text[i] == ' ' && !is_quoted) {
      return i;
    }
  }
  return is_quoted ? 0 : text.size();
}

int upper_hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<PathArguments> split_path_arguments(std::string_view text, std::string_view keyword) {
  if (uppered(text.substr(0, keyword.size())) != keyword) return std::nullopt;
  text.remove_prefix(keyword.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.empty()) return std::nullopt;
  const bool is_bracketed = text.front() == '<';
  const std::size_t length = is_bracketed ? bracketed_length(text) : bare_length(text);
  if (length == 0) return std::nullopt;
  std::string_view path = text.substr(0, length);
  if (is_bracketed) path = path.substr(1, path.size() - 2);
  // RFC 5321 §4.1.2, appendix C: a source route is accepted and ignored.
  if (path.starts_with('@')) {
    const auto colon = path.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    path.remove_prefix(colon + 1);
  }
  std::string_view rest = text.substr(length);
  if (!rest.empty() && rest.front() != ' ') return std::nullopt;
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return PathArguments{path, rest};
}

std::optional<EsmtpParameter> take_parameter(std::string_view& parameters) {
  const auto end = std::min(parameters.find(' '), parameters.size());
  const std::string_view text = parameters.substr(0, end);
  const auto equals = text.find('=');
  const std::string_view keyword = text.substr(0, equals);
  const auto may_stand_in_keyword = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (keyword.empty() || keyword.front() == '-' ||
      !std::all_of(keyword.begin(), keyword.end(), may_stand_in_keyword)) {
    return std::nullopt;
  }
  EsmtpParameter parameter{uppered(keyword), std::nullopt};
  if (equals != std::string_view::npos) {
    parameter.value = text.substr(equals + 1);
    if (parameter.value->empty()) return std::nullopt;
  }
  parameters.remove_prefix(end);
  parameters.remove_prefix(std::min(parameters.find_first_not_of(' '), parameters.size()));
  return parameter;
}

// xtext = *( xchar / hexchar ); hexchar = ASCII "+" followed by two upper case hexadecimal digits
std::optional<std::string> decode_xtext(std::string_view xtext) {
  std::string decoded;
  for (std::size_t i = 0; i < xtext.size(); ++i) {
    char c = xtext[i];
    if (c == '+') {
      if (i + 2 >= xtext.size()) return std::nullopt;
      const int high = upper_hex_value(xtext[i + 1]);
      const int low = upper_hex_value(xtext[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '=') {
      return std::nullopt;
    }
    if (static_cast<unsigned char>(c) < ' ' || c == 127) return std::nullopt;
    decoded += c;
  }
  return decoded;
}

std::optional<std::string_view> take_list_item(std::optional<std::string_view>& list) {
  if (!list) return std::nullopt;
  const auto comma = list->find(',');
  const std::string_view item = list->substr(0, comma);
  if (comma == std::string_view::npos) {
    list.reset();
  } else {
    list = list->substr(comma + 1);
  }
  return item;
}

}  // namespace posthaste
