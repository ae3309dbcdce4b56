#include "identity/dkim/signature_judge.h"

#include "identity/dkim/dkim_record.h"

namespace posthaste {
namespace {

// A hostile message may ask for the hash of its body with as many "l=" as it has signatures.
constexpr std::size_t kMaxBodyHashes = 8;
constexpr std::size_t kMaxTriedRecords = 4;

bool is_hash(const BodyHash& hash, std::string_view expected) {
  return expected ==
         std::string_view(reinterpret_cast<const char*>(hash.digest.data()), hash.digest.size());
}

}  // namespace

boost::asio::awaitable<SignatureFinding> SignatureJudge::judge(const DkimSignature& signature) {
  std::string signed_text = signed_header_text(signature, message_.fields);
  SignatureFinding finding = co_await judge_text(signature, std::move(signed_text));
  // A broken key says more than the body that it might have been made for, so it comes first.
  if (finding.reason != DkimReason::none && finding.reason != DkimReason::signature_wrong) {
    co_return finding;
  }
  const BodyHash* hash = body_hash(signature);
  if (hash == nullptr) {
    finding.reason = DkimReason::too_many_signatures;
    co_return finding;
  }
  const std::uint64_t length = signature.body_length.value_or(hash->length);
  finding.covers_whole_body = length >= hash->length;
  // RFC 6376 §3.5: "l=" must not be more than there is.
  if (length > hash->length) {
    finding.reason = DkimReason::body_too_short;
  } else if (!is_hash(*hash, signature.body_hash)) {
    finding.reason = DkimReason::body_changed;
  }
  co_return finding;
}

boost::asio::awaitable<SignatureFinding> SignatureJudge::judge_text(const DkimSignature& signature,
                                                                    std::string signed_text) {
  SignatureFinding finding;
  finding.reason = judge_time(signature, now_);
  if (finding.reason != DkimReason::none) co_return finding;
  co_await find_key(signature);
  finding.reason = judge_with_answer(signature, signed_text, finding.is_testing);
  co_return finding;
}

boost::asio::awaitable<void> SignatureJudge::find_key(const DkimSignature& signature) {
  const std::string name = dkim_record_name(signature.selector, signature.domain);
  if (answers_.contains(name)) co_return;
  answers_[name] = co_await keys_.look_up(name);
}

// RFC 6376 §6.1.2: several records for a selector may be tried in turn.
DkimReason SignatureJudge::judge_with_answer(const DkimSignature& signature,
                                             const std::string& signed_text, bool& is_testing) {
  const DkimKeyAnswer& answer = answers_.at(dkim_record_name(signature.selector, signature.domain));
  if (answer.status == DkimKeyAnswer::Status::unavailable) return DkimReason::key_unavailable;
  if (answer.status == DkimKeyAnswer::Status::absent || answer.records.empty()) {
    return DkimReason::no_key;
  }
  DkimReason first_problem = DkimReason::none;
  for (std::size_t i = 0; i < answer.records.size() && i < kMaxTriedRecords; ++i) {
    bool says_testing = false;
    const DkimReason problem =
        judge_with_key(signature, answer.records[i], signed_text, says_testing);
    const bool is_right = problem == DkimReason::none;
    // What the key says goes with what is told of it.
    if (is_right || i == 0) is_testing = says_testing;
    if (is_right) return problem;
    if (i == 0) first_problem = problem;
  }
  return first_problem;
}

// RFC 6376 §6.1.2 and §6.1.3 for one key record.
DkimReason SignatureJudge::judge_with_key(const DkimSignature& signature,
                                          const std::string& record_text,
                                          const std::string& signed_text, bool& is_testing) {
  const auto published = keys_.read(record_text);
  if (!published->record) return DkimReason::key_syntax;
  is_testing = published->record->is_testing;
  const DkimReason problem = unsuitable(*published->record, signature.algorithm);
  if (problem != DkimReason::none) return problem;
  // RFC 6376 §3.6.1, "t=s"
  if (published->record->forbids_subdomains && signature.identity_domain != signature.domain) {
    return DkimReason::subdomain_forbidden;
  }
  if (!published->key) return DkimReason::key_syntax;
  // RFC 8301 §3.2
  if (signature.algorithm == DkimAlgorithm::rsa_sha256 &&
      published->key->bits() < kMinimumRsaBits) {
    return DkimReason::key_too_short;
  }
  const bool is_right = published->key->verifies(signed_text, signature.signature);
  return is_right ? DkimReason::none : DkimReason::signature_wrong;
}

const BodyHash* SignatureJudge::body_hash(const DkimSignature& signature) {
  const std::pair asked{signature.body_form, signature.body_length};
  const auto known = body_hashes_.find(asked);
  if (known != body_hashes_.end()) return &known->second;
  if (body_hashes_.size() >= kMaxBodyHashes) return nullptr;
  BodyHash hash = hash_body(signature.body_form, message_.body, signature.body_length);
  return &body_hashes_.emplace(asked, hash).first->second;
}

}  // namespace posthaste
