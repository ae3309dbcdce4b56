#include "route/header_match.h"

#include <re2/re2.h>

#include <fmt/format.h>
#include <cstddef>
#include <utility>

#include "base/ascii.h"
#include "route/route_error.h"

namespace posthaste {
namespace {

// RFC 5322 §3.6.8: printable ASCII but the colon.
bool is_field_name(std::string_view name) {
  for (const char c : name) {
    if (c <= ' ' || c > '~') return false;
  }
  return !name.empty();
}

}  // namespace

HeaderMatch::HeaderMatch(std::string field, std::unique_ptr<re2::RE2> pattern)
    : field_(std::move(field)), pattern_(std::move(pattern)) {}
HeaderMatch::HeaderMatch(HeaderMatch&&) noexcept = default;
HeaderMatch& HeaderMatch::operator=(HeaderMatch&&) noexcept = default;
HeaderMatch::~HeaderMatch() = default;

Result<HeaderMatch> HeaderMatch::compile(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string_view field = trim_blanks(std::string_view(text).substr(0, colon));
  if (colon == std::string::npos || !is_field_name(field)) {
    return {RouteErrc::bad_rule,
            fmt::format("\"{}\" does not name a header field: write \"X-Priority: high\"", text)};
  }
  const std::string_view pattern = trim_blanks(std::string_view(text).substr(colon + 1));
  re2::RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  auto compiled =
      std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled->ok()) {
    return {RouteErrc::bad_rule,
            fmt::format("\"{}\" has a bad pattern: {}", text, compiled->error())};
  }
  return HeaderMatch(std::string(field), std::move(compiled));
}

bool HeaderMatch::matches(std::string_view value) const {
  return re2::RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), *pattern_);
}

}  // namespace posthaste
