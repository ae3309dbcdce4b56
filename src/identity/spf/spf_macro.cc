#include "identity/spf/spf_macro.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/ascii.h"

namespace posthaste {
namespace {

constexpr std::string_view kDelimiters = ".-+,/_=";
constexpr std::size_t kMaxDomain = 253;

// macro-literal = %x21-24 / %x26-7E ; visible characters except "%"
// explain-string = *( macro-string / SP )
bool is_literal(char c, SpfMacroUse use) {
  return (c > ' ' && c <= '~' && c != '%') || (c == ' ' && use == SpfMacroUse::explanation);
}

// RFC 7208 §7.2: "c", "r" and "t" stand in explanations only.
bool is_macro_letter(char c, SpfMacroUse use) {
  constexpr std::string_view kLetters = "slodiphv";
  constexpr std::string_view kOfExplanations = "crt";
  return kLetters.find(c) != std::string_view::npos ||
         (use != SpfMacroUse::domain && kOfExplanations.find(c) != std::string_view::npos);
}

// toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
bool is_top_label(std::string_view label) {
  if (label.empty() || !is_alphanumeric(label.front()) || !is_alphanumeric(label.back())) {
    return false;
  }
  const auto is_inner = [](char c) { return is_alphanumeric(c) || c == '-'; };
  return std::all_of(label.begin(), label.end(), is_inner) &&
         !std::all_of(label.begin(), label.end(), is_digit);
}

std::vector<std::string_view> split(std::string_view text, std::string_view delimiters) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find_first_of(delimiters);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// RFC 7208 §7.3: what is not unreserved (RFC 3986 §2.3) is percent-encoded.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kUnreserved = "-._~";
  std::string encoded;
  for (const char c : text) {
    if (is_alphanumeric(c) || kUnreserved.find(c) != std::string_view::npos) {
      encoded.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<std::uint8_t>(c));
    }
  }
  return encoded;
}

std::string value_of(char letter, const SpfMacroValues& values) {
  switch (letter) {
    case 's':
      return values.sender_local + "@" + values.sender_domain;
    case 'l':
      return values.sender_local;
    case 'o':
      return values.sender_domain;
    case 'd':
      return values.domain;
    case 'i':
      return dotted_address(values.address);
    case 'p':
      return values.validated_name;
    case 'h':
      return values.helo;
    case 'v':
      return values.address.is_v4() ? "in-addr" : "ip6";
    case 'c':
      return values.address.to_string();
    case 'r':
      return values.receiver;
    default:  // t
      return std::to_string(
          std::chrono::floor<std::chrono::seconds>(values.time).time_since_epoch().count());
  }
}

}  // namespace

std::optional<SpfMacroString> SpfMacroString::parse(std::string_view text, SpfMacroUse use) {
  SpfMacroString string;
  string.text_ = text;
  if (!string.read(text, use)) return std::nullopt;
  return string;
}

// macro-string = *( macro-expand / macro-literal )
// macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"
bool SpfMacroString::read(std::string_view text, SpfMacroUse use) {
  std::string_view last;  // the literal at the end; none after a macro-expand
  while (!text.empty()) {
    if (text.front() == '%') {
      last = {};
      if (!read_macro(text, use)) return false;
      continue;
    }
    last = text.substr(0, text.find('%'));
    if (!std::all_of(last.begin(), last.end(), [use](char c) { return is_literal(c, use); })) {
      return false;
    }
    add_literal(last);
    text.remove_prefix(last.size());
  }
  if (use != SpfMacroUse::domain) return true;
  return last.empty() ? !parts_.empty() : is_domain_spec(last);
}

// domain-spec = macro-string domain-end
// domain-end  = ( "." toplabel [ "." ] ) / macro-expand
bool SpfMacroString::is_domain_spec(std::string_view last_literal) {
  if (last_literal.ends_with('.')) last_literal.remove_suffix(1);
  const std::size_t dot = last_literal.rfind('.');
  return dot != std::string_view::npos && is_top_label(last_literal.substr(dot + 1));
}

// transformers = *DIGIT [ "r" ]
// delimiter    = "." / "-" / "+" / "," / "/" / "_" / "="
bool SpfMacroString::read_macro(std::string_view& text, SpfMacroUse use) {
  const char next = text.size() < 2 ? '\0' : text[1];
  if (next == '%' || next == '_' || next == '-') {
    add_literal(next == '%' ? "%" : next == '_' ? " " : "%20");
    text.remove_prefix(2);
    return true;
  }
  const std::size_t end = text.find('}');
  if (next != '{' || end == std::string_view::npos || end < 3) return false;
  std::string_view inner = text.substr(2, end - 2);
  text.remove_prefix(end + 1);

  Part part;
  part.letter = to_lower(inner.front());
  part.is_escaped = part.letter != inner.front();
  if (!is_macro_letter(part.letter, use)) return false;
  inner.remove_prefix(1);
  const std::size_t digits = std::min(
      inner.size(), static_cast<std::size_t>(
                        std::find_if_not(inner.begin(), inner.end(), is_digit) - inner.begin()));
  if (digits > 0) {
    const auto [rest, error] = std::from_chars(inner.data(), inner.data() + digits, part.keep);
    // What no number holds is more than there are labels. RFC 7208 §7.3: zero is an error.
    if (error == std::errc::result_out_of_range)
      part.keep = 0;
    else if (part.keep == 0)
      return false;
  }
  inner.remove_prefix(digits);
  if (!inner.empty() && to_lower(inner.front()) == 'r') {
    part.is_reversed = true;
    inner.remove_prefix(1);
  }
  if (inner.find_first_not_of(kDelimiters) != std::string_view::npos) return false;
  part.delimiters = inner.empty() ? "." : std::string(inner);
  parts_.push_back(std::move(part));
  return true;
}

void SpfMacroString::add_literal(std::string_view text) {
  if (parts_.empty() || parts_.back().letter != 0) parts_.emplace_back();
  parts_.back().literal += text;
}

bool SpfMacroString::has_macros() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.letter != 0; });
}

bool SpfMacroString::uses(char letter) const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [letter](const Part& part) { return part.letter == letter; });
}

std::string SpfMacroString::expand(const SpfMacroValues& values, std::size_t max) const {
  std::string result;
  for (const Part& part : parts_) {
    result += part.letter == 0 ? part.literal : expand(part, values);
    if (result.size() > 2 * max) result.erase(0, result.size() - max);
  }
  return result;
}

// RFC 7208 §7.3: split, reverse, keep the right-hand parts, join with dots.
std::string SpfMacroString::expand(const Part& part, const SpfMacroValues& values) {
  const std::string value = value_of(part.letter, values);
  std::string joined;
  if (part.delimiters == "." && !part.is_reversed && part.keep == 0) {
    joined = value;
  } else {
    std::vector<std::string_view> pieces = split(value, part.delimiters);
    if (part.is_reversed) std::reverse(pieces.begin(), pieces.end());
    const std::size_t skipped =
        part.keep == 0 || part.keep > pieces.size() ? 0 : pieces.size() - part.keep;
    for (std::size_t i = skipped; i < pieces.size(); ++i) {
      if (i > skipped) joined.push_back('.');
      joined += pieces[i];
    }
  }
  return part.is_escaped ? percent_encoded(joined) : joined;
}

std::string expand_domain(const SpfMacroString& spec, const SpfMacroValues& values) {
  // Twice the limit: a label that is cut in two is then outside of it, or too long for DNS.
  std::string name = spec.expand(values, 2 * kMaxDomain + 2);
  if (name.ends_with('.')) name.pop_back();
  while (name.size() > kMaxDomain) {
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) break;
    name.erase(0, dot + 1);
  }
  return name;
}

std::string dotted_address(const boost::asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  std::string nibbles;
  for (const unsigned char octet : address.to_v6().to_bytes()) {
    fmt::format_to(std::back_inserter(nibbles), "{}{:X}.{:X}", nibbles.empty() ? "" : ".",
                   octet >> 4, octet & 0xf);
  }
  return nibbles;
}

}  // namespace posthaste
