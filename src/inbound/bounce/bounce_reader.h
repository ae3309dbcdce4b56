#pragma once

#include <string_view>

#include "classify/reply_classifier.h"
#include "inbound/bounce/bounce.h"

namespace posthaste {

class MimeMessage;
struct Reading;

// Reads whatever a mail system sends back: delivery status notifications (RFC 3464, RFC 6522),
// whole or broken; the prose of those that know no standard; complaints; and the answers of
// people's programs (RFC 3834), which are told apart. Order of belief: a complaint, a report for
// machines, a notification in JSON, an automatic answer, prose; then the same for messages that
// are attached.
//
//   const BounceReader reader(ReplyClassifier::shipped());
//   const ReturnedMail returned = reader.read(octets);
//
// Immutable: any thread may ask. Work is bounded by the limits of prose_reader.h and mail/mime.h.
class BounceReader {
 public:
  explicit BounceReader(ReplyClassifier classifier) : classifier_(std::move(classifier)) {}

  ReturnedMail read(std::string_view message) const;

 private:
  ReturnedMail read(std::string_view message, std::size_t depth) const;
  ReturnedMail read_passed_on(const Reading& reading, const ReturnedMail& outer,
                              std::size_t depth) const;

  ReplyClassifier classifier_;
};

}  // namespace posthaste
