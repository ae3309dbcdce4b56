#include "mail/address.h"

#include <idn2.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mail/mail_error.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxLocalPart = 64;  // RFC 5321 §4.5.3.1.1
constexpr std::size_t kMaxDomain = 255;    // RFC 5321 §4.5.3.1.2
constexpr std::size_t kMaxMailbox = 254;   // RFC 5321 §4.5.3.1.3, less the angle brackets
constexpr std::size_t kMaxLabel = 63;      // RFC 1035 §2.3.4

Error bad_domain(std::string_view text, const char* why) {
  return {MailErrc::bad_domain,
          "\"" + std::string(text.substr(0, 80)) + "\" is no mail domain: " + why};
}

Error bad_local_part(std::string_view text, const char* why) {
  return {MailErrc::bad_local_part,
          "\"" + std::string(text.substr(0, 80)) + "\" is no local part: " + why};
}

// RFC 5322 §3.2.3 atext, and all that is not ASCII (RFC 6531 §3.3).
bool is_atext(char c) {
  constexpr std::string_view kSpecials = "!#$%&'*+-/=?^_`{|}~";
  return is_alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80 ||
         kSpecials.find(c) != std::string_view::npos;
}

bool is_ascii_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The labels of an ASCII name: letters, digits and hyphens, and underscores, which real mail
// domains carry (RFC 5321 §4.1.2 has none, but refusing them loses mail).
std::optional<const char*> fault_of_name(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kMaxDomain) return "it is longer than 255 octets";
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty()) return "it has an empty label";
    if (label.size() > kMaxLabel) return "it has a label longer than 63 octets";
    if (label.front() == '-' || label.back() == '-') return "a label begins or ends with a hyphen";
    for (const char c : label) {
      if (!is_alphanumeric(c) && c != '-' && c != '_') {
        return "only letters, digits, hyphens and dots may stand in it";
      }
    }
    if (dot == std::string_view::npos) return std::nullopt;
    name.remove_prefix(dot + 1);
  }
}

// RFC 5321 §4.1.3: [192.0.2.1] or [IPv6:2001:db8::1]. Returns the canonical form.
std::optional<std::string> canonical_literal(std::string_view text) {
  if (text.size() < 3 || text.back() != ']') return std::nullopt;
  std::string inner = lowered(text.substr(1, text.size() - 2));
  const bool is_v6 = inner.starts_with("ipv6:");
  if (is_v6) inner.erase(0, 5);
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(inner, ec);
  if (ec || address.is_v6() != is_v6 || inner.find('%') != std::string::npos) return std::nullopt;
  return is_v6 ? "[IPv6:" + address.to_string() + "]" : "[" + address.to_string() + "]";
}

struct FreeIdn {
  void operator()(char* text) const { idn2_free(text); }
};

}  // namespace

Result<Domain> Domain::parse(std::string_view text) {
  if (text.starts_with('[')) {
    auto literal = canonical_literal(text);
    if (!literal)
      return bad_domain(text, "an address literal looks like [192.0.2.1] or [IPv6:2001:db8::1]");
    return Domain(std::move(*literal));
  }
  std::string_view name = text;
  if (name.ends_with('.')) name.remove_suffix(1);
  if (is_ascii_text(name)) {
    std::string lower = lowered(name);
    if (const auto fault = fault_of_name(lower)) return bad_domain(text, *fault);
    return Domain(std::move(lower));
  }
  if (name.size() > 4 * kMaxDomain || name.find('\0') != std::string_view::npos || !is_utf8(name)) {
    return bad_domain(text, "it is not UTF-8");
  }
  // RFC 5891 §5: U-labels become A-labels. Case is mapped first, as people type it.
  char* converted = nullptr;
  const int status = idn2_to_ascii_8z(std::string(name).c_str(), &converted,
                                      IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, FreeIdn> owner(converted);
  if (status != IDN2_OK) return bad_domain(text, idn2_strerror(status));
  std::string ascii = lowered(converted);
  if (const auto fault = fault_of_name(ascii)) return bad_domain(text, *fault);
  return Domain(std::move(ascii));
}

std::string Domain::unicode() const {
  if (ascii_.find("xn--") == std::string::npos) return ascii_;
  char* converted = nullptr;
  const int status = idn2_to_unicode_8z8z(ascii_.c_str(), &converted, 0);
  const std::unique_ptr<char, FreeIdn> owner(converted);
  return status == IDN2_OK ? std::string(converted) : ascii_;
}

Result<LocalPart> LocalPart::parse(std::string_view form) {
  if (form.empty()) return bad_local_part(form, "it is empty");
  // Its quotes count.
  if (form.size() > kMaxLocalPart) return bad_local_part(form, "it is longer than 64 octets");
  if (!is_utf8(form)) return bad_local_part(form, "it is not UTF-8");
  std::string text;
  if (form.front() == '"') {
    // Quoted-string = DQUOTE *QcontentSMTP DQUOTE           (RFC 5321 §4.1.2)
    // QcontentSMTP  = qtextSMTP / quoted-pairSMTP
    if (form.size() < 2 || form.back() != '"')
      return bad_local_part(form, "its quote does not end");
    for (std::size_t i = 1; i + 1 < form.size(); ++i) {
      char c = form[i];
      if (c == '"') return bad_local_part(form, "it has a quote inside");
      if (c == '\\') {
        if (++i + 1 >= form.size()) return bad_local_part(form, "its quote does not end");
        c = form[i];
        // quoted-pairSMTP = %d92 %d32-126                      (RFC 5321 §4.1.2)
        if (static_cast<unsigned char>(c) >= 0x80)
          return bad_local_part(form, "a backslash stands before what is not ASCII");
      }
      const auto octet = static_cast<unsigned char>(c);
      if (octet < 0x20 || octet == 0x7f) return bad_local_part(form, "it has a control character");
      text.push_back(c);
    }
  } else {
    // Dot-string = Atom *("."  Atom)                        (RFC 5321 §4.1.2)
    const bool has_empty_atom =
        form.front() == '.' || form.back() == '.' || form.find("..") != std::string_view::npos;
    if (has_empty_atom) return bad_local_part(form, "a dot stands at its edge or beside another");
    for (const char c : form) {
      if (!is_atext(c) && c != '.')
        return bad_local_part(form, "a character needs quotes around it");
    }
    text = form;
  }
  return LocalPart(std::move(text));
}

std::string LocalPart::smtp_form() const {
  const bool is_dot_string =
      !text_.empty() && text_.front() != '.' && text_.back() != '.' &&
      text_.find("..") == std::string::npos &&
      std::all_of(text_.begin(), text_.end(), [](char c) { return is_atext(c) || c == '.'; });
  if (is_dot_string) return text_;
  std::string quoted = "\"";
  for (const char c : text_) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

bool LocalPart::is_ascii() const {
  return is_ascii_text(text_);
}

Result<MailAddress> MailAddress::parse(std::string_view text) {
  // The last "@" outside quotes: a quoted local part may hold others.
  std::size_t at = std::string_view::npos;
  if (text.starts_with('"')) {
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        if (i + 1 < text.size() && text[i + 1] == '@') at = i + 1;
        break;
      }
    }
  } else {
    at = text.find('@');
  }
  if (at == std::string_view::npos) {
    return Error{MailErrc::bad_address,
                 "\"" + std::string(text.substr(0, 80)) +
                     "\" is no mail address: it looks like user@example.com"};
  }
  auto local = LocalPart::parse(text.substr(0, at));
  if (!local) return local.error();
  auto domain = Domain::parse(text.substr(at + 1));
  if (!domain) return domain.error();
  MailAddress address(std::move(*local), std::move(*domain));
  if (address.smtp_form().size() > kMaxMailbox) {
    return Error{MailErrc::bad_address, "the address is longer than 254 octets"};
  }
  return address;
}

Result<ReversePath> ReversePath::parse(std::string_view text) {
  if (text.empty()) return ReversePath();
  auto address = MailAddress::parse(text);
  if (!address) return address.error();
  return ReversePath(std::move(*address));
}

}  // namespace posthaste
