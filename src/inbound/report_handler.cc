#include "inbound/report_handler.h"

#include <algorithm>
#include <utility>

#include "mail/folded_address.h"

namespace posthaste {

namespace asio = boost::asio;

void ReportHandler::configure(const std::vector<MailAddress>& addresses,
                              std::shared_ptr<const ReturnPaths> paths) {
  auto made = std::make_shared<State>();
  for (const MailAddress& address : addresses) made->addresses.push_back(folded(address));
  made->paths = std::move(paths);
  state_.with([&](auto& held) { held = std::move(made); });
}

std::shared_ptr<const ReportHandler::State> ReportHandler::state() const {
  return state_.with([](const auto& held) { return held; });
}

AddressClaim ReportHandler::claim(const MailAddress& address) const {
  const auto held = state();
  const auto found = std::find(held->addresses.begin(), held->addresses.end(), folded(address));
  if (found == held->addresses.end()) return {};
  return {AddressClaim::Answer::mine, ""};
}

asio::awaitable<HandlingOutcome> ReportHandler::take(SharedInboundMail mail, MailAddress) {
  const auto held = state();
  SharedBody body = mail->message.body;
  IntakeOutcome intake = co_await intake_.take(std::move(body));
  switch (intake.kind) {
    case IntakeOutcome::Kind::busy:
      co_return HandlingOutcome{Taking::busy, "report", intake.reason};
    case IntakeOutcome::Kind::refused:
      co_return HandlingOutcome{Taking::refused, "report", intake.reason};
    case IntakeOutcome::Kind::not_a_report:
      co_return HandlingOutcome{Taking::refused, "other",
                                "no report is in it: this address takes DMARC, TLS and abuse "
                                "reports only"};
    case IntakeOutcome::Kind::taken:
      break;
  }
  HandlingOutcome outcome{Taking::acted, "report", ""};
  for (ReceivedComplaint& complaint : intake.complaints) {
    ReceivedComplaint one = std::move(complaint);
    outcome = co_await complaints_.take(mail, std::move(one), held->paths);
    if (outcome.taking == Taking::busy) break;
  }
  co_return outcome;
}

}  // namespace posthaste
