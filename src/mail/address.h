#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthaste {

// A mail domain as DNS wants it: lower-case A-labels without a trailing dot (RFC 5890), or an
// address literal such as "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 §4.1.3), kept as given
// in canonical form.
class Domain {
 public:
  // Accepts U-labels and A-labels, any case; a trailing dot is dropped. Errors: empty, label over
  // 63 octets, name over 255, characters outside letters, digits and hyphen, bad IDNA.
  static Result<Domain> parse(std::string_view text);

  // Requires: default-constructed domains are only placeholders, to be assigned before use.
  Domain() = default;

  const std::string& ascii() const { return ascii_; }
  // With U-labels, for people and for SMTPUTF8.
  std::string unicode() const;
  bool is_literal() const { return ascii_.starts_with('['); }

  auto operator<=>(const Domain&) const = default;

 private:
  explicit Domain(std::string ascii) : ascii_(std::move(ascii)) {}
  std::string ascii_;
};

// The part before the "@", unquoted: `"a b"@example.com` has the local part `a b`. Case is kept.
class LocalPart {
 public:
  // Takes the SMTP form, dot-string or quoted-string (RFC 5321 §4.1.2), UTF-8 allowed (RFC 6531).
  static Result<LocalPart> parse(std::string_view smtp_form);

  LocalPart() = default;

  const std::string& unquoted() const { return text_; }
  // Quoted again where SMTP needs it.
  std::string smtp_form() const;
  bool is_ascii() const;

  auto operator<=>(const LocalPart&) const = default;

 private:
  explicit LocalPart(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// local-part@domain.
class MailAddress {
 public:
  // The mailbox of RFC 5321 §4.1.2 without angle brackets: "a@example.com", `"a b"@[192.0.2.1]`.
  // Limits of RFC 5321 §4.5.3.1: local part 64 octets, whole path 254.
  static Result<MailAddress> parse(std::string_view text);

  MailAddress() = default;
  MailAddress(LocalPart local, Domain domain)
      : local_(std::move(local)), domain_(std::move(domain)) {}

  const LocalPart& local() const { return local_; }
  const Domain& domain() const { return domain_; }
  // As it stands between the angle brackets of MAIL and RCPT; the domain in A-labels.
  std::string smtp_form() const { return local_.smtp_form() + "@" + domain_.ascii(); }
  bool needs_smtputf8() const { return !local_.is_ascii(); }

  auto operator<=>(const MailAddress&) const = default;

 private:
  LocalPart local_;
  Domain domain_;
};

// RFC 5321 §4.5.5: a reverse-path may be null, "<>".
class ReversePath {
 public:
  // Null.
  ReversePath() = default;
  explicit ReversePath(MailAddress address) : address_(std::move(address)), is_null_(false) {}

  // "" is the null path.
  static Result<ReversePath> parse(std::string_view text);

  bool is_null() const { return is_null_; }
  // Requires: !is_null().
  const MailAddress& address() const { return address_; }
  // "" for the null path; without angle brackets.
  std::string smtp_form() const { return is_null_ ? std::string() : address_.smtp_form(); }

  auto operator<=>(const ReversePath&) const = default;

 private:
  MailAddress address_;
  bool is_null_ = true;
};

}  // namespace posthaste

template <>
struct std::hash<posthaste::Domain> {
  std::size_t operator()(const posthaste::Domain& domain) const {
    return std::hash<std::string>{}(domain.ascii());
  }
};
