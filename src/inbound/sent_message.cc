#include "inbound/sent_message.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "mail/folded_address.h"

namespace posthaste {
namespace {

bool is_attempt(EventType type) {
  return type == EventType::delivery || type == EventType::transient_failure ||
         type == EventType::bounce || type == EventType::expiration;
}

bool is_same(const std::string& text, const MailAddress& address) {
  const auto parsed = MailAddress::parse(text);
  return parsed && folded(*parsed) == folded(address);
}

// What is of the message, and not of what happened to it.
void copy_message(const Event& from, Event& to) {
  to.tenant = from.tenant;
  to.campaign = from.campaign;
  to.stream = from.stream;
  to.sender = from.sender;
  to.header_from = from.header_from;
  to.subject = from.subject;
  to.size = from.size;
  to.session_id = from.session_id;
  to.dkim_domains = from.dkim_domains;
  to.meta = from.meta;
}

void copy_way(const Event& from, Event& to) {
  to.source = from.source;
  to.source_address = from.source_address;
  to.pool = from.pool;
  to.queue = from.queue;
  to.site = from.site;
  to.provider = from.provider;
}

}  // namespace

Result<SentMessage> SentMessage::load(const Spool& spool, MessageId id) {
  const auto told = spool.told_of(id);
  if (!told) return told.error();
  std::vector<Event> events;
  for (const Spool::Told& one : *told) {
    auto event = Event::decode(one.record);
    if (event) events.push_back(std::move(*event));
  }
  return SentMessage(id, std::move(events));
}

std::vector<MailAddress> SentMessage::recipients() const {
  std::vector<MailAddress> recipients;
  for (const Event& event : events_) {
    if (event.type != EventType::reception) continue;
    for (const std::string& text : event.recipients) {
      auto address = MailAddress::parse(text);
      if (address) recipients.push_back(std::move(*address));
    }
  }
  return recipients;
}

bool SentMessage::has_recipient(const MailAddress& address) const {
  const auto all = recipients();
  return std::any_of(all.begin(), all.end(),
                     [&](const MailAddress& one) { return folded(one) == folded(address); });
}

const Event* SentMessage::last_attempt(const MailAddress& recipient) const {
  const Event* last = nullptr;
  for (const Event& event : events_) {
    if (!is_attempt(event.type) || !is_same(event.recipient, recipient)) continue;
    // Only a server that had taken it can return it.
    if (last != nullptr && last->type == EventType::delivery && event.type != EventType::delivery) {
      continue;
    }
    last = &event;
  }
  return last;
}

Event SentMessage::event_about(const std::optional<MailAddress>& recipient, EventType type,
                               WallTime now) const {
  Event event;
  event.time = now;
  event.type = type;
  if (id_ != MessageId()) {
    event.message_id = id_.to_string();
    const auto since = std::max(now - id_.time(), WallTime::duration::zero());
    event.queued_seconds = std::chrono::duration<double>(since).count();
  }
  for (const Event& known : events_) {
    if (known.type == EventType::reception) copy_message(known, event);
  }
  if (!recipient) return event;
  event.recipient = recipient->smtp_form();
  event.recipient_domain = recipient->domain().ascii();
  if (const Event* attempt = last_attempt(*recipient)) {
    copy_message(*attempt, event);
    copy_way(*attempt, event);
  }
  return event;
}

}  // namespace posthaste
