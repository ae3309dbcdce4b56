#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/envelope.h"
#include "platform/config_schema.h"
#include "route/glob.h"

namespace posthaste {

// What a message must be for a block about its header: for each list that is not empty, any of its
// values. Values are compared without case; "*" stands for any text.
struct SenderMatchConfig {
  std::vector<std::string> from;  // domains of From: "example.com", "*.example.com"
  std::vector<std::string> tenant;
  std::vector<std::string> campaign;
  std::vector<std::string> stream;

  bool empty() const {
    return from.empty() && tenant.empty() && campaign.empty() && stream.empty();
  }
};

// The "match" block inside others.
const BlockSchema<SenderMatchConfig>& sender_match_schema();

// The same, ready to ask. Immutable; any thread.
class SenderMatch {
 public:
  explicit SenderMatch(const SenderMatchConfig& config);

  // `from_domain` in A-labels; "" where From has none.
  bool matches(const Tags& tags, std::string_view from_domain) const;

 private:
  std::vector<Glob> from_;
  std::vector<Glob> tenant_;
  std::vector<Glob> campaign_;
  std::vector<Glob> stream_;
};

}  // namespace posthaste
