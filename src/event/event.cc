#include "event/event.h"

#include <array>
#include <chrono>
#include <utility>

#include "event/event.pb.h"
#include "event/event_error.h"

namespace posthaste {
namespace {

class EventCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "posthaste.event"; }
  std::string message(int) const override { return "a record of the outbox is damaged"; }
};

constexpr std::array<std::string_view, 18> kTypes{"reception",
                                                  "rejection",
                                                  "delivery",
                                                  "transient_failure",
                                                  "bounce",
                                                  "expiration",
                                                  "admin_bounce",
                                                  "suppressed",
                                                  "deferred_by_limit",
                                                  "oob_bounce",
                                                  "complaint",
                                                  "unsubscribe",
                                                  "open",
                                                  "click",
                                                  "limit_changed",
                                                  "reputation_changed",
                                                  "relayed",
                                                  "rate_alert"};

constexpr std::array<std::string_view, 21> kClassifications{"none",
                                                            "bad_mailbox",
                                                            "inactive_mailbox",
                                                            "mailbox_full",
                                                            "bad_domain",
                                                            "no_mx",
                                                            "relaying_denied",
                                                            "spam_content",
                                                            "spam_block",
                                                            "policy",
                                                            "authentication",
                                                            "rate_limited",
                                                            "greylisted",
                                                            "message_too_large",
                                                            "protocol_error",
                                                            "routing",
                                                            "bad_connection",
                                                            "tls_failure",
                                                            "virus",
                                                            "transient",
                                                            "other"};

template <class Enum, std::size_t N>
std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

boost::system::error_code make_error_code(EventErrc code) {
  static const EventCategory category;
  return {static_cast<int>(code), category};
}

std::string_view to_string(EventType type) {
  return kTypes[static_cast<std::size_t>(type)];
}

std::optional<EventType> parse_event_type(std::string_view text) {
  return find_name<EventType>(kTypes, text);
}

std::string_view to_string(Classification classification) {
  return kClassifications[static_cast<std::size_t>(classification)];
}

std::optional<Classification> parse_classification(std::string_view text) {
  return find_name<Classification>(kClassifications, text);
}

std::string Event::encode() const {
  record::EventRecord out;
  out.set_time(time.time_since_epoch().count());
  out.set_type(static_cast<std::uint32_t>(type));
  out.set_message_id(message_id);
  out.set_tenant(tenant);
  out.set_campaign(campaign);
  out.set_stream(stream);
  out.set_sender(sender);
  out.set_recipient(recipient);
  out.set_recipient_domain(recipient_domain);
  out.set_header_from(header_from);
  out.set_subject(subject);
  out.set_source(source);
  out.set_source_address(source_address);
  out.set_pool(pool);
  out.set_queue(queue);
  out.set_site(site);
  out.set_provider(provider);
  out.set_peer_host(peer_host);
  out.set_peer_address(peer_address);
  out.set_listener(listener);
  out.set_tls_version(tls_version);
  out.set_tls_cipher(tls_cipher);
  out.set_tls_verified(tls_verified);
  out.set_tls_subject(tls_subject);
  out.set_tls_fingerprint(tls_fingerprint);
  out.set_enhanced_status(enhanced_status);
  out.set_response(response);
  out.set_session_id(session_id);
  out.set_size(size);
  out.set_smtp_code(smtp_code);
  out.set_classification(static_cast<std::uint32_t>(classification));
  if (hard) out.set_hard(*hard);
  out.set_attempt(attempt);
  if (queued_seconds >= 0) out.set_queued_seconds(queued_seconds);
  for (const std::string& domain : dkim_domains) out.add_dkim_domains(domain);
  for (const std::string& one : recipients) out.add_recipients(one);
  for (const auto& [key, value] : meta) {
    record::MetaRecord& one = *out.add_meta();
    one.set_key(key);
    one.set_value(value);
  }
  return out.SerializeAsString();
}

Result<Event> Event::decode(std::string_view octets) {
  record::EventRecord in;
  const bool is_read = in.ParseFromArray(octets.data(), static_cast<int>(octets.size()));
  if (!is_read || in.type() >= kTypes.size() || in.classification() >= kClassifications.size()) {
    return Error{EventErrc::damaged_record, {}};
  }
  Event event;
  event.time = WallTime(std::chrono::microseconds(in.time()));
  event.type = static_cast<EventType>(in.type());
  event.message_id = in.message_id();
  event.tenant = in.tenant();
  event.campaign = in.campaign();
  event.stream = in.stream();
  event.sender = in.sender();
  event.recipient = in.recipient();
  event.recipient_domain = in.recipient_domain();
  event.header_from = in.header_from();
  event.subject = in.subject();
  event.source = in.source();
  event.source_address = in.source_address();
  event.pool = in.pool();
  event.queue = in.queue();
  event.site = in.site();
  event.provider = in.provider();
  event.peer_host = in.peer_host();
  event.peer_address = in.peer_address();
  event.listener = in.listener();
  event.tls_version = in.tls_version();
  event.tls_cipher = in.tls_cipher();
  event.tls_verified = in.tls_verified();
  event.tls_subject = in.tls_subject();
  event.tls_fingerprint = in.tls_fingerprint();
  event.enhanced_status = in.enhanced_status();
  event.response = in.response();
  event.session_id = in.session_id();
  event.size = in.size();
  event.smtp_code = in.smtp_code();
  event.classification = static_cast<Classification>(in.classification());
  if (in.has_hard()) event.hard = in.hard();
  event.attempt = in.attempt();
  if (in.has_queued_seconds()) event.queued_seconds = in.queued_seconds();
  event.dkim_domains.assign(in.dkim_domains().begin(), in.dkim_domains().end());
  event.recipients.assign(in.recipients().begin(), in.recipients().end());
  for (const record::MetaRecord& one : in.meta()) event.meta[one.key()] = one.value();
  return event;
}

}  // namespace posthaste
