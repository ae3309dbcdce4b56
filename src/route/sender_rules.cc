#include "route/sender_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "identity/dmarc/dmarc.h"
#include "identity/dmarc/public_suffix.h"

namespace posthaste {
namespace {

// RFC 5321 §4.5.3.1.5, with code and status in front.
constexpr std::size_t kMaxReplyText = 490;

AlignmentResult closest(std::string_view from, const std::vector<std::string>& domains) {
  AlignmentResult result = AlignmentResult::none;
  for (const std::string& domain : domains) result = std::max(result, align(from, domain));
  return result;
}

bool is_enough(AlignmentResult result, Alignment asked) {
  return result == AlignmentResult::strict ||
         (result == AlignmentResult::relaxed && asked == Alignment::relaxed);
}

bool is_signed(const SenderFacts& facts) {
  return !facts.signed_for.empty() || !facts.form.signed_by.empty();
}

// Ours cover the fields always.
bool has_signed_one_click(const SenderFacts& facts) {
  return facts.form.has_one_click && (facts.form.is_one_click_signed || !facts.signed_for.empty());
}

std::string explain_alignment(const SenderFacts& facts) {
  std::vector<std::string> signers = facts.signed_for;
  signers.insert(signers.end(), facts.form.signed_by.begin(), facts.form.signed_by.end());
  if (facts.form.author_domain.empty()) {
    return "From has no single domain to compare: write one address";
  }
  return fmt::format(
      "From is of {}, the DKIM signatures of {}, the return path of {}: sign with d={}, or use a "
      "return path below it",
      facts.form.author_domain,
      signers.empty() ? "nobody" : fmt::format("{}", fmt::join(signers, ", ")),
      facts.return_path.empty() ? "nobody" : facts.return_path, facts.form.author_domain);
}

}  // namespace

std::string_view to_string(AlignmentResult result) {
  switch (result) {
    case AlignmentResult::none:
      return "none";
    case AlignmentResult::relaxed:
      return "relaxed";
    case AlignmentResult::strict:
      return "strict";
  }
  return "unknown";
}

AlignmentResult align(std::string_view from, std::string_view other) {
  if (from.empty() || other.empty()) return AlignmentResult::none;
  if (from == other) return AlignmentResult::strict;
  const std::string organization = registrable_domain(from);
  const bool is_relaxed =
      is_aligned(other, registrable_domain(other), from, organization, DmarcAlignment::relaxed);
  return is_relaxed ? AlignmentResult::relaxed : AlignmentResult::none;
}

std::string SenderJudgement::alignment() const {
  return fmt::format("dkim={} return_path={}", to_string(dkim), to_string(return_path));
}

SenderJudgement judge_sender(const SenderFacts& facts, const RemoteQueueConfig& queue) {
  SenderJudgement judgement;
  const std::string& from = facts.form.author_domain;
  judgement.dkim = std::max(closest(from, facts.signed_for), closest(from, facts.form.signed_by));
  judgement.return_path = align(from, facts.return_path);
  judgement.broken = facts.form.broken;
  if (!is_enough(judgement.dkim, queue.alignment) &&
      !is_enough(judgement.return_path, queue.alignment)) {
    judgement.broken.push_back(SenderRule::from_alignment);
  }
  if (queue.bulk && !is_signed(facts)) judgement.broken.push_back(SenderRule::dkim_signature);
  if (queue.bulk && !has_signed_one_click(facts)) {
    judgement.broken.push_back(SenderRule::one_click_unsubscribe);
  }
  std::sort(judgement.broken.begin(), judgement.broken.end());
  return judgement;
}

std::string explain(SenderRule rule, const SenderFacts& facts) {
  const auto line = [rule](std::string_view text) {
    return fmt::format("{}: {}", to_string(rule), text).substr(0, kMaxReplyText);
  };
  switch (rule) {
    case SenderRule::single_from:
      return line("From must stand once, with addresses of one domain: write one");
    case SenderRule::valid_message_id:
      return line(
          "Message-ID is not one <id@domain> of at most 500 octets: correct it, or leave it "
          "out and one is added");
    case SenderRule::valid_date:
      return line("Date is no date of RFC 5322: correct it, or leave it out and one is added");
    case SenderRule::single_fields:
      return line(
          "a field stands twice that may stand once (To, Cc, Subject, Reply-To, Sender, "
          "...): leave one of it");
    case SenderRule::header_size:
      return line(
          "the header has more than 500 kB, 5000 fields, 32 kB in a field or 998 octets in "
          "Subject: shorten it");
    case SenderRule::from_alignment:
      return line(explain_alignment(facts));
    case SenderRule::dkim_signature:
      return line("bulk mail needs a DKIM signature: add a dkim block for the domain of From");
    case SenderRule::one_click_unsubscribe:
      return line(
          "bulk mail needs List-Unsubscribe with an https link and List-Unsubscribe-Post "
          "(RFC 8058) under a DKIM signature, and one recipient a message: add them, or an "
          "unsubscribe block");
  }
  return line("");
}

}  // namespace posthaste
