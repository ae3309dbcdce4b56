#include "route/suppression_config.h"

namespace posthaste {
namespace {

const BlockSchema<SoftBounceRule>& soft_bounces_schema() {
  static const auto schema =
      BlockSchema<SoftBounceRule>(
          "soft_bounces", BlockKind::single,
          "When an address is suppressed whose mailbox is full or idle, or whose mail expires, "
          "again and again with no delivery between.")
          .key("events", &SoftBounceRule::events,
               "So many failures are needed; 0 never suppresses for them.")
          .key("days", &SoftBounceRule::days, "On so many different days (UTC).", {.min = 1U})
          .key("span", &SoftBounceRule::span, "With so much time from the first to the last.")
          .key("expires", &SoftBounceRule::expires,
               "For how long; then it is tried again, and one more failure suppresses it anew. 0s "
               "is for ever.")
          .key("forget", &SoftBounceRule::forget,
               "After so much time without a failure they are counted from the beginning.");
  return schema;
}

}  // namespace

const BlockSchema<SuppressionConfig>& suppression_schema() {
  static const auto schema =
      BlockSchema<SuppressionConfig>("suppression", BlockKind::single,
                                     "Which addresses get no more mail, and what their senders "
                                     "hear. A duration of 0s is for ever.")
          .key("at_reception", &SuppressionConfig::at_reception,
               "A suppressed recipient is refused with 550 5.1.1, or accepted and reported by an "
               "event; either way nothing is sent.")
          .key("notify_sender", &SuppressionConfig::notify_sender,
               "Tell the envelope sender by mail of what was accepted and then suppressed (RFC "
               "3464).")
          .key("bad_addresses_for", &SuppressionConfig::bad_addresses_for,
               "Whether an address that bounced is suppressed for everybody or for the tenant "
               "whose mail it was.")
          .key("hard_bounces", &SuppressionConfig::hard_bounces,
               "Suppress an address at its first hard bounce.")
          .key("hard_bounces_expire", &SuppressionConfig::hard_bounces_expire,
               "For how long after a hard bounce.")
          .key("bad_domain_apart", &SuppressionConfig::bad_domain_apart,
               "A recipient domain that DNS does not know suppresses the address when that is "
               "found a second time, at least so much later.")
          .key("complaints", &SuppressionConfig::complaints,
               "Suppress an address for tenant and stream at its first complaint.")
          .key("complaints_expire", &SuppressionConfig::complaints_expire,
               "For how long after a complaint.")
          .key("unsubscribes_expire", &SuppressionConfig::unsubscribes_expire,
               "For how long after an unsubscription.")
          .block(&SuppressionConfig::soft_bounces, soft_bounces_schema());
  return schema;
}

}  // namespace posthaste
