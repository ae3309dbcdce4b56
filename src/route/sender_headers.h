#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/envelope.h"
#include "mail/header_form.h"
#include "mail/message_id.h"
#include "mail/return_path.h"
#include "mail/unsubscribe_token.h"
#include "route/feedback_id.h"
#include "route/sender_headers_config.h"
#include "route/sender_match.h"

namespace posthaste {

// Makes the header fields by which recipients unsubscribe and complaints are known:
// List-Unsubscribe and List-Unsubscribe-Post (RFC 2369, RFC 8058), Feedback-ID, CFBL-Address and
// CFBL-Feedback-ID (RFC 9477), X-Posthaste-ID. They are made before the message is signed, and
// always signed.
//
// Immutable; any thread.
class SenderHeaders {
 public:
  // The keys are those of return paths, and so are the errors.
  static Result<SenderHeaders> create(const std::vector<UnsubscribeConfig>& lists,
                                      const std::vector<FeedbackConfig>& feedback,
                                      std::vector<std::string> keys);

  struct Subject {
    MessageId id;
    const Tags& tags;
    std::string_view from_domain;                     // in A-labels; "" where From has none
    const std::vector<Recipient>& recipients;         // of the transaction
    const std::vector<std::string>& signing_domains;  // "d=" of those that will sign it
    // What the sender's program has written itself, and is left as it is.
    bool has_list_unsubscribe = false;
    bool has_feedback_id = false;
    bool has_cfbl = false;
  };
  struct Made {
    std::string fields;  // complete, each ends in CRLF; may be ""
    ListHeaders list = ListHeaders::none;
    bool has_one_click = false;         // List-Unsubscribe-Post is among them
    bool lacks_cfbl_signature = false;  // CFBL-Address is not: nothing signs for its domain
  };
  Made make(const Subject& subject) const;

 private:
  struct List {
    std::string url;
    std::optional<Domain> mailto;
    SenderMatch match;
  };
  struct Feedback {
    std::optional<FeedbackId> id;
    std::optional<MailAddress> cfbl_address;
    bool message_id;
    SenderMatch match;
  };

  SenderHeaders(UnsubscribeCodec links, ReturnPathCodec addresses, ReturnPathCodec returns)
      : links_(std::move(links)), addresses_(std::move(addresses)), returns_(std::move(returns)) {}

  void add_list(const Subject& subject, Made& made) const;
  void add_feedback(const Subject& subject, Made& made) const;

  UnsubscribeCodec links_;
  ReturnPathCodec addresses_;
  ReturnPathCodec returns_;
  std::vector<List> lists_;
  std::vector<Feedback> feedback_;
};

}  // namespace posthaste
