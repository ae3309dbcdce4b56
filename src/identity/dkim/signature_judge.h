#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/dkim_verifier.h"

namespace posthaste {

// What was found of one signature.
struct SignatureFinding {
  DkimReason reason = DkimReason::none;
  bool is_testing = false;        // the key says "t=y"
  bool covers_whole_body = true;  // false: "l=" leaves text after the signed part
};

// Judges the signatures of one message, of DKIM and ARC alike: each body hash is made once, each
// key looked up once. `message` and `keys` outlive it.
class SignatureJudge {
 public:
  SignatureJudge(const SplitMessage& message, WallTime now, DkimKeySource& keys)
      : message_(message), now_(now), keys_(keys) {}

  // Time, key, header fields and body. Requires: a signature that was read without a problem.
  boost::asio::awaitable<SignatureFinding> judge(const DkimSignature& signature);
  // Time, key and `signed_text`, of a signature that covers no body.
  boost::asio::awaitable<SignatureFinding> judge_text(const DkimSignature& signature,
                                                      std::string signed_text);

 private:
  boost::asio::awaitable<void> find_key(const DkimSignature& signature);
  DkimReason judge_with_answer(const DkimSignature& signature, const std::string& signed_text,
                               bool& is_testing);
  DkimReason judge_with_key(const DkimSignature& signature, const std::string& record_text,
                            const std::string& signed_text, bool& is_testing);
  const BodyHash* body_hash(const DkimSignature& signature);

  const SplitMessage& message_;
  const WallTime now_;
  DkimKeySource& keys_;
  std::map<std::string, DkimKeyAnswer> answers_;
  std::map<std::pair<Canonicalization, std::optional<std::uint64_t>>, BodyHash> body_hashes_;
};

}  // namespace posthaste
