#pragma once

#include <boost/asio/buffer.hpp>
#include <span>
#include <string>
#include <vector>

#include "deliver/connection.h"
#include "deliver/delivery_config.h"
#include "deliver/failure.h"
#include "deliver/smtp_client.h"
#include "platform/io/stream.h"
#include "queue/settler.h"

namespace posthaste {

// How long the reply of a stage may take.
Duration timeout_of(const DeliveryConfig& config, SmtpStage stage);

// What a client is told of its site; its name and the host's TLS are the caller's to add.
SmtpClientOptions client_options(const ConnectionPlan& plan, const DeliveryConfig& config);

// What is written under one deadline: the next block of `rest`, which keeps what follows.
std::vector<boost::asio::const_buffer> take_block(std::span<boost::asio::const_buffer>& rest);

// What a refusal is for mail that nobody took; a failure that passes.
AttemptFailure failure_of(const Refusal& refusal);

// That TLS with a host is not what it has to be, in these words.
Refusal judge_tls(std::string why);

// What events tell of a TLS session.
void fill_tls(Event& event, const TlsInfo& tls);

}  // namespace posthaste
