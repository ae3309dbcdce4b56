#include "identity/dkim/dkim_signature.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <span>

#include "identity/dkim/dkim_tag_list.h"
#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

// A sender whose clock is ahead by less than this is not blamed.
constexpr std::chrono::hours kClockSkew{10};

using Tag = DkimTagList::Tag;

// 1*12DIGIT for times, 1*76DIGIT for lengths: what does not fit 64 bits is larger than any body.
template <class Number>
bool read_number(std::string_view text, std::optional<Number>& out) {
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || text.size() > 76) return false;
  Number number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  out = ec == std::errc() ? number : std::numeric_limits<Number>::max();
  return true;
}

std::optional<Canonicalization> form_named(std::string_view name) {
  if (name == "simple") return Canonicalization::simple;
  if (name == "relaxed") return Canonicalization::relaxed;
  return std::nullopt;
}

DkimReason read_algorithm(const DkimTagList& list, DkimSignature& out) {
  const Tag* a = list.find("a");
  if (a == nullptr) return DkimReason::missing_tag;
  out.algorithm_text = a->value;
  if (a->value == "rsa-sha256") {
    out.algorithm = DkimAlgorithm::rsa_sha256;
  } else if (a->value == "ed25519-sha256") {
    out.algorithm = DkimAlgorithm::ed25519_sha256;
  } else {
    // RFC 8301 §3.1
    return a->value == "rsa-sha1" ? DkimReason::obsolete_algorithm : DkimReason::unknown_algorithm;
  }
  return DkimReason::none;
}

DkimReason read_canonicalization(const DkimTagList& list, DkimSignature& out) {
  const Tag* c = list.find("c");
  if (c == nullptr) return DkimReason::none;
  const std::size_t slash = c->value.find('/');
  const auto header = form_named(c->value.substr(0, slash));
  const auto body = slash == std::string_view::npos ? Canonicalization::simple
                                                    : form_named(c->value.substr(slash + 1));
  if (!header || !body) return DkimReason::unknown_canonicalization;
  out.header_form = *header;
  out.body_form = *body;
  return DkimReason::none;
}

// Where "c=" is missing, sealers mean the relaxed forms, which are all that they use: ValiMail's
// suite and dkimpy hold to that, though RFC 8617 §4.1.2 leaves DKIM's default as it is.
DkimReason read_arc_canonicalization(const DkimTagList& list, DkimSignature& out) {
  out.header_form = Canonicalization::relaxed;
  out.body_form = Canonicalization::relaxed;
  return read_canonicalization(list, out);
}

DkimReason read_names(const DkimTagList& list, DkimSignature& out) {
  const Tag* d = list.find("d");
  const Tag* s = list.find("s");
  if (d == nullptr || s == nullptr) return DkimReason::missing_tag;
  out.domain = ascii_lower(d->value);
  out.selector = ascii_lower(s->value);
  const bool are_names = is_dkim_name(out.domain) && is_dkim_name(out.selector);
  return are_names ? DkimReason::none : DkimReason::signature_syntax;
}

DkimReason read_identity(const DkimTagList& list, DkimSignature& out) {
  const Tag* i = list.find("i");
  out.identity = i == nullptr ? "@" + out.domain : std::string(i->value);
  const std::size_t at = out.identity.rfind('@');
  if (at == std::string::npos) return DkimReason::signature_syntax;
  out.identity_domain = ascii_lower(std::string_view(out.identity).substr(at + 1));
  if (!is_in_zone(out.identity_domain, out.domain)) return DkimReason::domain_mismatch;
  return DkimReason::none;
}

// ARC's instance says nothing of who signs.
DkimReason read_no_identity(const DkimTagList&, DkimSignature& out) {
  out.identity = "@" + out.domain;
  out.identity_domain = out.domain;
  return DkimReason::none;
}

// sig-h-tag = %x68 [FWS] "=" [FWS] hdr-name *( [FWS] ":" [FWS] hdr-name )
DkimReason read_header_names(const DkimTagList& list, DkimSignature& out) {
  const Tag* h = list.find("h");
  if (h == nullptr) return DkimReason::missing_tag;
  for (const std::string_view name : split_colon_list(h->value)) {
    const bool printable =
        std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 127; });
    if (!printable) return DkimReason::signature_syntax;
    out.headers.push_back(ascii_lower(name));
  }
  return DkimReason::none;
}

DkimReason read_headers(const DkimTagList& list, DkimSignature& out) {
  const DkimReason problem = read_header_names(list, out);
  if (problem != DkimReason::none) return problem;
  if (std::find(out.headers.begin(), out.headers.end(), "") != out.headers.end()) {
    return DkimReason::signature_syntax;
  }
  if (std::find(out.headers.begin(), out.headers.end(), "from") == out.headers.end()) {
    return DkimReason::from_not_signed;
  }
  return DkimReason::none;
}

// RFC 8617 §4.1.2: what a message signature must not cover. A name may be empty, as a field's
// cannot.
DkimReason read_arc_headers(const DkimTagList& list, DkimSignature& out) {
  const DkimReason problem = read_header_names(list, out);
  if (problem != DkimReason::none) return problem;
  const bool covers_seal =
      std::find(out.headers.begin(), out.headers.end(), "arc-seal") != out.headers.end();
  return covers_seal ? DkimReason::signature_syntax : DkimReason::none;
}

DkimReason read_no_headers(const DkimTagList& list, DkimSignature& out) {
  out.header_form = Canonicalization::relaxed;
  return list.find("h") == nullptr ? DkimReason::none : DkimReason::signature_syntax;
}

DkimReason read_base64(const DkimTagList& list, std::string_view name, std::string& out) {
  const Tag* tag = list.find(name);
  if (tag == nullptr) return DkimReason::missing_tag;
  const auto octets = decode_folded_base64(tag->value);
  if (!octets || octets->empty()) return DkimReason::signature_syntax;
  out = *octets;
  return DkimReason::none;
}

DkimReason read_body_hash(const DkimTagList& list, DkimSignature& out) {
  return read_base64(list, "bh", out.body_hash);
}

DkimReason read_signature(const DkimTagList& list, DkimSignature& out) {
  const DkimReason problem = read_base64(list, "b", out.signature);
  out.b_start = encode_base64(out.signature).substr(0, 8);
  return problem;
}

DkimReason read_limits(const DkimTagList& list, DkimSignature& out) {
  const Tag* l = list.find("l");
  const Tag* t = list.find("t");
  const Tag* x = list.find("x");
  if (l != nullptr && !read_number(l->value, out.body_length)) return DkimReason::signature_syntax;
  if (t != nullptr && !read_number(t->value, out.created)) return DkimReason::signature_syntax;
  if (x != nullptr && !read_number(x->value, out.expires)) return DkimReason::signature_syntax;
  // RFC 6376 §3.5: "x=" must be greater than "t=".
  if (out.created && out.expires && *out.expires <= *out.created) {
    return DkimReason::signature_syntax;
  }
  return DkimReason::none;
}

DkimReason read_query_method(const DkimTagList& list, DkimSignature&) {
  const Tag* q = list.find("q");
  if (q == nullptr) return DkimReason::none;
  const auto methods = split_colon_list(q->value);
  const bool has_dns = std::find(methods.begin(), methods.end(), "dns/txt") != methods.end();
  return has_dns ? DkimReason::none : DkimReason::unknown_query_method;
}

DkimReason read_version(const DkimTagList& list, DkimSignature&) {
  const Tag* v = list.find("v");
  if (v == nullptr) return DkimReason::missing_tag;
  return v->value == "1" ? DkimReason::none : DkimReason::unknown_version;
}

using Reader = DkimReason (*)(const DkimTagList&, DkimSignature&);
constexpr std::array<Reader, 10> kDkimReaders = {
    read_version, read_names,     read_identity,  read_algorithm, read_canonicalization,
    read_headers, read_body_hash, read_signature, read_limits,    read_query_method};
constexpr std::array<Reader, 8> kArcMessageReaders = {
    read_names,       read_no_identity, read_algorithm, read_arc_canonicalization,
    read_arc_headers, read_body_hash,   read_signature, read_limits};
constexpr std::array<Reader, 6> kArcSealReaders = {
    read_names, read_no_identity, read_algorithm, read_no_headers, read_signature, read_limits};

std::span<const Reader> readers_of(SignatureKind kind) {
  switch (kind) {
    case SignatureKind::arc_message:
      return kArcMessageReaders;
    case SignatureKind::arc_seal:
      return kArcSealReaders;
    default:
      return kDkimReaders;
  }
}

}  // namespace

bool is_dkim_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : text) {
    const bool is_label_char = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                               (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!is_label_char || ++label > 63) {
      return false;
    }
  }
  return label > 0;
}

ParsedDkimSignature parse_dkim_signature(const DkimField& field, SignatureKind kind) {
  ParsedDkimSignature parsed;
  const std::size_t colon = field.text.find(':');
  const std::string_view value = field.text.substr(colon + 1);
  const auto list = DkimTagList::parse(value);
  if (!list) {
    parsed.problem = DkimReason::signature_syntax;
    return parsed;
  }
  // Each reads on, whatever the one before found, so that a verdict can name domain and selector.
  for (const Reader read : readers_of(kind)) {
    const DkimReason problem = read(*list, parsed.signature);
    if (parsed.problem == DkimReason::none) parsed.problem = problem;
  }
  // RFC 6376 §3.7: the value of "b=" counts as empty, white space around it included.
  if (const Tag* b = list->find("b")) {
    const auto begin = static_cast<std::size_t>(b->raw.data() - field.text.data());
    parsed.signature.field_without_b =
        std::string(field.text.substr(0, begin)).append(field.text.substr(begin + b->raw.size()));
  }
  return parsed;
}

DkimReason judge_time(const DkimSignature& signature, WallTime now) {
  const std::int64_t seconds =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (signature.expires && seconds > *signature.expires) return DkimReason::expired;
  // RFC 6376 §3.5: signatures from the future may be ignored.
  const std::int64_t latest = seconds + std::chrono::seconds(kClockSkew).count();
  if (signature.created && *signature.created > latest) return DkimReason::from_the_future;
  return DkimReason::none;
}

std::string signed_header_text(const DkimSignature& signature,
                               const std::vector<DkimField>& fields) {
  std::string text;
  FieldPicker picker(fields);
  for (const std::string& name : signature.headers) {
    if (const DkimField* field = picker.pick(name)) {
      append_canonical_field(signature.header_form, *field, text);
    }
  }
  const std::string_view own = signature.field_without_b;
  append_canonical_field(signature.header_form, {own.substr(0, own.find(':')), own}, text);
  // RFC 6376 §3.7: the signature itself goes without its closing CRLF.
  text.resize(text.size() - 2);
  return text;
}

}  // namespace posthaste
