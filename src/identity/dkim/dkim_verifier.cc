#include "identity/dkim/dkim_verifier.h"

#include <map>
#include <optional>
#include <utility>

#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_record.h"
#include "identity/dkim/dkim_signature.h"

namespace posthaste {
namespace {

// Hashes of the body by form and limit: several signatures mostly share one.
class BodyHashes {
 public:
  explicit BodyHashes(std::string_view body) : body_(body) {}

  const BodyHash& hash(Canonicalization form, std::optional<std::uint64_t> limit) {
    const auto [at, is_new] = known_.try_emplace({form, limit});
    if (is_new) at->second = hash_body(form, body_, limit);
    return at->second;
  }

 private:
  std::string_view body_;
  std::map<std::pair<Canonicalization, std::optional<std::uint64_t>>, BodyHash> known_;
};

DkimReason judge_body(const DkimSignature& signature, BodyHashes& bodies) {
  const BodyHash& hash = bodies.hash(signature.body_form, signature.body_length);
  // RFC 6376 §3.5: "l=" must not be more than there is.
  if (signature.body_length.value_or(0) > hash.length) return DkimReason::body_too_short;
  const std::string_view digest(reinterpret_cast<const char*>(hash.digest.data()),
                                hash.digest.size());
  return digest == signature.body_hash ? DkimReason::none : DkimReason::body_changed;
}

// RFC 6376 §6.1.2 and §6.1.3 for one key record.
DkimReason judge_with_key(const DkimSignature& signature, const std::string& record_text,
                          const std::vector<DkimField>& fields, bool& is_testing) {
  const auto record = parse_dkim_record(record_text);
  if (!record) return DkimReason::key_syntax;
  is_testing = record->is_testing;
  const DkimReason problem = unsuitable(*record, signature.algorithm);
  if (problem != DkimReason::none) return problem;
  // RFC 6376 §3.6.1, "t=s"
  if (record->forbids_subdomains && signature.identity_domain != signature.domain) {
    return DkimReason::subdomain_forbidden;
  }
  const Result<DkimPublicKey> key =
      DkimPublicKey::parse(signature.algorithm, record->public_octets);
  if (!key) return DkimReason::key_syntax;
  // RFC 8301 §3.2
  if (signature.algorithm == DkimAlgorithm::rsa_sha256 && key->bits() < kMinimumRsaBits) {
    return DkimReason::key_too_short;
  }
  const bool is_right = key->verifies(signed_header_text(signature, fields), signature.signature);
  return is_right ? DkimReason::none : DkimReason::signature_wrong;
}

// RFC 6376 §6.1.2: several records for a selector may be tried in turn.
DkimReason judge_with_answer(const DkimSignature& signature, const DkimKeyAnswer& answer,
                             const std::vector<DkimField>& fields, bool& is_testing) {
  if (answer.status == DkimKeyAnswer::Status::unavailable) return DkimReason::key_unavailable;
  if (answer.status == DkimKeyAnswer::Status::absent || answer.records.empty()) {
    return DkimReason::no_key;
  }
  constexpr std::size_t kMaxTried = 4;
  DkimReason first_problem = DkimReason::none;
  for (std::size_t i = 0; i < answer.records.size() && i < kMaxTried; ++i) {
    const DkimReason problem = judge_with_key(signature, answer.records[i], fields, is_testing);
    if (problem == DkimReason::none) return problem;
    if (i == 0) first_problem = problem;
  }
  return first_problem;
}

DkimVerdict describe_signature(const DkimSignature& signature) {
  DkimVerdict verdict;
  verdict.domain = signature.domain;
  verdict.selector = signature.selector;
  verdict.identity = signature.identity;
  verdict.algorithm = signature.algorithm_text;
  verdict.b_start = signature.b_start;
  return verdict;
}

boost::asio::awaitable<DkimVerdict> verify_one(ParsedDkimSignature parsed, WallTime now,
                                               const SplitMessage& message, BodyHashes& bodies,
                                               DkimKeySource& keys) {
  const DkimSignature& signature = parsed.signature;
  DkimVerdict verdict = describe_signature(signature);
  verdict.reason = parsed.problem;
  if (verdict.reason == DkimReason::none) verdict.reason = judge_time(signature, now);
  if (verdict.reason == DkimReason::none) {
    const DkimKeyAnswer answer =
        co_await keys.look_up(dkim_record_name(signature.selector, signature.domain));
    // A broken key says more than the body that it might have been made for, so it comes first.
    verdict.reason = judge_with_answer(signature, answer, message.fields, verdict.is_testing);
  }
  if (verdict.reason == DkimReason::none || verdict.reason == DkimReason::signature_wrong) {
    const DkimReason body = judge_body(signature, bodies);
    if (body != DkimReason::none) verdict.reason = body;
    const BodyHash& hash = bodies.hash(signature.body_form, signature.body_length);
    verdict.covers_whole_body = signature.body_length.value_or(hash.length) >= hash.length;
  }
  verdict.result = result_of(verdict.reason);
  co_return verdict;
}

}  // namespace

boost::asio::awaitable<std::vector<DkimVerdict>> verify_dkim(SharedBody message, WallTime now,
                                                             DkimKeySource& keys) {
  const SplitMessage split = split_message(*message);
  BodyHashes bodies(split.body);
  std::vector<DkimVerdict> verdicts;
  for (const DkimField& field : split.fields) {
    if (ascii_lower(field.name) != "dkim-signature") continue;
    ParsedDkimSignature parsed = parse_dkim_signature(field);
    if (verdicts.size() >= kMaxJudgedSignatures) parsed.problem = DkimReason::too_many_signatures;
    verdicts.push_back(co_await verify_one(std::move(parsed), now, split, bodies, keys));
  }
  co_return verdicts;
}

}  // namespace posthaste
