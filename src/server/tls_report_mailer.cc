#include "server/tls_report_mailer.h"

#include <boost/asio/error.hpp>
#include <utility>

namespace posthaste {

namespace asio = boost::asio;

namespace {

std::shared_ptr<const SessionSettings> session_of(const ServerIdentity& identity) {
  auto session = std::make_shared<SessionSettings>();
  session->listener.name = "tls-reports";
  session->hostname = identity.hostname;
  session->users = identity.users;
  session->signer = identity.signer;
  return session;
}

}  // namespace

TlsReportMailer::TlsReportMailer(const std::unique_ptr<Reception>& reception,
                                 const ServerIdentity& identity, std::string contact)
    : reception_(reception), contact_(std::move(contact)), session_(session_of(identity)) {}

void TlsReportMailer::set_identity(const ServerIdentity& identity) {
  auto fresh = session_of(identity);
  session_.with([&](auto& current) { current = std::move(fresh); });
}

asio::awaitable<Result<void>> TlsReportMailer::send(std::string to, std::string message) {
  const auto session = session_.with([](const auto& current) { return current; });
  Transaction transaction;
  if (auto sender = ReversePath::parse(contact_)) transaction.envelope.sender = *sender;
  Recipient recipient;
  if (auto address = MailAddress::parse(to)) recipient.address = *address;
  transaction.envelope.recipients.push_back(std::move(recipient));
  transaction.content = std::move(message);
  SessionFacts facts;
  facts.listener = session->listener.name;
  facts.peer_address = "127.0.0.1";
  facts.helo = session->hostname;
  facts.is_esmtp = true;
  const ReceptionOutcome outcome =
      co_await reception_->receive(std::move(transaction), std::move(facts), session);
  if (outcome.is_accepted) co_return Result<void>();
  co_return Error{asio::error::try_again, outcome.text};
}

TlsReportSender::Mail TlsReportMailer::as_mail() {
  return [this](std::string to, std::string message) {
    return send(std::move(to), std::move(message));
  };
}

}  // namespace posthaste
