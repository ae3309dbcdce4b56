#include "queue/admission.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "mail/mail_error.h"
#include "mail/message.h"
#include "queue/message_event.h"
#include "route/sender_rules.h"
#include "spool/spool_error.h"

namespace posthaste {

namespace asio = boost::asio;

std::vector<QueuedMessage> Admission::group_by_domain(const ReceivedMessage& message,
                                                      const QueueRules& rules) const {
  std::optional<MessageView> view;  // most rules ask for no header
  const HeaderLookup headers = [&](std::string_view name) {
    if (!view) view.emplace(*message.body);
    std::vector<std::string_view> values;
    for (const HeaderField& field : view->fields()) {
      if (equals_ignoring_case(field.name, name)) values.push_back(trim_blanks(field.value));
    }
    return values;
  };
  std::vector<QueuedMessage> groups;
  for (const Recipient& recipient : message.envelope.recipients) {
    const Domain& domain = recipient.address.domain();
    auto group = std::find_if(groups.begin(), groups.end(), [&domain](const QueuedMessage& one) {
      return one.queue.domain == domain;
    });
    if (group == groups.end()) {
      const RemoteQueueConfig& queue =
          rules.choose({message.envelope.sender, message.tags, headers, domain});
      QueuedMessage fresh;
      fresh.id = message.id;
      fresh.group = static_cast<std::uint16_t>(groups.size());
      fresh.queue = {queue.name, message.tags.tenant, message.tags.campaign, domain};
      fresh.envelope = message.envelope;
      fresh.envelope.recipients.clear();
      fresh.tags = message.tags;
      fresh.facts = message.facts;
      fresh.dkim_domains = message.dkim_domains;
      fresh.session_id = message.arrival.session_id;
      fresh.size = message.body->size();
      fresh.accepted = message.arrival.time;
      fresh.due = message.arrival.time;
      group = groups.insert(groups.end(), std::move(fresh));
    }
    group->envelope.recipients.push_back(recipient);
  }
  for (QueuedMessage& group : groups) group.group_count = static_cast<std::uint16_t>(groups.size());
  return groups;
}

Admission::Judged Admission::judge(const ReceivedMessage& message,
                                   const std::vector<QueuedMessage>& groups,
                                   const QueueRules& rules) const {
  Judged judged;
  const auto paths = return_paths_.with([](const auto& current) { return current; });
  std::set<SenderRule> broken;
  for (const QueuedMessage& group : groups) {
    const RemoteQueueConfig* const queue = rules.find(group.queue.remote_queue);
    if (queue == nullptr || queue->unaligned == RulePolicy::accept) continue;
    const Domain* const own = paths ? paths->domain_of(group) : nullptr;
    std::string return_path = own != nullptr ? own->ascii() : std::string();
    if (own == nullptr && !group.envelope.sender.is_null()) {
      return_path = group.envelope.sender.address().domain().ascii();
    }
    const SenderFacts facts{message.form, message.dkim_domains, return_path};
    const SenderJudgement found = judge_sender(facts, *queue);
    if (judged.alignment.empty()) judged.alignment = found.alignment();
    broken.insert(found.broken.begin(), found.broken.end());
    const bool is_refused = queue->unaligned == RulePolicy::reject && !found.broken.empty();
    if (!is_refused || !judged.refusal.empty()) continue;
    judged.refusal =
        fmt::format("the message breaks rules for senders of \"{}\" mail", queue->name);
    for (const SenderRule rule : found.broken) judged.refusal += "\n" + explain(rule, facts);
  }
  judged.broken.assign(broken.begin(), broken.end());
  return judged;
}

// To the observer, and in the reception event, over what tags of these names say.
void Admission::report(const ReceivedMessage& message, const Judged& judged,
                       Event& reception) const {
  std::vector<std::string_view> names;
  for (const SenderRule rule : judged.broken) {
    names.push_back(to_string(rule));
    if (parts_.observer != nullptr) {
      parts_.observer->on_broken_rule(rule, !judged.refusal.empty());
    }
  }
  if (!judged.refusal.empty()) return;
  if (!names.empty()) reception.meta["broken_rules"] = fmt::format("{}", fmt::join(names, ", "));
  if (!judged.alignment.empty()) reception.meta["alignment"] = judged.alignment;
  if (message.lacks_cfbl_signature) reception.meta["cfbl_address"] = "not_signed";
  if (message.list_headers == ListHeaders::none) return;
  reception.meta["list_unsubscribe"] = to_string(message.list_headers);
  if (parts_.observer != nullptr) parts_.observer->on_list_headers(message.list_headers);
}

// Their events are told with the reception. Where their senders shall hear by mail, they go on, and
// are stopped before they are delivered.
asio::awaitable<void> Admission::leave_out_suppressed(NewMessage& message) {
  const SuppressionConfig config = parts_.suppressor->config();
  const bool is_told_by_mail =
      config.notify_sender && config.at_reception == SuppressionAnswer::accept;
  if (is_told_by_mail) co_return;
  bool any = false;
  for (QueuedMessage& group : message.groups) {
    std::vector<Recipient> kept;
    for (Recipient& recipient : group.envelope.recipients) {
      Suppressor::Question question{recipient.address, group.tags.tenant, group.tags.stream};
      const auto entry = co_await parts_.suppressor->check(std::move(question));
      if (entry) {
        message.further.push_back(suppressed_event(group, recipient, *entry, parts_.clock.wall()));
      } else {
        kept.push_back(std::move(recipient));
      }
    }
    any = any || kept.size() < group.envelope.recipients.size();
    group.envelope.recipients = std::move(kept);
  }
  if (!any) co_return;
  std::erase_if(message.groups,
                [](const QueuedMessage& group) { return group.envelope.recipients.empty(); });
  for (std::size_t i = 0; i < message.groups.size(); ++i) {
    message.groups[i].group = static_cast<std::uint16_t>(i);
    message.groups[i].group_count = static_cast<std::uint16_t>(message.groups.size());
  }
}

asio::awaitable<Result<void>> Admission::take(ReceivedMessage message) {
  if (is_stopped_) co_return Error{SpoolErrc::stopping, {}};
  const bool refuses = parts_.suppressor != nullptr &&
                       parts_.suppressor->config().at_reception == SuppressionAnswer::refuse;
  NewMessage fresh;
  const auto rules = parts_.settler.rules();
  fresh.groups = group_by_domain(message, *rules);
  const Judged judged = judge(message, fresh.groups, *rules);
  fresh.body = message.body;
  std::vector<std::string> recipients;
  for (const Recipient& recipient : message.envelope.recipients) {
    recipients.push_back(recipient.address.smtp_form());
  }
  fresh.reception = reception_event(fresh.groups.front(), recipients, message.arrival.listener);
  fresh.reception.peer_address = message.arrival.peer_address;
  fresh.reception.tls_version = message.arrival.tls_version;
  fresh.reception.tls_cipher = message.arrival.tls_cipher;
  if (recipients.size() == 1) {
    fresh.reception.recipient = recipients.front();
    fresh.reception.recipient_domain = fresh.groups.front().queue.domain.ascii();
  }
  report(message, judged, fresh.reception);
  if (!judged.refusal.empty()) co_return Error{MailErrc::against_rules, judged.refusal};
  if (parts_.suppressor != nullptr) co_await leave_out_suppressed(fresh);
  if (fresh.groups.empty() && refuses) {
    for (const Event& event : fresh.further) parts_.spool.tell(event);
    co_return Error{MailErrc::suppressed, fresh.further.front().response};
  }
  std::vector<QueuedMessage> groups = fresh.groups;
  const Result<void> kept = co_await parts_.spool.accept(std::move(fresh));
  if (!kept) co_return kept;
  const SharedBody body = parts_.spool.hold(message.body);
  for (QueuedMessage& group : groups) group.body = body;
  if (!groups.empty()) parts_.manager.handed_over(std::move(groups));
  co_return kept;
}

}  // namespace posthaste
