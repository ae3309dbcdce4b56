#pragma once

#include <CLI/CLI.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "cli/verb.h"
#include "platform/dns/dns_config.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// Whose answers a verb that judges by DNS takes: --dns and --now, so that anyone can judge again;
// --dns-server and --dns-timeout for the network.
struct DnsChoice {
  std::string dns;  // a file for JsonResolver; "": the network
  std::string now;  // time_text.h; "": the clock's
  std::vector<std::string> servers;
  std::string timeout = to_string(DnsConfig().timeout);
};

// Declares the four. `choice` lives as long as the command.
void add_dns_options(CLI::App* command, DnsChoice& choice);

// The time of --now.
Result<WallTime> time_of(const DnsChoice& choice);

// What a verb does with DNS. Both outlive the coroutine that it gives.
using DnsTask = std::function<boost::asio::awaitable<void>(Resolver& resolver, Clock& clock)>;

// Runs `task` to its end on a loop of its own, with the DNS that `choice` names. Tells a person, in
// the name of `verb`, when the network does not answer; a task that nothing at all answers is
// cancelled and unwound, with the error host_unreachable (dns_watch.h).
//
//   const Result<void> ran = run_with_dns("spf check", choice, [&](Resolver& dns, Clock& clock) {
//     return judge(message, dns, clock, verdict);
//   });
//   if (!ran) return fail_without_dns("spf check", ran.error());
Result<void> run_with_dns(const std::string& verb, const DnsChoice& choice, const DnsTask& task);

// fail() for a verb whose DNS could not be used, or does not answer.
ExitCode fail_without_dns(const std::string& verb, const Error& error);

}  // namespace posthaste
