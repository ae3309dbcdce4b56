#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "accept/reception.h"
#include "accept/session_settings.h"
#include "base/guarded.h"
#include "base/result.h"
#include "identity/transport/tls_report_sender.h"

namespace posthaste {

// Hands TLS reports to a reception, which signs and queues them, as mail of a contact address.
// Any thread.
class TlsReportMailer {
 public:
  // `reception` need not be there before the first report; it outlives the mailer.
  TlsReportMailer(const std::unique_ptr<Reception>& reception, const ServerIdentity& identity,
                  std::string contact);

  // Who signs from now on; at the start and at each reload.
  void set_identity(const ServerIdentity& identity);

  boost::asio::awaitable<Result<void>> send(std::string to, std::string message);
  // send(), as a sender of reports wants it.
  TlsReportSender::Mail as_mail();

 private:
  const std::unique_ptr<Reception>& reception_;
  const std::string contact_;
  Guarded<std::shared_ptr<const SessionSettings>> session_;
};

}  // namespace posthaste
