#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace posthaste {

enum class EventType : std::uint8_t {
  reception,
  rejection,
  delivery,
  transient_failure,
  bounce,
  expiration,
  admin_bounce,
  suppressed,
  deferred_by_limit,
  oob_bounce,
  complaint,
  unsubscribe,
  open,
  click,
  limit_changed,       // of no message: what the closed loop, a rule or a suspension did
  reputation_changed,  // of no message: a blocklist, or a figure of a provider
  relayed,             // an analytics relay passed it on, and the next server has taken it
  rate_alert,          // of no message: bounces, deferrals or complaints crossed a threshold
};
std::string_view to_string(EventType type);
std::optional<EventType> parse_event_type(std::string_view text);

enum class Classification : std::uint8_t {
  none,  // not a failure; never printed
  bad_mailbox,
  inactive_mailbox,
  mailbox_full,
  bad_domain,
  no_mx,
  relaying_denied,
  spam_content,
  spam_block,
  policy,
  authentication,
  rate_limited,
  greylisted,
  message_too_large,
  protocol_error,
  routing,
  bad_connection,
  tls_failure,
  virus,
  transient,
  other,
};
std::string_view to_string(Classification classification);
std::optional<Classification> parse_classification(std::string_view text);

// One thing that happened to a message: what logs, webhooks, timelines and counters are made of.
// A field that does not apply is empty (or absent, or 0) and is left out of the JSON.
struct Event {
  std::string event_id;  // given by the outbox: its sequence, in decimal
  WallTime time;
  EventType type = EventType::reception;
  std::string message_id;
  std::string tenant;
  std::string campaign;
  std::string stream;
  std::string sender;  // "" is the null sender, and is printed
  std::string recipient;
  std::string recipient_domain;
  std::string header_from;
  std::string subject;
  std::uint64_t size = 0;  // octets
  std::string source;
  std::string source_address;
  std::string pool;
  std::string queue;
  std::string site;
  std::string provider;
  std::string peer_host;
  std::string peer_address;
  std::string listener;
  std::string tls_version;
  std::string tls_cipher;
  std::string tls_verified;     // how the peer was verified: "dane", "mta-sts", "certificate"
  std::string tls_subject;      // of the peer's certificate
  std::string tls_fingerprint;  // its SHA-256 in hexadecimal
  std::uint32_t smtp_code = 0;
  std::string enhanced_status;
  std::string response;
  Classification classification = Classification::none;
  std::optional<bool> hard;  // stands beside a classification
  std::uint32_t attempt = 0;
  double queued_seconds = -1;  // acceptance to this event; negative: does not apply
  std::string session_id;
  std::vector<std::string> dkim_domains;
  std::vector<std::string> recipients;  // of a reception: all of them
  std::map<std::string, std::string> meta;

  // One line of JSON without its newline; keys are the names above.
  std::string to_json() const;
  // The record of the outbox (Protocol Buffers). The event_id is not part of it.
  std::string encode() const;
  static Result<Event> decode(std::string_view record);
};

}  // namespace posthaste
