#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mail/envelope.h"

namespace posthaste {

// RFC 3464 §2.3.3.
enum class DsnAction : std::uint8_t { failed, delayed, delivered, relayed, expanded };
std::string_view to_string(DsnAction action);

// What a notification says of one recipient (RFC 3464 §2.3). Empty means not said.
struct DsnRecipient {
  MailAddress final_recipient;
  std::string original_recipient;  // "rfc822;a@b"
  DsnAction action = DsnAction::failed;
  std::string status;           // "5.1.1"
  std::string remote_mta;       // host name
  std::string diagnostic_code;  // the peer's reply; "" when the failure was ours
  std::string explanation;      // for people, when there is no reply
  std::optional<WallTime> last_attempt;
  std::optional<WallTime> will_retry_until;
};

struct Dsn {
  std::string reporting_mta;  // host name
  std::string message_id;     // of the notification itself, without angle brackets
  MailAddress to;
  WallTime date;
  std::optional<WallTime> arrival;
  std::string original_envelope_id;
  std::vector<DsnRecipient> recipients;
  std::string_view original;     // the whole message it is about
  bool returns_content = false;  // RFC 3461 §4.3, RET=FULL; else the headers only
  // False: the notification is 7-bit throughout, but for `to` where that is not ASCII.
  bool uses_8bitmime = false;
};

// Writes a delivery status notification: RFC 6522 multipart/report with a text for people, the
// RFC 3464 report, and the message or its headers. Non-ASCII addresses make it an
// internationalised one (RFC 6533) where it may be 8-bit, and stand in ASCII where it may not. The
// null return path is the caller's to give. Requires: a recipient.
std::string write_dsn(const Dsn& dsn);

// The per-recipient fields of a message/delivery-status part, as they stand; nothing is trusted.
struct DsnReportedRecipient {
  std::string final_recipient;  // address only
  std::string original_recipient;
  std::string actual_recipient;  // X-Actual-Recipient, of sendmail and others
  std::string action;
  std::string status;
  std::string remote_mta;
  std::string diagnostic_type;  // "smtp", lower case
  std::string diagnostic_code;  // without the type
};
struct DsnReport {
  std::string reporting_mta;
  std::string original_envelope_id;
  std::vector<DsnReportedRecipient> recipients;
};
// Reads the content of a message/delivery-status part (RFC 3464 §2.1), also where blank lines are
// missing or too many. At most 1,000 recipients.
DsnReport read_delivery_status(std::string_view content);

}  // namespace posthaste
