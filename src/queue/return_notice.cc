#include "queue/return_notice.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "mail/dsn.h"
#include "mail/message.h"
#include "queue/message_event.h"

namespace posthaste {
namespace {

bool is_wanted(NoticeMaker::Kind kind, const Notify& notify) {
  if (notify.never) return false;
  switch (kind) {
    case NoticeMaker::Kind::failure:
      return notify.failure;
    case NoticeMaker::Kind::delay:
      // RFC 3461 §4.1: without NOTIFY the server may send delay notices.
      return !notify.is_set || notify.delay;
    case NoticeMaker::Kind::relayed:
      return notify.success;
  }
  return false;
}

DsnAction action_of(NoticeMaker::Kind kind) {
  switch (kind) {
    case NoticeMaker::Kind::failure:
      return DsnAction::failed;
    case NoticeMaker::Kind::delay:
      return DsnAction::delayed;
    case NoticeMaker::Kind::relayed:
      break;
  }
  return DsnAction::relayed;
}

DsnRecipient describe(NoticeMaker::Kind kind, const NoticeRecipient& one) {
  DsnRecipient recipient;
  recipient.final_recipient = one.recipient.address;
  recipient.original_recipient = one.recipient.original_recipient;
  recipient.action = action_of(kind);
  recipient.status = one.event.enhanced_status;
  if (recipient.status.empty()) {
    recipient.status = kind == NoticeMaker::Kind::failure ? "5.0.0"
                       : kind == NoticeMaker::Kind::delay ? "4.0.0"
                                                          : "2.0.0";
  }
  // RFC 3464 §2.3.4: a failed action wants a status of class 5, though what it failed of was
  // transient each time.
  if (kind == NoticeMaker::Kind::failure && recipient.status.front() == '4') {
    recipient.status.front() = '5';
  }
  const bool peer_answered = one.event.smtp_code > 0 && !one.event.peer_host.empty();
  if (peer_answered) {
    recipient.remote_mta = one.event.peer_host;
    recipient.diagnostic_code = one.event.response;
  }
  recipient.explanation = one.event.response;
  if (!one.event.peer_host.empty()) recipient.last_attempt = one.event.time;
  return recipient;
}

}  // namespace

NoticeMaker::NoticeMaker(NoticeOptions options, Spool& spool, Clock& clock)
    : options_(std::move(options)), spool_(spool), clock_(clock) {}

WallTime NoticeMaker::gives_up_at(const QueuedMessage& about, const RemoteQueueConfig& policy) {
  return about.accepted + std::chrono::duration_cast<WallTime::duration>(policy.max_age);
}

std::optional<NewMessage> NoticeMaker::make(Kind kind, const QueuedMessage& about,
                                            std::vector<NoticeRecipient> recipients,
                                            const QueueRules& rules) const {
  const Envelope& envelope = about.envelope;
  // RFC 5321 §4.5.5, RFC 3834 §2: never answer a null sender, or bounces would chase each other.
  if (!options_.notify_sender || envelope.sender.is_null()) return std::nullopt;
  std::erase_if(recipients, [kind](const NoticeRecipient& one) {
    return !is_wanted(kind, one.recipient.notify);
  });
  if (recipients.empty()) return std::nullopt;

  SharedBody original = about.body;
  if (!original) {
    auto loaded = spool_.load_body(about.id);
    original = loaded ? std::move(*loaded) : std::make_shared<const std::string>();
  }
  const WallTime now = clock_.wall();
  const MessageId id = MessageId::generate(now);
  Dsn dsn;
  dsn.reporting_mta = options_.hostname;
  dsn.message_id = id.to_string() + "@" + options_.hostname;
  dsn.to = envelope.sender.address();
  dsn.date = now;
  dsn.arrival = about.accepted;
  dsn.original_envelope_id = envelope.envelope_id;
  dsn.original = *original;
  dsn.uses_8bitmime = options_.use_8bitmime;
  // RFC 3461 §6.2: the content goes back only with a failure, and only when it was asked for.
  // RFC 8689 §5: nor the content of what was to be kept from others.
  dsn.returns_content =
      kind == Kind::failure && envelope.dsn_return == DsnReturn::full && !envelope.require_tls;
  const RemoteQueueConfig* policy = rules.find(about.queue.remote_queue);
  for (const NoticeRecipient& one : recipients) {
    DsnRecipient recipient = describe(kind, one);
    if (kind == Kind::delay && policy) recipient.will_retry_until = gives_up_at(about, *policy);
    dsn.recipients.push_back(std::move(recipient));
  }

  return address_notice(about, id, write_dsn(dsn), rules);
}

NewMessage NoticeMaker::address_notice(const QueuedMessage& about, MessageId id, std::string text,
                                       const QueueRules& rules) const {
  const MailAddress& to = about.envelope.sender.address();
  const WallTime now = id.time();
  NewMessage notice;
  notice.body = std::make_shared<const std::string>(std::move(text));
  const bool is_eight_bit = has_eight_bit(*notice.body);

  QueuedMessage group;
  group.id = id;
  group.tags.tenant = about.tags.tenant;
  Recipient recipient;
  recipient.address = to;
  recipient.notify.never = true;
  // The null sender: nobody answers a notification (RFC 5321 §4.5.5).
  group.envelope.recipients.push_back(recipient);
  group.envelope.body_type = is_eight_bit ? BodyType::eight_bit_mime : BodyType::seven_bit;
  group.envelope.smtputf8 = is_eight_bit && to.needs_smtputf8();
  // RFC 8689 §5: what it says of the message is guarded as the message is.
  group.envelope.require_tls = about.envelope.require_tls;
  const HeaderLookup no_headers;
  const auto& queue = rules.choose({group.envelope.sender, group.tags, no_headers, to.domain()});
  group.queue = {queue.name, about.tags.tenant, CampaignId(), to.domain()};
  group.facts = {"MAILER-DAEMON@" + options_.hostname, "Delivery status notification"};
  group.size = notice.body->size();
  group.accepted = now;
  group.due = now;
  notice.reception = reception_event(group, {to.smtp_form()}, "");
  group.body = spool_.hold(notice.body);
  notice.groups.push_back(std::move(group));
  return notice;
}

}  // namespace posthaste
