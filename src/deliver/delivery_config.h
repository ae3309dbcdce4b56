#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/units.h"
#include "platform/config.h"
#include "route/destination.h"

namespace posthaste {

// The delivery block. Timeouts bear their names of RFC 5321 §4.5.3.2.
struct DeliveryConfig {
  std::uint16_t port = 25;
  std::string ehlo_name;  // "": server { hostname }
  std::vector<std::string> ip_versions{"6", "4"};

  Duration connect_timeout = std::chrono::seconds(30);
  Duration initial_220_timeout = std::chrono::minutes(5);
  Duration mail_timeout = std::chrono::minutes(5);
  Duration rcpt_timeout = std::chrono::minutes(5);
  Duration data_initiation_timeout = std::chrono::minutes(2);
  Duration data_block_timeout = std::chrono::minutes(3);
  Duration data_termination_timeout = std::chrono::minutes(10);

  std::uint32_t connections_per_site = 20;
  std::uint32_t messages_per_connection = 100;
  std::uint32_t recipients_per_transaction = 100;
  Duration idle_timeout = std::chrono::seconds(5);
  bool chunking = false;
  bool shipped_providers = true;
  // How long a site rests when none of its hosts can be reached; doubled each time up to the
  // ceiling.
  Duration site_rest = std::chrono::seconds(60);
  Duration site_rest_ceiling = std::chrono::minutes(15);

  IpVersions versions() const;
};

const BlockSchema<DeliveryConfig>& delivery_schema();

}  // namespace posthaste
