#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/mime.h"

namespace posthaste {

// How a complaint or failure report was written.
enum class FeedbackForm : std::uint8_t {
  arf,                // RFC 5965, RFC 6591: a message/feedback-report part
  microsoft,          // the old JMRP: the message itself, with X-HmXmrOriginalRecipient
  apple_unsubscribe,  // the mail that Apple Mail writes for its unsubscribe button
  exim_failure,       // Exim's DMARC failure report, which is plain text
  notification,       // JSON, as Amazon SES tells what comes back
};
std::string_view to_string(FeedbackForm form);

// What of the message that is complained about can tell which one it was; "" where it was redacted.
struct FeedbackOriginal {
  std::string message_id;  // without angle brackets
  std::string header_from;
  std::vector<std::string> to;  // may be anybody's: never what a complaint is matched by
  std::string subject;
  std::string return_path;
  std::string own_id;            // X-Posthaste-ID
  std::string cfbl_feedback_id;  // RFC 9477
  std::string feedback_id;       // Gmail's: names a campaign
  std::string campaign_type;     // X-Mailru-Msgtype: the same for Mail.ru
};

// A complaint about a message, or a report that one failed authentication. Fields are those of the
// feedback-report part, as written but for white space around them; "" where there are none.
struct Feedback {
  FeedbackForm form = FeedbackForm::arf;
  std::string feedback_type;  // lower case: abuse, auth-failure, fraud, not-spam, opt-out, virus, …
  std::string user_agent;
  int version = 0;
  int incidents = 1;
  std::string original_envelope_id;
  std::string original_mail_from;
  std::vector<std::string> original_rcpt_to;
  std::vector<std::string> removal_recipient;
  std::optional<std::int64_t> arrival_date;  // Unix time
  std::string reporting_mta;                 // the name alone
  std::string source_ip;                     // the address alone
  int source_port = 0;
  std::vector<std::string> authentication_results;  // folded as they are, lines end in LF
  std::vector<std::string> reported_domain;
  std::vector<std::string> reported_uri;

  // RFC 6591 §3
  std::string auth_failure;  // "bodyhash" of the RFC is "body-hash"
  std::string delivery_result;
  std::string identity_alignment;
  std::string dkim_domain;
  std::string dkim_identity;
  std::string dkim_selector;
  std::string dkim_canonicalized_header;
  std::string dkim_canonicalized_body;
  std::string spf_dns;
  // The other fields: "Abuse-Type", "Subscription-Link", …
  std::vector<std::pair<std::string, std::string>> other_fields;

  std::string reporter;    // From address of the report
  std::string message_id;  // of the report itself, without angle brackets
  FeedbackOriginal original;

  bool is_authentication_failure() const { return feedback_type == "auth-failure"; }
  // Whom the report names as its complainers, addresses alone: Original-Rcpt-To, else
  // Removal-Recipient, else To of the message. For people and statistics: it proves nothing.
  std::vector<std::string> recipients() const;
};

// Reads a complaint in any of its forms but a notification. Nothing when the mail is none.
std::optional<Feedback> read_feedback(const MimeMessage& mail);

// Fills in the fields of a message/feedback-report part's content (RFC 5965 §3); at most 1,000.
void read_feedback_fields(std::string_view content, Feedback& into);

}  // namespace posthaste
