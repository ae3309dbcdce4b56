#include "identity/dkim/dkim_signer.h"

#include <algorithm>
#include <chrono>

#include "identity/dkim/dkim_error.h"
#include "identity/dkim/dkim_record.h"
#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/dkim_tag_list.h"

namespace posthaste {
namespace {

constexpr std::size_t kFoldAt = 76;
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

// Appends the names of "h=", folded before the colon-separated name that would pass the margin.
void append_folded_names(const std::vector<std::string>& names, std::string& out) {
  std::size_t column = 2;
  bool first = true;
  for (const std::string& name : names) {
    if (!first) out.push_back(':');
    if (!first && column + name.size() > kFoldAt) {
      out.append("\r\n\t ");
      column = 2;
    }
    out.append(name);
    column += name.size() + 1;
    first = false;
  }
}

void append_folded_base64(std::string_view base64, std::string& out) {
  while (!base64.empty()) {
    const std::string_view line = base64.substr(0, kFoldAt - 2);
    out.append(line);
    base64.remove_prefix(line.size());
    if (!base64.empty()) out.append("\r\n\t ");
  }
}

}  // namespace

struct DkimSigner::Digests {
  Sha256 body;
  WallTime now;
};

// RFC 6376 §5.4.1. The names that stand twice are oversigned: a second one that is added on the
// way, which a reader might see in place of the first, breaks the signature. RFC 8058 §4 asks for
// List-Unsubscribe-Post.
const std::vector<std::string>& default_signed_headers() {
  static const std::vector<std::string> names = {"From",
                                                 "From",
                                                 "Reply-To",
                                                 "Reply-To",
                                                 "Subject",
                                                 "Subject",
                                                 "Date",
                                                 "Date",
                                                 "To",
                                                 "To",
                                                 "Cc",
                                                 "Cc",
                                                 "Message-ID",
                                                 "Sender",
                                                 "In-Reply-To",
                                                 "References",
                                                 "MIME-Version",
                                                 "Content-Type",
                                                 "Content-Transfer-Encoding",
                                                 "Resent-Date",
                                                 "Resent-From",
                                                 "Resent-To",
                                                 "Resent-Cc",
                                                 "List-Id",
                                                 "List-Help",
                                                 "List-Unsubscribe",
                                                 "List-Unsubscribe-Post",
                                                 "List-Subscribe",
                                                 "List-Post",
                                                 "List-Owner",
                                                 "List-Archive",
                                                 "Feedback-ID"};
  return names;
}

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
  return problems;
}

Result<void> DkimSigner::add(const DkimConfig& block) {
  if (!block.sign) return {};
  const std::vector<ConfigProblem> problems = problems_of(block);
  if (!problems.empty())
    return bad_block(block, problems.front().key + ": " + problems.front().what);
  Result<DkimPrivateKey> key = DkimPrivateKey::load(block.private_key.string());
  if (!key) return bad_block(block, key.error().message());
  if (!suits(block.algorithm, key->algorithm())) {
    return bad_block(block, "the key in " + block.private_key.string() + " is for " +
                                std::string(to_string(key->algorithm())) +
                                ", not for the algorithm of the block: change either, or write "
                                "\"auto\"");
  }
  identities_.push_back(
      {std::move(*key), *Domain::parse(block.domain), ascii_lower(block.selector),
       header_rules(block.headers.empty() ? default_signed_headers() : block.headers)});
  return {};
}

std::vector<DkimSigner::HeaderRule> DkimSigner::header_rules(
    const std::vector<std::string>& names) {
  std::vector<HeaderRule> rules = {{"from", true}};
  for (const std::string& name : names) {
    const std::string lower = ascii_lower(name);
    const auto known = std::find_if(rules.begin(), rules.end(),
                                    [&](const HeaderRule& rule) { return rule.name == lower; });
    if (known == rules.end()) {
      rules.push_back({lower, false});
    } else {
      known->oversign = true;
    }
  }
  return rules;
}

bool DkimSigner::signs_for(const Domain& header_from) const {
  return std::any_of(identities_.begin(), identities_.end(), [&](const Identity& identity) {
    return is_within(header_from.ascii(), identity.domain.ascii());
  });
}

Result<DkimSignatures> DkimSigner::sign(std::string_view message, const Domain& header_from,
                                        WallTime now) const {
  DkimSignatures made;
  if (!signs_for(header_from)) return made;
  const SplitMessage split = split_message(message);
  const Digests digests{hash_body(Canonicalization::relaxed, split.body).digest, now};
  for (const Identity& identity : identities_) {
    if (!is_within(header_from.ascii(), identity.domain.ascii())) continue;
    Result<std::string> field = make_signature(identity, split.fields, digests);
    if (!field) return field.error();
    made.headers.append(*field);
    made.domains.push_back(identity.domain.ascii());
  }
  return made;
}

Result<std::string> DkimSigner::make_signature(const Identity& identity,
                                               const std::vector<DkimField>& fields,
                                               const Digests& digests) {
  DkimSignature signature;
  signature.header_form = Canonicalization::relaxed;
  const FieldPicker present(fields);
  for (const HeaderRule& rule : identity.headers) {
    const std::size_t times = present.count(rule.name) + (rule.oversign ? 1 : 0);
    signature.headers.insert(signature.headers.end(), times, rule.name);
  }

  const auto seconds = std::chrono::floor<std::chrono::seconds>(digests.now).time_since_epoch();
  std::string field = "DKIM-Signature: v=1; a=";
  field.append(to_string(identity.key.algorithm())).append("; c=relaxed/relaxed;\r\n\td=");
  field.append(identity.domain.ascii()).append("; s=").append(identity.selector);
  field.append("; t=").append(std::to_string(seconds.count())).append(";\r\n\th=");
  append_folded_names(signature.headers, field);
  const std::string_view body(reinterpret_cast<const char*>(digests.body.data()),
                              digests.body.size());
  field.append(";\r\n\tbh=").append(encode_base64(body)).append(";\r\n\tb=");

  signature.field_without_b = field;
  const Result<std::string> octets = identity.key.sign(signed_header_text(signature, fields));
  if (!octets) return octets.error();
  append_folded_base64(encode_base64(*octets), field);
  field.append("\r\n");
  return field;
}

}  // namespace posthaste
