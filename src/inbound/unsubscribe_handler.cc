#include "inbound/unsubscribe_handler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "mail/mime.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr const char* kKind = "unsubscribe";
constexpr const char* kForged =
    "this address unsubscribes nobody: it is forged, or its key is gone; use the link in the mail";

// All of them begin so; what does may be no other address.
bool looks_like_one(const MailAddress& address) {
  const std::string& local = address.local().unquoted();
  return local.starts_with("u-") || local.starts_with("U-");
}

HandlingOutcome told(UnsubscribeOutcome outcome) {
  switch (outcome) {
    case UnsubscribeOutcome::done:
      return {Taking::acted, kKind, ""};
    case UnsubscribeOutcome::already:
      return {Taking::ignored, kKind, ""};
    case UnsubscribeOutcome::forgotten:
      return {Taking::refused, kKind,
              "the message is too old for this address: use the link in it, or answer it"};
    case UnsubscribeOutcome::bad_token:
      break;
  }
  return {Taking::refused, kKind, kForged};
}

}  // namespace

void UnsubscribeHandler::set_domains(std::vector<Domain> domains) {
  auto made = std::make_shared<const std::vector<Domain>>(std::move(domains));
  domains_.with([&](auto& held) { held = std::move(made); });
}

AddressClaim UnsubscribeHandler::claim(const MailAddress& address) const {
  const auto held = domains_.with([](const auto& domains) { return domains; });
  const bool is_here = std::find(held->begin(), held->end(), address.domain()) != held->end();
  if (!is_here || !looks_like_one(address)) return {};
  if (unsubscriber_.is_ours(address.local())) return {AddressClaim::Answer::mine, ""};
  return {AddressClaim::Answer::forged, kForged};
}

asio::awaitable<HandlingOutcome> UnsubscribeHandler::take(SharedInboundMail mail,
                                                          MailAddress recipient) {
  // The subject among the facts is cut, and a token may be longer than that.
  std::string subject = MimeHeader::read(*mail->message.body).field("Subject");
  const Result<UnsubscribeOutcome> outcome =
      co_await unsubscriber_.unsubscribe_by_mail(recipient.local(), std::move(subject));
  if (!outcome) {
    log_.error("an unsubscription cannot be kept", {{"why", outcome.error().message()}});
    co_return HandlingOutcome{Taking::busy, kKind,
                              "it cannot be kept at the moment: come again later"};
  }
  co_return told(*outcome);
}

}  // namespace posthaste
