#pragma once

#include <CLI/CLI.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// What a verb that judges by DNS takes so that anyone can judge again: --dns and --now.
struct DnsChoice {
  std::string dns;  // a file for JsonResolver; "": the network
  std::string now;  // time_text.h; "": the clock's
};

// Declares --dns and --now. `choice` lives as long as the command.
void add_dns_options(CLI::App* command, DnsChoice& choice);

// The time of --now.
Result<WallTime> time_of(const DnsChoice& choice);

// What a verb does with DNS. Both outlive the coroutine that it gives.
using DnsTask = std::function<boost::asio::awaitable<void>(Resolver& resolver, Clock& clock)>;

// Runs `task` to its end on a loop of its own, with the DNS that --dns chooses.
//
//   const Result<void> ran = run_with_dns(choice, [&](Resolver& resolver, Clock& clock) {
//     return judge(message, resolver, clock, verdict);
//   });
Result<void> run_with_dns(const DnsChoice& choice, const DnsTask& task);

}  // namespace posthaste
