#include "identity/spf/spf_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <charconv>
#include <cstddef>
#include <utility>

#include "base/ascii.h"

namespace posthaste {
namespace {

namespace ip = boost::asio::ip;

constexpr std::string_view kVersion = "v=spf1";

// RFC 7208 §3.1: US-ASCII, and terms are separated by spaces alone.
constexpr const char* kNotVisible =
    "has a character that is not visible ASCII: write the record with letters, digits and spaces";

constexpr std::array<std::pair<std::string_view, SpfMechanism>, 8> kMechanisms{{
    {"all", SpfMechanism::all},
    {"include", SpfMechanism::include},
    {"a", SpfMechanism::a},
    {"mx", SpfMechanism::mx},
    {"ptr", SpfMechanism::ptr},
    {"ip4", SpfMechanism::ip4},
    {"ip6", SpfMechanism::ip6},
    {"exists", SpfMechanism::exists},
}};

// name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
bool is_modifier_name(std::string_view name) {
  if (name.empty() || !is_alpha(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

// What a hostile record says is shown, but not at any length and not with its control characters.
std::string shown(std::string_view term) {
  constexpr std::size_t kMax = 80;
  std::string text;
  for (const char c : term.substr(0, kMax)) text.push_back(c >= ' ' && c <= '~' ? c : '?');
  return term.size() > kMax ? text + "…" : text;
}

// "0", or digits without a leading zero, up to `max`.
std::optional<unsigned> parse_prefix(std::string_view digits, unsigned max) {
  unsigned prefix = 0;
  if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits.front() == '0')) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc() || end != digits.data() + digits.size() || prefix > max) {
    return std::nullopt;
  }
  return prefix;
}

// Takes the digits at the end of `text`, and `mark` before them, off. Nothing when they are not
// there.
std::optional<std::string_view> take_suffix(std::string_view& text, std::string_view mark) {
  std::size_t begin = text.size();
  while (begin > 0 && is_digit(text[begin - 1])) --begin;
  if (begin == text.size() || !text.substr(0, begin).ends_with(mark)) return std::nullopt;
  const std::string_view digits = text.substr(begin);
  text = text.substr(0, begin - mark.size());
  return digits;
}

// The terms of one record, read one after the other.
class RecordReader {
 public:
  void read(std::string_view term) {
    const bool is_visible =
        std::all_of(term.begin(), term.end(), [](char c) { return c > ' ' && c <= '~'; });
    const std::string problem = is_visible ? read_term(term) : kNotVisible;
    if (!problem.empty()) {
      record_.problems.push_back(fmt::format("\"{}\" {}", shown(term), problem));
    }
  }
  SpfRecord take() { return std::move(record_); }

 private:
  std::string read_term(std::string_view term) {
    // RFC 7208 §4.6.1: what has "=" before any ":" or "/" is a modifier.
    const std::size_t mark = term.find_first_of("=:/");
    if (mark == std::string_view::npos || term[mark] != '=') return read_directive(term);
    return read_modifier(term.substr(0, mark), term.substr(mark + 1));
  }

  // modifier = redirect / explanation / unknown-modifier
  std::string read_modifier(std::string_view name, std::string_view value) {
    if (!is_modifier_name(name)) return "is neither mechanism nor modifier: remove it";
    const bool is_redirect = boost::iequals(name, "redirect");
    if (!is_redirect && !boost::iequals(name, "exp")) {
      // RFC 7208 §6: unknown modifiers are ignored, but not those with wrong macros.
      if (SpfMacroString::parse(value, SpfMacroUse::unknown_modifier)) return {};
      return "has a malformed macro: write %% for a percent sign";
    }
    auto& target = is_redirect ? record_.redirect : record_.explanation;
    // RFC 7208 §6: neither may stand twice.
    if (target) return "stands twice: keep one";
    target = SpfMacroString::parse(value, SpfMacroUse::domain);
    return target ? "" : "names no valid domain: write it in full";
  }

  // directive = [ qualifier ] mechanism
  std::string read_directive(std::string_view term) {
    SpfDirective directive;
    directive.text = term;
    if (std::string_view("+-~?").find(term.front()) != std::string_view::npos) {
      directive.qualifier = term.front();
      term.remove_prefix(1);
    }
    const std::string_view name = term.substr(0, term.find_first_of(":/"));
    const auto* const known =
        std::find_if(kMechanisms.begin(), kMechanisms.end(),
                     [name](const auto& entry) { return boost::iequals(entry.first, name); });
    if (known == kMechanisms.end())
      return "is not a mechanism that SPF knows: correct or remove it";
    directive.mechanism = known->second;
    term.remove_prefix(name.size());
    std::string problem = read_argument(directive, term);
    if (problem.empty()) record_.directives.push_back(std::move(directive));
    return problem;
  }

  static std::string read_argument(SpfDirective& directive, std::string_view rest) {
    switch (directive.mechanism) {
      case SpfMechanism::all:
        return rest.empty() ? "" : "has an argument, and all takes none: write all alone";
      case SpfMechanism::ip4:
        return read_network(directive, rest, directive.ip4_prefix);
      case SpfMechanism::ip6:
        return read_network(directive, rest, directive.ip6_prefix);
      case SpfMechanism::a:
      case SpfMechanism::mx:
        if (std::string problem = read_prefixes(directive, rest); !problem.empty()) return problem;
        return read_domain(directive, rest);
      case SpfMechanism::ptr:
        return read_domain(directive, rest);
      case SpfMechanism::include:
      case SpfMechanism::exists:
        if (rest.empty()) return "names no domain: write it after a colon";
        return read_domain(directive, rest);
    }
    return {};
  }

  // [ ":" domain-spec ]
  static std::string read_domain(SpfDirective& directive, std::string_view rest) {
    if (rest.empty()) return {};
    if (rest.front() == ':') {
      directive.domain = SpfMacroString::parse(rest.substr(1), SpfMacroUse::domain);
    }
    return directive.domain ? "" : "names no valid domain: write it in full after the colon";
  }

  // dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ]
  static std::string read_prefixes(SpfDirective& directive, std::string_view& rest) {
    std::optional<unsigned> prefix;
    if (const auto digits = take_suffix(rest, "//")) {
      prefix = parse_prefix(*digits, 128);
      if (!prefix) return "has no valid IPv6 prefix length: write 0 to 128";
      directive.ip6_prefix = *prefix;
    }
    if (const auto digits = take_suffix(rest, "/")) {
      prefix = parse_prefix(*digits, 32);
      if (!prefix) return "has no valid IPv4 prefix length: write 0 to 32";
      directive.ip4_prefix = *prefix;
    }
    return {};
  }

  // ip4 = "ip4" ":" ip4-network [ ip4-cidr-length ]
  // ip6 = "ip6" ":" ip6-network [ ip6-cidr-length ]
  static std::string read_network(SpfDirective& directive, std::string_view rest,
                                  unsigned& prefix) {
    if (!rest.starts_with(':')) return "names no network: write it after a colon";
    rest.remove_prefix(1);
    const std::size_t slash = rest.find('/');
    if (slash != std::string_view::npos) {
      const auto given = parse_prefix(rest.substr(slash + 1), prefix);
      if (!given) return fmt::format("has no valid prefix length: write 0 to {}", prefix);
      prefix = *given;
      rest = rest.substr(0, slash);
    }
    boost::system::error_code error;
    if (directive.mechanism == SpfMechanism::ip4) {
      directive.network = ip::make_address_v4(rest, error);
      if (error) return "names no IPv4 address: write it with all four numbers";
    } else {
      directive.network = ip::make_address_v6(rest, error);
      // "%" would begin the name of a network interface.
      if (error || rest.find('%') != std::string_view::npos)
        return "names no IPv6 address: correct it";
    }
    return {};
  }

  SpfRecord record_;
};

template <class Bytes>
Bytes masked(Bytes bytes, unsigned prefix) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned kept = prefix > 8 * i ? std::min(8U, prefix - 8 * static_cast<unsigned>(i)) : 0;
    bytes[i] = static_cast<unsigned char>(bytes[i] & (0xff00U >> kept));
  }
  return bytes;
}

}  // namespace

bool SpfRecord::has_all() const {
  return std::any_of(directives.begin(), directives.end(), [](const SpfDirective& directive) {
    return directive.mechanism == SpfMechanism::all;
  });
}

// RFC 7208 §4.5: the version ends at a space or at the end of the record.
bool is_spf_record(std::string_view text) {
  return boost::istarts_with(text, kVersion) &&
         (text.size() == kVersion.size() || text[kVersion.size()] == ' ');
}

// record = version terms *SP
// terms  = *( 1*SP ( directive / modifier ) )
SpfRecord parse_spf_record(std::string_view text) {
  RecordReader reader;
  text.remove_prefix(kVersion.size());
  while (!text.empty()) {
    const std::string_view term = text.substr(0, text.find(' '));
    if (!term.empty()) reader.read(term);
    text.remove_prefix(std::min(text.size(), term.size() + 1));
  }
  return reader.take();
}

ip::address network_of(const ip::address& address, unsigned prefix) {
  if (address.is_v4()) return ip::address_v4(masked(address.to_v4().to_bytes(), prefix));
  return ip::address_v6(masked(address.to_v6().to_bytes(), prefix));
}

bool is_in_network(const ip::address& address, const ip::address& network, unsigned prefix) {
  return address.is_v4() == network.is_v4() &&
         network_of(address, prefix) == network_of(network, prefix);
}

}  // namespace posthaste
