#include "inbound/postmaster_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "mail/message.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

// RFC 5321 §4.4. The name that the client gave is not repeated: it may be anything.
std::string trace_of(const Arrival& arrival, const std::string& hostname, const MessageId& id) {
  const bool is_v6 = arrival.peer_address.find(':') != std::string::npos;
  return fmt::format("Received: from [{}{}] by {} with {} id {};\r\n\t{}\r\n", is_v6 ? "IPv6:" : "",
                     arrival.peer_address, hostname, arrival.protocol, id.to_string(),
                     format_date(arrival.time));
}

bool is_of_people(const MailAddress& address) {
  const std::string& local = address.local().unquoted();
  return equals_ignoring_case(local, "postmaster") || equals_ignoring_case(local, "abuse");
}

}  // namespace

void PostmasterHandler::configure(Config config) {
  auto made = std::make_shared<const Config>(std::move(config));
  config_.with([&](auto& held) { held = std::move(made); });
}

std::shared_ptr<const PostmasterHandler::Config> PostmasterHandler::config() const {
  return config_.with([](const auto& held) { return held; });
}

AddressClaim PostmasterHandler::claim(const MailAddress& address) const {
  if (!is_of_people(address)) return {};
  const auto held = config();
  const auto& domains = held->domains;
  const bool is_ours =
      std::find(domains.begin(), domains.end(), address.domain()) != domains.end() ||
      (held->paths && held->paths->is_ours(address.domain()));
  if (!is_ours) return {};
  // What is for people is kept or passed on once, however many of our domains it names.
  return {AddressClaim::Answer::mine, "", lowered(address.local().unquoted())};
}

asio::awaitable<HandlingOutcome> PostmasterHandler::take(SharedInboundMail mail,
                                                         MailAddress recipient) {
  if (equals_ignoring_case(recipient.local().unquoted(), "abuse")) {
    HandlingOutcome outcome = co_await parts_.reports.take(mail, recipient);
    // No report, or none that can be read: people are to look at it.
    if (outcome.taking != Taking::refused) co_return outcome;
  }
  const auto held = config();
  MessageSink& sink = held->pass_to.empty() ? parts_.folder : parts_.outgoing;
  ReceivedMessage message = traced(*mail, *held);
  const Result<void> kept = co_await sink.take(std::move(message));
  if (kept) co_return HandlingOutcome{Taking::acted, "postmaster", ""};
  parts_.log.error("mail for postmaster cannot be kept", {{"why", kept.error().message()}});
  co_return HandlingOutcome{Taking::busy, "postmaster",
                            "the message cannot be kept at the moment: come again later"};
}

ReceivedMessage PostmasterHandler::traced(const InboundMail& mail, const Config& config) const {
  ReceivedMessage message;
  message.id = MessageId::generate(parts_.clock.wall());
  // RFC 5321 §4.5.5: of a null sender, so that it never comes back here.
  for (const MailAddress& address : config.pass_to) {
    message.envelope.recipients.push_back({address, {}, {}});
  }
  message.envelope.body_type = mail.message.envelope.body_type;
  message.envelope.smtputf8 = mail.message.envelope.smtputf8;
  message.envelope.require_tls = mail.message.envelope.require_tls;
  message.envelope.tls_optional = mail.message.envelope.tls_optional;
  message.arrival = mail.message.arrival;
  message.facts = mail.message.facts;
  message.body = std::make_shared<const std::string>(
      trace_of(message.arrival, parts_.hostname, message.id) + *mail.message.body);
  return message;
}

}  // namespace posthaste
