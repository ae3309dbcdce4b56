#include "spool/record.h"

#include <array>
#include <chrono>
#include <utility>

#include "platform/store/store.h"
#include "spool/record.pb.h"
#include "spool/spool_error.h"

namespace posthaste {
namespace {

constexpr std::size_t kIdOctets = 16;
constexpr std::size_t kEntryOctets = 8 + kIdOctets + 2;

std::string encode_u16(std::uint16_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
}

std::uint16_t decode_u16(std::string_view octets) {
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(octets[0]) << 8 |
                                    static_cast<std::uint8_t>(octets[1]));
}

std::int64_t to_micros(WallTime time) {
  return time.time_since_epoch().count();
}

WallTime from_micros(std::int64_t micros) {
  return WallTime(std::chrono::microseconds(micros));
}

Error damaged(const char* what) {
  return {SpoolErrc::damaged_record, std::string("a record of the spool is damaged: ") + what};
}

void encode_recipient(const Recipient& recipient, record::RecipientRecord& out) {
  out.set_address(recipient.address.smtp_form());
  out.set_notify_is_set(recipient.notify.is_set);
  out.set_notify_never(recipient.notify.never);
  out.set_notify_success(recipient.notify.success);
  out.set_notify_failure(recipient.notify.failure);
  out.set_notify_delay(recipient.notify.delay);
  out.set_original_recipient(recipient.original_recipient);
}

Result<Recipient> decode_recipient(const record::RecipientRecord& in) {
  auto address = MailAddress::parse(in.address());
  if (!address) return damaged("recipient address");
  Recipient recipient;
  recipient.address = std::move(*address);
  recipient.notify = {in.notify_is_set(), in.notify_never(), in.notify_success(),
                      in.notify_failure(), in.notify_delay()};
  recipient.original_recipient = in.original_recipient();
  return recipient;
}

}  // namespace

std::string encode_group(const QueuedMessage& message) {
  record::GroupRecord out;
  out.set_remote_queue(message.queue.remote_queue);
  out.set_tenant(message.queue.tenant.value());
  out.set_campaign(message.queue.campaign.value());
  out.set_domain(message.queue.domain.ascii());
  const Envelope& envelope = message.envelope;
  out.set_sender(envelope.sender.smtp_form());
  for (const Recipient& recipient : envelope.recipients) {
    encode_recipient(recipient, *out.add_recipients());
  }
  out.set_body_type(static_cast<std::uint32_t>(envelope.body_type));
  out.set_smtputf8(envelope.smtputf8);
  out.set_dsn_return(static_cast<std::uint32_t>(envelope.dsn_return));
  out.set_envelope_id(envelope.envelope_id);
  out.set_require_tls(envelope.require_tls);
  out.set_tls_optional(envelope.tls_optional);
  out.set_stream(message.tags.stream);
  for (const auto& [key, value] : message.tags.meta) {
    record::TagRecord& one = *out.add_meta();
    one.set_key(key);
    one.set_value(value);
  }
  out.set_header_from(message.facts.header_from);
  out.set_subject(message.facts.subject);
  for (const std::string& domain : message.dkim_domains) out.add_dkim_domains(domain);
  out.set_session_id(message.session_id);
  out.set_size(message.size);
  out.set_accepted(to_micros(message.accepted));
  out.set_due(to_micros(message.due));
  out.set_attempts(message.attempts);
  out.set_last_attempt(to_micros(message.last_attempt));
  out.set_is_delay_notified(message.is_delay_notified);
  out.set_last_response(message.last_response);
  out.set_only_source(message.wish.only);
  out.set_other_source_than(message.wish.other_than);
  out.set_group_count(message.group_count);
  return out.SerializeAsString();
}

Result<QueuedMessage> decode_group(std::string_view text, MessageId id, std::uint16_t group) {
  record::GroupRecord in;
  if (!in.ParseFromArray(text.data(), static_cast<int>(text.size()))) return damaged("group");
  QueuedMessage message;
  message.id = id;
  message.group = group;
  message.group_count = static_cast<std::uint16_t>(in.group_count());
  auto domain = Domain::parse(in.domain());
  if (!domain) return damaged("domain");
  message.queue = {in.remote_queue(), TenantId(in.tenant()), CampaignId(in.campaign()),
                   std::move(*domain)};
  auto sender = ReversePath::parse(in.sender());
  if (!sender) return damaged("sender");
  Envelope& envelope = message.envelope;
  envelope.sender = std::move(*sender);
  for (const auto& one : in.recipients()) {
    auto recipient = decode_recipient(one);
    if (!recipient) return recipient.error();
    envelope.recipients.push_back(std::move(*recipient));
  }
  envelope.body_type = static_cast<BodyType>(in.body_type());
  envelope.smtputf8 = in.smtputf8();
  envelope.dsn_return = static_cast<DsnReturn>(in.dsn_return());
  envelope.envelope_id = in.envelope_id();
  envelope.require_tls = in.require_tls();
  envelope.tls_optional = in.tls_optional();
  message.tags = {message.queue.tenant, message.queue.campaign, in.stream(), {}};
  for (const record::TagRecord& one : in.meta()) message.tags.meta[one.key()] = one.value();
  message.facts = {in.header_from(), in.subject()};
  message.dkim_domains.assign(in.dkim_domains().begin(), in.dkim_domains().end());
  message.session_id = in.session_id();
  message.size = in.size();
  message.accepted = from_micros(in.accepted());
  message.due = from_micros(in.due());
  message.attempts = in.attempts();
  message.last_attempt = from_micros(in.last_attempt());
  message.is_delay_notified = in.is_delay_notified();
  message.last_response = in.last_response();
  message.wish = {in.only_source(), in.other_source_than()};
  return message;
}

std::string group_key(MessageId id, std::uint16_t group) {
  return std::string(id.as_key()) + encode_u16(group);
}

std::string holders_key(MessageId id) {
  return std::string(id.as_key()) + encode_u16(0xffff);
}

std::string due_prefix(const QueueName& queue) {
  std::string prefix;
  for (const std::string* part : {&queue.remote_queue, &queue.tenant.value(),
                                  &queue.campaign.value(), &queue.domain.ascii()}) {
    prefix.append(*part);
    prefix.push_back('\0');
  }
  return prefix;
}

std::string due_prefix_end(const QueueName& queue) {
  std::string end = due_prefix(queue);
  end.back() = '\1';
  return end;
}

std::string due_key(const QueueName& queue, const DueEntry& entry) {
  std::string key = due_prefix(queue);
  key += encode_u64(static_cast<std::uint64_t>(to_micros(entry.due)));
  key += entry.id.as_key();
  key += encode_u16(entry.group);
  return key;
}

Result<QueueName> queue_of_due_key(std::string_view key) {
  if (key.size() < kEntryOctets + 4) return damaged("due key");
  key.remove_suffix(kEntryOctets);
  std::array<std::string_view, 4> parts;
  for (std::string_view& part : parts) {
    const std::size_t end = key.find('\0');
    if (end == std::string_view::npos) return damaged("due key");
    part = key.substr(0, end);
    key.remove_prefix(end + 1);
  }
  auto domain = Domain::parse(parts[3]);
  if (!domain || !key.empty()) return damaged("due key");
  return QueueName{std::string(parts[0]), TenantId(std::string(parts[1])),
                   CampaignId(std::string(parts[2])), std::move(*domain)};
}

Result<DueEntry> entry_of_due_key(std::string_view key) {
  if (key.size() < kEntryOctets) return damaged("due key");
  key.remove_prefix(key.size() - kEntryOctets);
  DueEntry entry;
  entry.due = from_micros(static_cast<std::int64_t>(decode_u64(key.substr(0, 8))));
  entry.id = MessageId::from_octets(key.substr(8, kIdOctets));
  entry.group = decode_u16(key.substr(8 + kIdOctets));
  return entry;
}

std::string QueueName::to_string() const {
  std::string text = remote_queue + "/";
  if (!tenant.value().empty()) text += "tenant=" + tenant.value() + "/";
  if (!campaign.value().empty()) text += "campaign=" + campaign.value() + "/";
  return text + domain.ascii();
}

}  // namespace posthaste
