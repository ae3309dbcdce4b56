#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "mail/envelope.h"
#include "mail/message_id.h"
#include "mail/message_sink.h"

namespace posthaste {

// Names one queue: mail of one class, tenant and campaign for one recipient domain. Every message
// waits in exactly one queue for each recipient domain that it has.
struct QueueName {
  std::string remote_queue;  // the class: title of a remote_queue block
  TenantId tenant;
  CampaignId campaign;
  Domain domain;

  // "outbound/example.com", "outbound/tenant=acme/campaign=spring/example.com".
  std::string to_string() const;
  auto operator<=>(const QueueName&) const = default;
};

// From where a message's next attempt should go, as the last reply made it: the same source again
// (greylisting remembers the address), or another one of the pool. "" wishes nothing.
struct SourceWish {
  std::string only;
  std::string other_than;
  auto operator<=>(const SourceWish&) const = default;
};

// One recipient group: the recipients of one message that share a domain, as far as they still
// wait for their end. This is what queues hold and connections deliver.
struct QueuedMessage {
  MessageId id;
  std::uint16_t group = 0;        // number of the group within its message
  std::uint16_t group_count = 1;  // groups the message was accepted with
  QueueName queue;
  Envelope envelope;  // the recipients of this group only
  Tags tags;
  HeaderFacts facts;
  std::vector<std::string> dkim_domains;
  std::string session_id;
  std::uint64_t size = 0;  // octets of the body
  WallTime accepted;
  WallTime due;
  std::uint32_t attempts = 0;      // made so far
  WallTime last_attempt;           // 1970 before the first
  bool is_delay_notified = false;  // the delay warning has gone out
  std::string last_response;       // what the last attempt met; "" before the first
  SourceWish wish;
  SharedBody body;  // null: must be loaded from the spool first
};

}  // namespace posthaste

template <>
struct std::hash<posthaste::QueueName> {
  std::size_t operator()(const posthaste::QueueName& name) const {
    std::size_t seed = std::hash<std::string>{}(name.domain.ascii());
    for (const std::string* part :
         {&name.remote_queue, &name.tenant.value(), &name.campaign.value()}) {
      seed = seed * 1099511628211ULL ^ std::hash<std::string>{}(*part);
    }
    return seed;
  }
};
