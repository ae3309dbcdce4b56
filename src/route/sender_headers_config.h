#pragma once

#include <optional>
#include <string>

#include "mail/address.h"
#include "platform/config_schema.h"
#include "route/sender_match.h"

namespace posthaste {

// An unsubscribe block: the mail that its recipients can unsubscribe from with one click.
struct UnsubscribeConfig {
  std::string name;
  std::string url;               // "https://mail.example.com/u"; "/TOKEN" follows
  std::optional<Domain> mailto;  // of addresses that unsubscribe by mail; none: no such address
  SenderMatchConfig match;
};

// A feedback block: what complaints about mail are known by.
struct FeedbackConfig {
  std::string name;
  std::string feedback_id;   // FeedbackId::parse(); "": none is added
  std::string cfbl_address;  // of RFC 9477; "": none is added
  bool message_id = true;    // X-Posthaste-ID
  SenderMatchConfig match;   // empty: all mail
};

const BlockSchema<UnsubscribeConfig>& unsubscribe_schema();
const BlockSchema<FeedbackConfig>& feedback_schema();

}  // namespace posthaste
