#include "accept/reception.h"

#include <string>
#include <utility>

#include "accept/message_preparation.h"
#include "identity/dkim/dkim_signer.h"
#include "mail/mail_error.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

ReceptionOutcome try_later(std::string text) {
  return {.is_accepted = false,
          .code = 452,
          .enhanced_status = "4.3.1",
          .text = std::move(text),
          .size = 0,
          .reason = RejectionReason::storage};
}

ReceptionOutcome not_taken(const Error& why) {
  ReceptionOutcome outcome = try_later("the message cannot be kept at the moment: try again later");
  if (why.code == MailErrc::suppressed) {
    outcome.code = 550;
    outcome.enhanced_status = "5.1.1";
    outcome.reason = RejectionReason::suppressed;
  } else if (why.code == MailErrc::against_rules) {
    // RFC 3463 §3.8: of the message as it is.
    outcome.code = 550;
    outcome.enhanced_status = "5.7.1";
    outcome.reason = RejectionReason::sender_rules;
  } else if (why.code == MailErrc::refused) {
    outcome.code = 554;
    outcome.enhanced_status = "5.6.0";
    outcome.reason = RejectionReason::bad_message;
  } else if (why.code == MailErrc::busy) {
    outcome.code = 451;
    outcome.enhanced_status = "4.3.2";
  } else {
    return outcome;
  }
  outcome.text = why.detail;
  return outcome;
}

// Signatures stand in front of all else. False when one could not be made.
bool sign(PreparedMessage& prepared, const DkimSigner& signer, WallTime now) {
  if (!prepared.header_from || !signer.signs_for(*prepared.header_from)) return true;
  auto signatures = signer.sign(prepared.body, *prepared.header_from, now);
  if (!signatures) return false;
  prepared.body.insert(0, signatures->headers);
  prepared.message.dkim_domains = std::move(signatures->domains);
  return true;
}

}  // namespace

asio::awaitable<ReceptionOutcome> Reception::receive(
    Transaction transaction, SessionFacts facts, std::shared_ptr<const SessionSettings> settings) {
  const WallTime now = clock_.wall();
  const MessageId id = MessageId::generate(now);
  auto made = prepare_message({std::move(transaction), facts, *settings, id, now});
  if (auto* refused = std::get_if<ReceptionOutcome>(&made)) co_return std::move(*refused);
  PreparedMessage& prepared = std::get<PreparedMessage>(made);
  if (settings->signer && !sign(prepared, *settings->signer, now)) {
    co_return try_later("the message cannot be signed at the moment: try again later");
  }
  const std::uint64_t size = prepared.body.size();
  prepared.message.body = std::make_shared<const std::string>(std::move(prepared.body));
  const Result<void> kept = co_await sink_.take(std::move(prepared.message));
  if (!kept) co_return not_taken(kept.error());
  const bool ends_here = settings->listener.effective_role() == ListenerRole::inbound;
  // The promise: only here, and only now that the message, or what it means, is on disk.
  co_return ReceptionOutcome{.is_accepted = true,
                             .code = 250,
                             .enhanced_status = "2.0.0",
                             .text = (ends_here ? "taken as " : "queued as ") + id.to_string(),
                             .size = size,
                             .reason = {}};
}

}  // namespace posthaste
