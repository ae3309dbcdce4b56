#include "inbound/mailroom.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mail/folded_address.h"
#include "mail/mail_error.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr const char* kUnknown =
    "no such address here: this server takes returned mail and reports, and nothing else";
// RFC 5321 §4.5.3.1.5 leaves 512 octets for a reply line.
constexpr std::size_t kMaxReplyText = 400;

// Reasons quote what others wrote; a reply is one line of ASCII.
std::string reply_text(std::string text) {
  if (text.size() > kMaxReplyText) text.resize(kMaxReplyText);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c == 127; }, '?');
  return text;
}

IncomingMessage incoming(const ReceivedMessage& message) {
  return {message.arrival.peer_address, message.arrival.helo, message.envelope.sender.smtp_form(),
          message.body};
}

// Of a whole message: the gravest of what its recipients' handlers said.
Result<void> sum_up(const std::vector<HandlingOutcome>& outcomes) {
  const auto first = [&](Taking taking) {
    return std::find_if(outcomes.begin(), outcomes.end(),
                        [&](const HandlingOutcome& one) { return one.taking == taking; });
  };
  const auto busy = first(Taking::busy);
  if (busy != outcomes.end()) return {MailErrc::busy, reply_text(busy->reason)};
  const auto refused = first(Taking::refused);
  const bool is_anything_taken =
      std::any_of(outcomes.begin(), outcomes.end(),
                  [](const HandlingOutcome& one) { return one.taking != Taking::refused; });
  if (refused != outcomes.end() && !is_anything_taken) {
    return {MailErrc::refused, reply_text(refused->reason)};
  }
  return {};
}

}  // namespace

std::string_view to_string(Taking taking) {
  switch (taking) {
    case Taking::acted:
      return "acted";
    case Taking::ignored:
      return "ignored";
    case Taking::refused:
      return "refused";
    case Taking::busy:
      return "busy";
  }
  return "busy";
}

std::optional<std::string> Mailroom::refusal(const MailAddress& address) const {
  for (const AddressHandler* handler : parts_.handlers) {
    AddressClaim claim = handler->claim(address);
    if (claim.answer == AddressClaim::Answer::mine) return std::nullopt;
    if (claim.answer == AddressClaim::Answer::forged) return std::move(claim.why);
  }
  return kUnknown;
}

Mailroom::Place Mailroom::place_of(const MailAddress& address) const {
  for (AddressHandler* handler : parts_.handlers) {
    AddressClaim claim = handler->claim(address);
    if (claim.answer == AddressClaim::Answer::mine) return {handler, std::move(claim.desk)};
  }
  return {};
}

asio::awaitable<Result<void>> Mailroom::take(ReceivedMessage message) {
  auto checked = std::make_shared<InboundMail>();
  IncomingMessage from = incoming(message);
  checked->check = co_await parts_.checker.check(std::move(from));
  checked->message = std::move(message);
  const SharedInboundMail mail = checked;
  std::vector<HandlingOutcome> outcomes;
  std::set<MailAddress> done;
  std::set<std::string> desks;
  for (const Recipient& recipient : mail->message.envelope.recipients) {
    if (!done.insert(folded(recipient.address)).second) continue;
    const Place place = place_of(recipient.address);
    if (!place.desk.empty() && !desks.insert(place.desk).second) continue;
    HandlingOutcome outcome{Taking::refused, "unknown", kUnknown};
    if (place.handler != nullptr) {
      MailAddress address = recipient.address;
      outcome = co_await place.handler->take(mail, std::move(address));
    }
    count(outcome);
    outcomes.push_back(std::move(outcome));
  }
  co_return sum_up(outcomes);
}

void Mailroom::count(const HandlingOutcome& outcome) {
  parts_.metrics
      .counter({"posthaste_inbound_messages_total",
                "Mails at inbound listeners, one for each recipient.",
                {"kind", "outcome"}},
               {outcome.kind, std::string(to_string(outcome.taking))})
      .increment();
}

}  // namespace posthaste
