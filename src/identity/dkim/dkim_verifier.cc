#include "identity/dkim/dkim_verifier.h"

#include <utility>

#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/signature_judge.h"

namespace posthaste {
namespace {

DkimVerdict describe_signature(const DkimSignature& signature) {
  DkimVerdict verdict;
  verdict.domain = signature.domain;
  verdict.selector = signature.selector;
  verdict.identity = signature.identity;
  verdict.algorithm = signature.algorithm_text;
  verdict.b_start = signature.b_start;
  return verdict;
}

boost::asio::awaitable<DkimVerdict> verify_one(ParsedDkimSignature parsed, SignatureJudge& judge) {
  DkimVerdict verdict = describe_signature(parsed.signature);
  verdict.reason = parsed.problem;
  if (verdict.reason == DkimReason::none) {
    const SignatureFinding finding = co_await judge.judge(parsed.signature);
    verdict.reason = finding.reason;
    verdict.is_testing = finding.is_testing;
    verdict.covers_whole_body = finding.covers_whole_body;
  }
  verdict.result = result_of(verdict.reason);
  co_return verdict;
}

}  // namespace

boost::asio::awaitable<std::vector<DkimVerdict>> verify_dkim(SharedBody message, WallTime now,
                                                             DkimKeySource& keys) {
  const SplitMessage split = split_message(*message);
  SignatureJudge judge(split, now, keys);
  std::vector<DkimVerdict> verdicts;
  for (const DkimField& field : split.fields) {
    if (!is_named(field, "dkim-signature")) continue;
    ParsedDkimSignature parsed = parse_dkim_signature(field);
    if (verdicts.size() >= kMaxJudgedSignatures) parsed.problem = DkimReason::too_many_signatures;
    verdicts.push_back(co_await verify_one(std::move(parsed), judge));
  }
  co_return verdicts;
}

}  // namespace posthaste
