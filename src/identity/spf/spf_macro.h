#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace posthaste {

// What the macros of a check stand for (RFC 7208 §7.2).
struct SpfMacroValues {
  std::string sender_local;                // l
  std::string sender_domain;               // o
  std::string domain;                      // d: whose record is read
  std::string validated_name = "unknown";  // p
  std::string helo;                        // h
  std::string receiver;                    // r
  boost::asio::ip::address address;        // i, c, v
  WallTime time;                           // t
};

// Where a macro string stands decides which letters it may use.
enum class SpfMacroUse : std::uint8_t { domain, explanation, unknown_modifier };

// A macro-string (RFC 7208 §7.1), read once, to be expanded.
class SpfMacroString {
 public:
  // Nothing when it is malformed. For `domain` the whole domain-spec is checked: it ends in a macro
  // or in a label that can be a top-level domain.
  static std::optional<SpfMacroString> parse(std::string_view text, SpfMacroUse use);

  // At most about `max` octets: what is longer loses its beginning, as domains do.
  std::string expand(const SpfMacroValues& values, std::size_t max) const;

  bool has_macros() const;       // other than %%, %_ and %-
  bool uses(char letter) const;  // lower case
  const std::string& text() const { return text_; }

 private:
  struct Part {
    std::string literal;       // of a part without letter
    char letter = 0;           // lower case
    bool is_escaped = false;   // the letter was upper case: percent-encoded
    bool is_reversed = false;  // "r"
    std::size_t keep = 0;      // right-hand labels to keep; 0 is all
    std::string delimiters;
  };

  bool read(std::string_view text, SpfMacroUse use);
  bool read_macro(std::string_view& text, SpfMacroUse use);
  void add_literal(std::string_view text);
  static bool is_domain_spec(std::string_view last_literal);
  static std::string expand(const Part& part, const SpfMacroValues& values);

  std::string text_;
  std::vector<Part> parts_;
};

// The name to look up: the domain-spec expanded; over 253 octets it loses labels at its beginning
// (RFC 7208 §7.3).
std::string expand_domain(const SpfMacroString& spec, const SpfMacroValues& values);

// "192.0.2.1", or the 32 nibbles of an IPv6 address with dots between them (RFC 7208 §7.3).
std::string dotted_address(const boost::asio::ip::address& address);

}  // namespace posthaste
