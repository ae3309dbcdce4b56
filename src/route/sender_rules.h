#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/header_form.h"
#include "route/queue_config.h"

namespace posthaste {

// How close the author domain is to another (RFC 9989 §4.4). Organizational domains are those of
// the public suffix list: known without DNS, and the same as those of the tree walk but for the few
// who publish "psd=".
enum class AlignmentResult : std::uint8_t { none, relaxed, strict };
std::string_view to_string(AlignmentResult result);
// Lower-case A-labels; "" is aligned with nothing.
AlignmentResult align(std::string_view from, std::string_view other);

// What is known of a message when its class is chosen.
struct SenderFacts {
  const HeaderForm& form;
  const std::vector<std::string>& signed_for;  // "d=" of our signatures
  std::string_view return_path;                // the domain of MAIL FROM as it will be; "" for <>
};

// The rules of mailbox providers that a message breaks, in the order of SenderRule: those for all
// mail, and of a class that is `bulk` those for bulk mail. Without DNS; some microseconds.
struct SenderJudgement {
  AlignmentResult dkim = AlignmentResult::none;  // the closest of all signatures
  AlignmentResult return_path = AlignmentResult::none;
  std::vector<SenderRule> broken;

  // "dkim=strict return_path=none"
  std::string alignment() const;
};
SenderJudgement judge_sender(const SenderFacts& facts, const RemoteQueueConfig& queue);

// What is wrong and what to do, in a line: "from_alignment: From is of example.com, …: sign for …".
std::string explain(SenderRule rule, const SenderFacts& facts);

}  // namespace posthaste
