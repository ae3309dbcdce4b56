#include "relay/relay_journal.h"

#include <utility>

#include "mail/address.h"
#include "mail/message.h"
#include "mail/message_id.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxField = 1000;

const MetricName kLost{"posthaste_relay_events_lost_total",
                       "Events of analytics relays that could not be written.",
                       {"listener"}};
const MetricName kMessages{
    "posthaste_relay_messages_total",
    "Messages and recipients that the next server of an analytics relay took "
    "or refused.",
    {"listener", "result"}};
const MetricName kFailures{"posthaste_relay_upstream_failures_total",
                           "Connections whose next server could not be had.",
                           {"listener"}};

std::string domain_of(const std::string& address) {
  const auto at = address.rfind('@');
  if (at == std::string::npos) return {};
  const auto domain = Domain::parse(std::string_view(address).substr(at + 1));
  return domain ? domain->ascii() : address.substr(at + 1);
}

void show_header(const RelayOutcome& outcome, const RelayFacts& facts, Event& event) {
  const MessageView message(outcome.header);
  if (const HeaderField* subject = message.find("Subject")) {
    event.subject = decode_text(subject->value, kMaxField);
  }
  if (const HeaderField* from = message.find("From")) {
    const std::vector<std::string> addresses = addresses_of(from->value);
    if (!addresses.empty()) event.header_from = addresses.front();
  }
  for (const std::string& name : facts.headers) {
    if (const HeaderField* field = message.find(name)) {
      event.meta[name] = decode_text(field->value, kMaxField);
    }
  }
}

}  // namespace

std::vector<Event> events_of(const RelayOutcome& outcome, const RelayFacts& facts, WallTime now) {
  Event event;
  event.type = outcome.is_taken ? EventType::relayed : EventType::rejection;
  event.time = now;
  event.message_id = MessageId::generate(now).to_string();
  event.sender = outcome.sender;
  event.size = outcome.size;
  event.listener = facts.listener;
  event.session_id = facts.session_id;
  event.peer_address = facts.peer_address;
  event.site = facts.upstream;
  event.tls_version = facts.tls_version;
  event.tls_cipher = facts.tls_cipher;
  event.smtp_code = outcome.reply.code;
  if (outcome.reply.enhanced) event.enhanced_status = outcome.reply.enhanced->to_string();
  event.response = outcome.reply.text();
  show_header(outcome, facts, event);
  if (outcome.recipients.empty()) return {std::move(event)};
  std::vector<Event> events;
  for (const std::string& recipient : outcome.recipients) {
    events.push_back(event);
    events.back().recipient = recipient;
    events.back().recipient_domain = domain_of(recipient);
  }
  return events;
}

RelayJournal::RelayJournal(Clock& clock, Metrics& metrics, Store store)
    : clock_(clock),
      metrics_(metrics),
      store_(std::move(store)),
      pending_(std::make_shared<std::atomic<std::size_t>>(0)) {}

void RelayJournal::record(const RelayOutcome& outcome, const RelayFacts& facts) {
  metrics_.counter(kMessages, {facts.listener, outcome.is_taken ? "taken" : "refused"}).increment();
  std::vector<Event> events = events_of(outcome, facts, clock_.wall());
  const Counter lost = metrics_.counter(kLost, {facts.listener});
  const std::size_t count = events.size();
  if (keep(std::move(events))) return;
  for (std::size_t i = 0; i < count; ++i) lost.increment();
}

bool RelayJournal::keep(std::vector<Event> events) {
  if (!store_.is_writable()) return false;
  const std::size_t count = events.size();
  if (pending_->fetch_add(count) + count > kMaxPending) {
    pending_->fetch_sub(count);
    return false;
  }
  store_.write(std::move(events), [pending = pending_, count] { pending->fetch_sub(count); });
  return true;
}

void RelayJournal::count_failure(std::string_view listener) {
  metrics_.counter(kFailures, {std::string(listener)}).increment();
}

}  // namespace posthaste
