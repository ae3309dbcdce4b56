#include "identity/dkim/dkim_record.h"

#include <algorithm>

#include "identity/dkim/dkim_tag_list.h"

namespace posthaste {
namespace {

bool lists(std::string_view colon_list, std::string_view wanted) {
  const auto parts = split_colon_list(colon_list);
  return std::find(parts.begin(), parts.end(), wanted) != parts.end();
}

std::optional<DkimAlgorithm> algorithm_for(std::string_view key_type) {
  if (key_type == "rsa") return DkimAlgorithm::rsa_sha256;
  if (key_type == "ed25519") return DkimAlgorithm::ed25519_sha256;
  return std::nullopt;
}

}  // namespace

std::optional<DkimKeyRecord> parse_dkim_record(std::string_view text) {
  const auto list = DkimTagList::parse(text);
  if (!list) return std::nullopt;
  // RFC 6376 §3.6.1: "v=" may be missing, but must come first and be DKIM1 where it is there.
  if (const auto* v = list->find("v");
      v != nullptr && (v != &list->tags().front() || v->value != "DKIM1")) {
    return std::nullopt;
  }
  const auto* p = list->find("p");
  if (p == nullptr) return std::nullopt;
  const auto octets = decode_folded_base64(p->value);
  if (!octets) return std::nullopt;

  DkimKeyRecord record;
  record.public_octets = *octets;
  const auto* k = list->find("k");
  record.algorithm = k == nullptr ? DkimAlgorithm::rsa_sha256 : algorithm_for(k->value);
  if (const auto* h = list->find("h")) record.allows_sha256 = lists(h->value, "sha256");
  if (const auto* s = list->find("s")) {
    record.allows_email = lists(s->value, "*") || lists(s->value, "email");
  }
  if (const auto* t = list->find("t")) {
    record.is_testing = lists(t->value, "y");
    record.forbids_subdomains = lists(t->value, "s");
  }
  return record;
}

// RFC 6376 §6.1.2, steps 5 to 8.
DkimReason unsuitable(const DkimKeyRecord& record, DkimAlgorithm algorithm) {
  if (!record.allows_email) return DkimReason::key_not_for_email;
  if (!record.allows_sha256) return DkimReason::key_hash_forbidden;
  if (record.public_octets.empty()) return DkimReason::key_revoked;
  if (record.algorithm != algorithm) return DkimReason::key_type_mismatch;
  return DkimReason::none;
}

Result<std::string> make_dkim_record(const DkimPrivateKey& key) {
  const Result<std::string> octets = key.public_octets();
  if (!octets) return octets.error();
  return "v=DKIM1; k=" + std::string(key_type(key.algorithm())) + "; p=" + encode_base64(*octets);
}

std::string dkim_record_name(std::string_view selector, std::string_view domain) {
  return std::string(selector).append("._domainkey.").append(domain);
}

std::vector<std::string> split_txt(std::string_view text) {
  constexpr std::size_t kMaxString = 255;
  std::vector<std::string> strings;
  do {
    strings.emplace_back(text.substr(0, kMaxString));
    text.remove_prefix(strings.back().size());
  } while (!text.empty());
  return strings;
}

}  // namespace posthaste
