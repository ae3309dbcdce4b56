#include "identity/transport/mta_sts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "base/ascii.h"
#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

// RFC 8461 §3.2: "max_age" is at most a year.
constexpr std::int64_t kMaxAge = 31557600;
constexpr std::size_t kMaxText = 64 << 10;
constexpr std::string_view kVersion = "v=STSv1";
// More patterns than any real policy; a hostile one costs no more than this.
constexpr std::size_t kMaxPatterns = 200;

Error invalid(std::size_t line, const std::string& what) {
  return {make_error_code(boost::system::errc::invalid_argument),
          fmt::format("line {}: {}", line, what)};
}
Error invalid(const std::string& what) {
  return {make_error_code(boost::system::errc::invalid_argument), what};
}

// A line's worth of peer's text, in a message for people.
std::string quote(std::string_view text) {
  std::string safe;
  for (const char c : text.substr(0, 60)) safe += c >= ' ' && c <= '~' ? c : '?';
  return '"' + safe + '"';
}

// sts-policy-ext-name = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")
bool is_key(std::string_view key) {
  if (key.empty() || key.size() > 32 || !is_alphanumeric(key.front())) return false;
  return std::all_of(key.begin(), key.end(),
                     [](char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; });
}

// sts-policy-mx-value = ["*."] Domain
std::optional<std::string> read_pattern(std::string_view value) {
  const bool is_wild = value.starts_with("*.");
  if (is_wild) value.remove_prefix(2);
  if (value.find('*') != std::string_view::npos) return std::nullopt;
  const std::optional<std::string> name = normalize_dns_name(value);
  if (!name || !is_host_name(*name)) return std::nullopt;
  return (is_wild ? "*." : "") + *name;
}

// What was read of a policy so far; each key counts once, its first time (RFC 8461 §3.2).
struct Reading {
  MtaStsPolicy policy;
  bool has_version = false;
  bool has_mode = false;
  bool has_max_age = false;

  std::string take(std::string_view key, std::string_view value);
  std::string take_mode(std::string_view value);
  std::string take_max_age(std::string_view value);
  std::string take_mx(std::string_view value);
};

// What is wrong, "" for nothing.
std::string Reading::take(std::string_view key, std::string_view value) {
  if (key == "version" && !std::exchange(has_version, true)) {
    return value == "STSv1" ? "" : "the version is " + quote(value) + ", not STSv1";
  }
  if (key == "mode" && !std::exchange(has_mode, true)) return take_mode(value);
  if (key == "max_age" && !std::exchange(has_max_age, true)) return take_max_age(value);
  if (key == "mx") return take_mx(value);
  return {};  // RFC 8461 §3.2: unknown keys are ignored
}

std::string Reading::take_mode(std::string_view value) {
  for (const MtaStsMode mode : {MtaStsMode::none, MtaStsMode::testing, MtaStsMode::enforce}) {
    if (value != to_string(mode)) continue;
    policy.mode = mode;
    return {};
  }
  return "the mode is " + quote(value) + ", none of enforce, testing and none";
}

std::string Reading::take_max_age(std::string_view value) {
  std::int64_t seconds = -1;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  const bool is_number = fault == std::errc() && end == value.data() + value.size();
  if (!is_number || seconds < 0 || seconds > kMaxAge) {
    return fmt::format("max_age is {}, no number of seconds up to {}", quote(value), kMaxAge);
  }
  policy.max_age = std::chrono::seconds(seconds);
  return {};
}

std::string Reading::take_mx(std::string_view value) {
  std::optional<std::string> pattern = read_pattern(value);
  if (!pattern) return "mx is " + quote(value) + ", no host name";
  if (policy.mx.size() >= kMaxPatterns) return "there are too many mx lines";
  policy.mx.push_back(std::move(*pattern));
  return {};
}

// The next line of `rest`, which keeps what follows.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string_view to_string(MtaStsMode mode) {
  constexpr std::array<std::string_view, 3> kNames{"none", "testing", "enforce"};
  return kNames[static_cast<std::size_t>(mode)];
}

// sts-policy-record = sts-policy-field *(sts-policy-term sts-policy-field) [sts-policy-term]
// sts-policy-field  = sts-policy-version / sts-policy-mode / sts-policy-max-age / sts-policy-mx /
//                     sts-policy-extension
// sts-policy-term   = LF / CRLF
Result<MtaStsPolicy> parse_mta_sts_policy(std::string_view text) {
  if (text.size() > kMaxText) return invalid("the policy is larger than 64 KiB");
  Reading reading;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::string_view line = trim_blanks(take_line(text));
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos)
      return invalid(number, quote(line) + " is no \"key: value\"");
    const std::string_view key = trim_blanks(line.substr(0, colon));
    if (!is_key(key)) return invalid(number, quote(key) + " is no key");
    const std::string wrong = reading.take(key, trim_blanks(line.substr(colon + 1)));
    if (!wrong.empty()) return invalid(number, wrong);
    reading.policy.lines.emplace_back(line);
  }
  if (!reading.has_version) return invalid("there is no line \"version: STSv1\"");
  if (!reading.has_mode) return invalid("there is no mode");
  if (!reading.has_max_age) return invalid("there is no max_age");
  if (reading.policy.mx.empty() && reading.policy.mode != MtaStsMode::none) {
    return invalid("there is no mx");
  }
  return std::move(reading.policy);
}

bool is_mta_sts_type(std::string_view content_type) {
  return equals_ignoring_case(trim_blanks(content_type.substr(0, content_type.find(';'))),
                              "text/plain");
}

bool is_mta_sts_record(std::string_view text) {
  return text.starts_with(kVersion) && trim_blanks(text.substr(kVersion.size())).starts_with(';');
}

// sts-text-record = sts-version 1*(sts-field-delim sts-field) [sts-field-delim]
// sts-version     = %s"v=STSv1"
// sts-id          = %s"id=" 1*32(ALPHA / DIGIT)
std::optional<std::string> parse_mta_sts_record(std::string_view text) {
  if (!is_mta_sts_record(text)) return std::nullopt;
  text.remove_prefix(kVersion.size());
  std::optional<std::string> id;
  while (true) {
    text = trim_blanks(text);
    if (text.empty()) return id;
    if (text.front() != ';') return std::nullopt;
    text = trim_blanks(text.substr(1));
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view field = trim_blanks(text.substr(0, end));
    text.remove_prefix(end);
    if (field.empty() && text.empty()) return id;
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos || !is_key(field.substr(0, equals))) return std::nullopt;
    if (field.substr(0, equals) != "id") continue;
    const std::string_view value = field.substr(equals + 1);
    const bool is_good = !value.empty() && value.size() <= 32 &&
                         std::all_of(value.begin(), value.end(), is_alphanumeric);
    if (!is_good || id) return std::nullopt;
    id = std::string(value);
  }
}

bool permits(const MtaStsPolicy& policy, std::string_view mx_host) {
  std::string host = lowered(mx_host);
  if (host.ends_with('.')) host.pop_back();
  return std::any_of(policy.mx.begin(), policy.mx.end(), [&](const std::string& pattern) {
    if (!pattern.starts_with("*.")) return pattern == host;
    const std::size_t dot = host.find('.');
    return dot != std::string::npos && dot > 0 &&
           std::string_view(host).substr(dot) == std::string_view(pattern).substr(1);
  });
}

}  // namespace posthaste
