#pragma once

#include <string_view>

#include "classify/reply_classifier.h"
#include "inbound/bounce/bounce.h"

namespace posthaste {

// Amazon SES tells of bounces, complaints and deliveries as JSON, which SNS mails to people; kind
// other when the text holds none.
ReturnedMail read_notification(std::string_view text, const ReplyClassifier& classifier);

}  // namespace posthaste
