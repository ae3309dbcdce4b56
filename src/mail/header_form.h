#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

// What mailbox providers ask of all who send, and of those who send in bulk; by the names that
// replies, events and metrics use.
enum class SenderRule : std::uint8_t {
  single_from,           // RFC 5322 §3.6: one From; and one author domain
  valid_message_id,      // RFC 5322 §3.6.4
  valid_date,            // RFC 5322 §3.3
  single_fields,         // RFC 5322 §3.6: fields that stand once at most
  header_size,           // fields, their number and their sizes
  from_alignment,        // From with a DKIM signature or the return path (RFC 9989 §4.4)
  dkim_signature,        // any, of bulk mail
  one_click_unsubscribe  // RFC 8058, of bulk mail, under a DKIM signature
};
std::string_view to_string(SenderRule rule);

// What a message's header shows of these rules, whoever signs it.
struct HeaderForm {
  std::vector<SenderRule> broken;      // of those that hold for every message; each once
  std::string author_domain;           // of From, in A-labels; "" when there is no single one
  std::vector<std::string> signed_by;  // "d=" of the signatures that came with it
  bool has_one_click = false;          // both fields, as RFC 8058 §3.1 wants them
  bool is_one_click_signed = false;    // by one of the signatures that came with it
};

// What became of the fields by which a recipient unsubscribes.
enum class ListHeaders : std::uint8_t {
  none,                // the message is not of a list
  added,               // by us
  own,                 // the sender's, left as they are
  several_recipients,  // not added: a link names one recipient (RFC 8058 §3.1)
  too_long             // not added: the names of tenant, stream and campaign make it too long
};
std::string_view to_string(ListHeaders headers);

}  // namespace posthaste
