#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mail/envelope.h"

namespace posthaste {

// The Feedback-ID by which Gmail tells in Postmaster Tools which mail was called spam: four parts,
// "a:b:c:SenderId", of which it counts each by itself. The last names the sender and is the same in
// all mail; the first three may hold what groups mail, as "{campaign}:{tenant}:{stream}:acmemail".
// What is different in every message would have nothing to count. Immutable; any thread.
class FeedbackId {
 public:
  // Errors: not four parts, a placeholder other than {campaign}, {tenant} and {stream}, a SenderId
  // that is not 5 to 15 letters and digits.
  static Result<FeedbackId> parse(std::string_view text);

  // The field's value. Whatever else than letters, digits, ".", "-" and "_" stands in a tag becomes
  // "_"; of each tag the first 64 octets count.
  std::string of(const Tags& tags) const;

 private:
  std::array<std::string, 4> parts_;
};

}  // namespace posthaste
