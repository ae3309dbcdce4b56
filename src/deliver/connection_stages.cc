#include "deliver/connection_stages.h"

#include <boost/asio/error.hpp>
#include <chrono>
#include <cstddef>
#include <utility>

namespace posthaste {

namespace asio = boost::asio;

namespace {

// Enough for a call to be worth it, and slow peers get through.
constexpr std::size_t kWriteBlock = 64 << 10;

}  // namespace

Duration timeout_of(const DeliveryConfig& config, SmtpStage stage) {
  switch (stage) {
    case SmtpStage::rcpt:
      return config.rcpt_timeout;
    case SmtpStage::data:
      return config.data_initiation_timeout;
    case SmtpStage::end_of_data:
      return config.data_termination_timeout;
    case SmtpStage::mail:
    case SmtpStage::rset:
      return config.mail_timeout;
    case SmtpStage::quit:
      return std::chrono::seconds(5);
    default:
      return config.initial_220_timeout;
  }
}

std::vector<asio::const_buffer> take_block(std::span<asio::const_buffer>& rest) {
  std::vector<asio::const_buffer> block;
  std::size_t room = kWriteBlock;
  while (!rest.empty() && room > 0) {
    asio::const_buffer& piece = rest.front();
    block.push_back(asio::buffer(piece, room));
    room -= block.back().size();
    piece += block.back().size();
    if (piece.size() == 0) rest = rest.subspan(1);
  }
  return block;
}

AttemptFailure failure_of(const Refusal& refusal) {
  AttemptFailure failure;
  failure.classification = refusal.classification;
  failure.smtp_code = refusal.smtp_code;
  failure.enhanced_status = refusal.enhanced_status;
  failure.text = refusal.response;
  return failure;
}

Refusal judge_tls(std::string why) {
  return judge_error(SmtpStage::starttls, Error{asio::error::no_permission, std::move(why)});
}

void fill_tls(Event& event, const TlsInfo& tls) {
  event.tls_version = tls.version;
  event.tls_cipher = tls.cipher;
  event.tls_subject = tls.peer_subject;
  event.tls_fingerprint = tls.peer_fingerprint;
}

SmtpClientOptions client_options(const ConnectionPlan& plan, const DeliveryConfig& config) {
  SmtpClientOptions smtp;
  smtp.chunking = config.chunking;
  smtp.user = plan.user;
  smtp.password = plan.password;
  const auto& route = plan.destination.route;
  smtp.is_tls_already = route && route->tls == RouteTls::implicit;
  smtp.needs_requiretls = plan.destination.demand == TlsDemand::required;
  return smtp;
}

}  // namespace posthaste
