#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/units.h"
#include "mail/address.h"
#include "platform/config_schema.h"

namespace posthaste {

// The inbound block: what listeners of role inbound take beside the mail to return paths.
struct InboundConfig {
  std::vector<MailAddress> reports;     // of DMARC and TLS reports
  std::vector<MailAddress> complaints;  // of feedback loops
  std::vector<MailAddress> postmaster;  // who gets mail to postmaster and abuse
  Duration keep_reports = std::chrono::hours(24) * 400;
  Bytes max_stored{2ULL << 30U};
  std::uint32_t max_waiting = 64;
  Bytes max_waiting_size{64ULL << 20U};
};

const BlockSchema<InboundConfig>& inbound_schema();

}  // namespace posthaste
