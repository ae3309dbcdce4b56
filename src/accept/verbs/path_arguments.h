#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

// The arguments of MAIL and RCPT, cut at their seams.
struct PathArguments {
  std::string_view path;        // without angle brackets and source route; "" is the null path
  std::string_view parameters;  // of ESMTP, with spaces between
};

// `keyword` is "FROM:" or "TO:", in upper case. Nothing when `text` is not of that form. Takes a
// path without its angle brackets too, as many programs write it, and spaces behind the colon.
std::optional<PathArguments> split_path_arguments(std::string_view text, std::string_view keyword);

// One ESMTP parameter, RFC 5321 §4.1.2: esmtp-keyword ["=" esmtp-value]
struct EsmtpParameter {
  std::string keyword;  // in upper case
  std::optional<std::string_view> value;
};

// Cuts the first parameter off `parameters`; nothing when none is left or it is malformed, and
// then `parameters` still holds it.
std::optional<EsmtpParameter> take_parameter(std::string_view& parameters);

// RFC 3461 §4: xtext decoded. Nothing for what is no xtext, or would decode to control characters,
// which must not get into headers of a report.
std::optional<std::string> decode_xtext(std::string_view xtext);

// Splits a list at its commas: "SUCCESS,DELAY".
std::optional<std::string_view> take_list_item(std::optional<std::string_view>& list);

}  // namespace posthaste
