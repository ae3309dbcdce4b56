// RCPT (RFC 5321 §4.1.1.3), with NOTIFY and ORCPT; and the policy of who may relay.
#include "accept/smtp_session.h"
#include "accept/verbs/path_arguments.h"
#include "base/ascii.h"
#include "mail/message.h"

namespace posthaste {
namespace {

// RFC 3461 §4.1: notify-esmtp-value = "NEVER" / 1#notify-list-element
bool take_notify(std::string_view value, Notify& notify) {
  if (notify.is_set) return false;
  notify = {.is_set = true, .never = false, .success = false, .failure = false, .delay = false};
  const std::string upper = uppered(value);
  if (upper == "NEVER") {
    notify.never = true;
    return true;
  }
  std::optional<std::string_view> list = upper;
  while (const auto item = take_list_item(list)) {
    if (*item == "SUCCESS") {
      notify.success = true;
    } else if (*item == "FAILURE") {
      notify.failure = true;
    } else if (*item == "DELAY") {
      notify.delay = true;
    } else {
      return false;
    }
  }
  return true;
}

// RFC 3461 §4.2: original-recipient-address = addr-type ";" xtext, 500 octets at most.
bool take_orcpt(std::string_view value, std::string& original) {
  const auto semicolon = value.find(';');
  if (semicolon == 0 || semicolon == std::string_view::npos || value.size() > 500 ||
      !original.empty()) {
    return false;
  }
  const auto address = decode_xtext(value.substr(semicolon + 1));
  if (!address || address->empty() || value.substr(0, semicolon).find('+') != value.npos) {
    return false;
  }
  original = std::string(value.substr(0, semicolon + 1)) + *address;
  return true;
}

}  // namespace

bool SmtpSession::may_relay() const {
  // Nothing is relayed from there: the check knows which addresses are ours, from whomever it
  // comes.
  if (settings_->listener.effective_role() == ListenerRole::inbound) {
    return services_.checks_recipients;
  }
  return may_relay_by_address_ || !facts_.user.empty();
}

bool SmtpSession::take_rcpt_parameters(std::string_view text, Recipient& recipient) {
  while (!text.empty()) {
    const auto parameter = take_parameter(text);
    const bool is_known =
        parameter && (parameter->keyword == "NOTIFY" || parameter->keyword == "ORCPT");
    if (parameter && !is_known) {
      // RFC 5321 §4.1.1.11
      refuse({555, "5.5.4", "unknown parameter of RCPT: EHLO lists what is offered",
              RejectionReason::syntax});
      return false;
    }
    bool is_taken = false;
    if (parameter && parameter->value) {
      is_taken = parameter->keyword == "NOTIFY"
                     ? take_notify(*parameter->value, recipient.notify)
                     : take_orcpt(*parameter->value, recipient.original_recipient);
    }
    if (!is_taken) {
      refuse({501, "5.5.4", "malformed parameter of RCPT", RejectionReason::syntax});
      return false;
    }
  }
  return true;
}

void SmtpSession::on_rcpt(Arguments arguments) {
  if (!is_in_transaction() || is_chunked_) {
    return refuse({503, "5.5.1", "send MAIL first", RejectionReason::sequence});
  }
  const auto parts = split_path_arguments(arguments.text, "TO:");
  if (!parts) {
    return refuse({501, "5.5.4", "write RCPT TO:<address>", RejectionReason::syntax});
  }
  // RFC 5321 §4.1.1.3: "<postmaster>" needs no domain; it is ours then.
  const bool is_postmaster = uppered(parts->path) == "POSTMASTER";
  auto address = is_postmaster
                     ? MailAddress::parse(std::string(parts->path) + "@" + settings_->hostname)
                     : MailAddress::parse(parts->path);
  if (!address) {
    return refuse({553, "5.1.3", "the recipient is not a valid address", RejectionReason::syntax,
                   parts->path});
  }
  if (has_eight_bit(parts->path) && !envelope_.smtputf8) {
    // RFC 6531 §3.5
    return refuse({553, "5.6.7", "the recipient is not ASCII: add SMTPUTF8 to MAIL",
                   RejectionReason::syntax, parts->path});
  }
  if (!may_relay()) {
    return refuse({550, "5.7.1", "relaying denied: authenticate first",
                   RejectionReason::relaying_denied, parts->path});
  }
  if (envelope_.recipients.size() >= settings_->listener.recipients_at_once()) {
    // RFC 5321 §4.5.3.1.10
    return refuse({452, "4.5.3", "too many recipients: send the rest in another message",
                   RejectionReason::too_many_recipients, parts->path});
  }
  Recipient recipient;
  if (!take_rcpt_parameters(parts->parameters, recipient)) return;
  recipient.address = *std::move(address);
  recipient_ = std::move(recipient);
  if (services_.checks_recipients) {
    need_ = Need::check_recipient;
    return;
  }
  on_recipient(std::nullopt);
}

void SmtpSession::on_recipient(const std::optional<RecipientRefusal>& refusal) {
  need_ = Need::input;
  if (refusal) {
    const std::string address = recipient_.address.smtp_form();
    return refuse({550, "5.1.1", refusal->text, refusal->reason, address});
  }
  envelope_.recipients.push_back(std::move(recipient_));
  reply(250, "2.1.5", "recipient ok");
}

}  // namespace posthaste
