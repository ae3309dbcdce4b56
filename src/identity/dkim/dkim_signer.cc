#include "identity/dkim/dkim_signer.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "identity/dkim/dkim_error.h"
#include "identity/dkim/dkim_record.h"
#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/dkim_tag_list.h"
#include "identity/dkim/field_folding.h"
#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxDnsName = 253;

Error bad_block(const DkimConfig& block, const std::string& what) {
  return {DkimError::bad_settings,
          "dkim block for " + block.domain + ", selector " + block.selector + ": " + what};
}

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < 127 && c != ':';
  }) && name.find(';') == std::string_view::npos;
}

bool suits(DkimKeyChoice choice, DkimAlgorithm algorithm) {
  switch (choice) {
    case DkimKeyChoice::any:
      return true;
    case DkimKeyChoice::rsa_sha256:
      return algorithm == DkimAlgorithm::rsa_sha256;
    case DkimKeyChoice::ed25519_sha256:
      return algorithm == DkimAlgorithm::ed25519_sha256;
  }
  return false;
}

// What keeps a key from being used by `block`; "" when nothing does.
DkimKeyFile::Check check_for(const DkimConfig& block) {
  return [choice = block.algorithm, path = block.private_key.string()](const DkimPrivateKey& key) {
    if (suits(choice, key.algorithm())) return std::string();
    return "the key in " + path + " is for " + std::string(to_string(key.algorithm())) +
           ", not for the algorithm of the block: change either, or write \"auto\"";
  };
}

// Given twice a name would be oversigned, so each of those that are signed always is added once.
std::vector<std::string> names_to_sign(const DkimConfig& block) {
  std::vector<std::string> names = block.headers.empty() ? default_signed_headers() : block.headers;
  for (const std::string& one : always_signed_headers()) {
    const std::string lower = ascii_lower(one);
    const bool is_there = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return ascii_lower(name) == lower;
    });
    if (!is_there) names.push_back(one);
  }
  return names;
}

Canonicalization header_form_of(DkimForms forms) {
  const bool is_simple = forms == DkimForms::simple_simple || forms == DkimForms::simple_relaxed;
  return is_simple ? Canonicalization::simple : Canonicalization::relaxed;
}

Canonicalization body_form_of(DkimForms forms) {
  const bool is_simple = forms == DkimForms::simple_simple || forms == DkimForms::relaxed_simple;
  return is_simple ? Canonicalization::simple : Canonicalization::relaxed;
}

std::string_view name_of(Canonicalization form) {
  return form == Canonicalization::simple ? "simple" : "relaxed";
}

}  // namespace

// Hashes of one body, made when first asked for.
class DkimSigner::Bodies {
 public:
  explicit Bodies(std::string_view body) : body_(body) {}

  const Sha256& hash(Canonicalization form) {
    auto& known = hashes_.at(static_cast<std::size_t>(form));
    if (!known) known = hash_body(form, body_).digest;
    return *known;
  }

 private:
  std::string_view body_;
  std::array<std::optional<Sha256>, 2> hashes_;
};

Result<DkimSigner> DkimSigner::load(const std::vector<DkimConfig>& blocks) {
  DkimSigner signer;
  for (const DkimConfig& block : blocks) {
    const Result<void> added = signer.add(block);
    if (!added) return added.error();
  }
  return signer;
}

std::vector<ConfigProblem> DkimSigner::problems_of(const DkimConfig& block) {
  std::vector<ConfigProblem> problems;
  if (!block.sign) return problems;
  const Result<Domain> domain = Domain::parse(block.domain);
  if (!domain || domain->is_literal()) {
    problems.push_back({"domain", "not the name of a domain: write one such as \"example.com\""});
  }
  const std::size_t name_size = dkim_record_name(block.selector, block.domain).size();
  if (!is_dkim_name(block.selector) || name_size > kMaxDnsName) {
    problems.push_back({"selector", "cannot stand in a DNS name: use letters, digits and hyphens"});
  }
  if (block.private_key.empty()) {
    problems.push_back({"private_key",
                        "not given: name a PEM file, or make one with "
                        "`posthaste dkim keygen`"});
  }
  for (const std::string& name : block.headers) {
    if (is_field_name(name)) continue;
    problems.push_back(
        {"headers", "\"" + name + "\" is what no header field can be called: remove it"});
  }
  if (block.valid_from && block.valid_until && *block.valid_until <= *block.valid_from) {
    problems.push_back({"valid_until", "is not after valid_from: the block would never sign"});
  }
  return problems;
}

Result<void> DkimSigner::add(const DkimConfig& block) {
  if (!block.sign) return {};
  const std::vector<ConfigProblem> problems = problems_of(block);
  if (!problems.empty())
    return bad_block(block, problems.front().key + ": " + problems.front().what);
  auto key = DkimKeyFile::open(block.private_key, check_for(block));
  if (!key) return bad_block(block, key.error().message());
  const std::vector<std::string> names = names_to_sign(block);
  identities_.push_back({.key = std::move(*key),
                         .domain = *Domain::parse(block.domain),
                         .selector = ascii_lower(block.selector),
                         .headers = SignedHeaders(names, OversignFrom::yes),
                         .header_form = header_form_of(block.canonicalization),
                         .body_form = body_form_of(block.canonicalization),
                         .signs_all = block.sign_all,
                         .valid_from = block.valid_from.value_or(WallTime::min()),
                         .valid_until = block.valid_until.value_or(WallTime::max())});
  return {};
}

bool DkimSigner::Identity::signs_for(const Domain& header_from) const {
  return signs_all || is_in_zone(header_from.ascii(), domain.ascii());
}

bool DkimSigner::signs_for(const Domain& header_from) const {
  return std::any_of(identities_.begin(), identities_.end(),
                     [&](const Identity& identity) { return identity.signs_for(header_from); });
}

std::vector<std::string> DkimSigner::domains_for(const Domain& header_from, WallTime now) const {
  std::vector<std::string> domains;
  for (const Identity& identity : identities_) {
    if (identity.signs_for(header_from) && identity.signs_at(now)) {
      domains.push_back(identity.domain.ascii());
    }
  }
  return domains;
}

Result<DkimSignatures> DkimSigner::sign(std::string_view message, const Domain& header_from,
                                        WallTime now) const {
  DkimSignatures made;
  if (!signs_for(header_from)) return made;
  const SplitMessage split = split_message(message);
  Bodies bodies(split.body);
  for (const Identity& identity : identities_) {
    if (!identity.signs_for(header_from) || !identity.signs_at(now)) continue;
    Result<std::string> field =
        make_signature(identity, split.fields, bodies.hash(identity.body_form), now);
    if (!field) return field.error();
    made.headers.append(*field);
    made.domains.push_back(identity.domain.ascii());
  }
  return made;
}

Result<std::string> DkimSigner::make_signature(const Identity& identity,
                                               const std::vector<DkimField>& fields,
                                               const Sha256& body_hash, WallTime now) {
  const DkimPrivateKey key = identity.key->key();
  SignedHeaders::Signed header = identity.headers.collect(identity.header_form, fields);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  std::string field;
  field.reserve(1024);
  field.append("DKIM-Signature: v=1; a=").append(to_string(key.algorithm()));
  field.append("; c=").append(name_of(identity.header_form)).append("/");
  field.append(name_of(identity.body_form)).append(";\r\n\td=").append(identity.domain.ascii());
  field.append("; s=").append(identity.selector);
  field.append("; t=").append(std::to_string(seconds.count())).append(";\r\n\th=");
  append_folded_names(header.names, field);
  const std::string_view digest(reinterpret_cast<const char*>(body_hash.data()), body_hash.size());
  field.append(";\r\n\tbh=").append(encode_base64(digest)).append(";\r\n\tb=");

  append_canonical_field(identity.header_form, {"DKIM-Signature", field}, header.text);
  // RFC 6376 §3.7: the signature itself goes without its closing CRLF.
  header.text.resize(header.text.size() - 2);
  const Result<std::string> octets = key.sign(header.text);
  if (!octets) return octets.error();
  append_folded_base64(encode_base64(*octets), field);
  field.append("\r\n");
  return field;
}

std::vector<DkimKeyChange> DkimSigner::refresh_keys() const {
  std::vector<DkimKeyChange> changes;
  for (const Identity& identity : identities_) {
    const Result<bool> refreshed = identity.key->refresh();
    if (refreshed && !*refreshed) continue;
    changes.push_back(
        {identity.key->path().string(), refreshed ? std::string() : refreshed.error().message()});
  }
  return changes;
}

}  // namespace posthaste
