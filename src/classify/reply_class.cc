#include "classify/reply_class.h"

#include <optional>
#include <string>
#include <string_view>

#include "classify/foreign_words.h"
#include "classify/reply_words.h"

namespace posthaste {
namespace {

struct StatusRule {
  std::uint16_t subject;
  std::uint16_t detail;
  Classification classification;
};

// RFC 3463 §3, and the registry that goes on with it (RFC 5248).
constexpr StatusRule kStatusRules[] = {
    {1, 2, Classification::bad_domain},
    // The sender's address, not the recipient's.
    {1, 7, Classification::policy},
    {1, 8, Classification::policy},
    {1, 10, Classification::no_mx},
    {2, 1, Classification::inactive_mailbox},
    {2, 2, Classification::mailbox_full},
    {2, 3, Classification::message_too_large},
    {3, 4, Classification::message_too_large},
    {4, 1, Classification::bad_connection},
    {4, 2, Classification::bad_connection},
    {4, 4, Classification::bad_domain},
    {4, 6, Classification::routing},
    {4, 7, Classification::transient},
    // Exchange Online's own, as learn.microsoft.com lists them.
    {4, 14, Classification::routing},
    {4, 300, Classification::transient},
    {4, 310, Classification::bad_domain},
    {4, 312, Classification::bad_connection},
    {4, 316, Classification::bad_connection},
    {4, 317, Classification::tls_failure},
    {7, 8, Classification::authentication},
    {7, 10, Classification::tls_failure},
    {7, 11, Classification::tls_failure},
    // RFC 7293: mailbox and domain have another owner.
    {7, 17, Classification::bad_mailbox},
    {7, 18, Classification::bad_domain},
    {7, 20, Classification::authentication},
    {7, 23, Classification::authentication},
    {7, 24, Classification::authentication},
    {7, 25, Classification::authentication},
    {7, 26, Classification::authentication},
    {7, 27, Classification::authentication},
    {7, 28, Classification::rate_limited},
    {7, 29, Classification::tls_failure},
    {7, 30, Classification::authentication},
};

std::optional<Classification> by_status(const EnhancedStatus& status) {
  for (const StatusRule& rule : kStatusRules) {
    if (rule.subject == status.subject && rule.detail == status.detail) return rule.classification;
  }
  switch (status.subject) {
    case 1:
      // x.1.0 is some address, the sender's as likely.
      if (status.detail == 0) return std::nullopt;
      return Classification::bad_mailbox;
    case 5:
      // x.5.0 is what mail systems write of any failing command of theirs.
      if (status.detail == 0) return std::nullopt;
      return Classification::protocol_error;
    case 7:
      return Classification::policy;
    default:
      return std::nullopt;
  }
}

// RFC 3463 §3.2, §3.8: the sender's address, or what the peer thinks of us.
bool is_about_sender(const EnhancedStatus& status) {
  return status.subject == 7 || (status.subject == 1 && (status.detail == 7 || status.detail == 8));
}

// By the code alone. 550 and 553 stand for a bad address as for "command rejected for policy
// reasons" (RFC 5321 §4.2.3), and an address is not to be given up for a guess.
Classification by_code(std::uint32_t code) {
  switch (code) {
    case 452:
      return Classification::transient;
    case 552:
      return Classification::mailbox_full;
    case 500:
    case 501:
    case 502:
    case 503:
    case 504:
      return Classification::protocol_error;
    case 530:
    case 535:
      return Classification::authentication;
    case 551:
      return Classification::bad_mailbox;
    case 556:
      return Classification::no_mx;
    default:
      return code < 500 ? Classification::transient : Classification::other;
  }
}

// "#5.1.1", as qmail and IronPort write a status anywhere in their text.
std::optional<EnhancedStatus> status_within(std::string_view text) {
  const std::size_t mark = text.find('#');
  if (mark == std::string_view::npos) return std::nullopt;
  text.remove_prefix(mark + 1);
  return EnhancedStatus::parse(text.substr(0, text.find_first_not_of("0123456789.")));
}

}  // namespace

Classification classify(const Reply& reply) {
  std::string text;
  for (const std::string& line : reply.lines) (text += line) += ' ';
  const std::string plain = plain_words(text);
  auto status = reply.enhanced ? reply.enhanced : status_within(text);
  if (status && status->klass == 2) status.reset();  // of what succeeded
  if (const auto known = class_by_certain_words(plain)) {
    const bool is_its_own = !status || !is_about_sender(*status);
    return *known == Classification::bad_domain && !is_its_own ? Classification::policy : *known;
  }
  // Of a domain they mean the sender's, as English words do: the recipient's has led us here.
  const auto foreign = class_by_foreign_words(plain);
  if (foreign && *foreign != Classification::bad_domain) return *foreign;
  const auto guess = class_by_vague_words(plain);
  if (status) {
    const auto known = by_status(*status);
    // Gateways write x.1.1 and x.4.1 of whatever they refuse: "blocked" is not about the address.
    const bool is_address_or_route =
        known && (is_hard(*known) || *known == Classification::bad_connection);
    if (is_address_or_route && guess && speaks_of_leave(plain)) return *guess;
    if (known) return *known;
  }
  if (guess) return *guess;
  return by_code(reply.code);
}

bool is_hard(Classification classification) {
  return classification == Classification::bad_mailbox ||
         classification == Classification::bad_domain || classification == Classification::no_mx;
}

bool is_about_recipient(Classification classification) {
  return is_hard(classification) || classification == Classification::inactive_mailbox;
}

}  // namespace posthaste
