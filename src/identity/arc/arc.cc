#include "identity/arc/arc.h"

#include <utility>

#include "identity/arc/arc_chain.h"
#include "identity/dkim/signature_judge.h"

namespace posthaste {
namespace {

std::string problem_of(std::string_view field, std::size_t instance, DkimReason reason) {
  return std::string(field) + " of i=" + std::to_string(instance) + ": " +
         std::string(describe(reason));
}

// Steps 4 to 6 of RFC 8617 §5.2.
boost::asio::awaitable<void> judge_chain(const ArcChain& chain, SignatureJudge& judge,
                                         ArcVerdict& verdict) {
  verdict.result = ArcResult::fail;
  const std::size_t newest = chain.sets.size();
  for (std::size_t i = newest; i > 0; --i) {
    const SignatureFinding finding = co_await judge.judge(chain.sets[i - 1].message_signature);
    if (finding.reason == DkimReason::none) continue;
    if (i == newest) {
      verdict.problem = problem_of("ARC-Message-Signature", i, finding.reason);
      verdict.is_temporary_failure = finding.reason == DkimReason::key_unavailable;
      co_return;
    }
    verdict.oldest_pass = static_cast<int>(i) + 1;
    break;
  }
  for (std::size_t i = newest; i > 0; --i) {
    std::string text = sealed_text(chain, i);
    const SignatureFinding finding =
        co_await judge.judge_text(chain.sets[i - 1].seal_signature, std::move(text));
    if (finding.reason == DkimReason::none) continue;
    verdict.problem = problem_of("ARC-Seal", i, finding.reason);
    verdict.is_temporary_failure = finding.reason == DkimReason::key_unavailable;
    verdict.oldest_pass = 0;
    co_return;
  }
  verdict.result = ArcResult::pass;
}

}  // namespace

std::string_view to_string(ArcResult result) {
  switch (result) {
    case ArcResult::none:
      return "none";
    case ArcResult::pass:
      return "pass";
    case ArcResult::fail:
      return "fail";
  }
  return "none";
}

boost::asio::awaitable<ArcVerdict> verify_arc(SharedBody message, WallTime now,
                                              DkimKeySource& keys) {
  const SplitMessage split = split_message(*message);
  const ArcChain chain = read_arc_chain(split.fields);
  ArcVerdict verdict;
  verdict.instances = static_cast<int>(chain.sets.size());
  verdict.has_ended = chain.has_ended;
  verdict.problem = chain.problem;
  for (const ArcSet& set : chain.sets) verdict.domains.push_back(set.seal_signature.domain);
  if (!chain.problem.empty()) {
    verdict.result = ArcResult::fail;
  } else if (!chain.sets.empty()) {
    SignatureJudge judge(split, now, keys);
    co_await judge_chain(chain, judge, verdict);
  }
  co_return verdict;
}

}  // namespace posthaste
