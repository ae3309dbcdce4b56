#include "cli/dns_choice.h"

#include <boost/asio/io_context.hpp>
#include <memory>
#include <utility>

#include "base/time_text.h"
#include "platform/dns/json_resolver.h"
#include "platform/dns/unbound_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

boost::asio::awaitable<void> run_by_network(boost::asio::awaitable<void> task,
                                            UnboundResolver& resolver) {
  co_await std::move(task);
  co_await resolver.stop();
}

}  // namespace

void add_dns_options(CLI::App* command, DnsChoice& choice) {
  command->add_option("--dns", choice.dns,
                      "Take DNS answers from this JSON file, not the network: "
                      "{\"NAME TYPE\": [\"RDATA\", ...]}, or NODATA, NXDOMAIN, SERVFAIL, TIMEOUT "
                      "in place of the list");
  command->add_option("--now", choice.now, "The time to use: Unix seconds or RFC 3339");
}

Result<WallTime> time_of(const DnsChoice& choice) {
  if (choice.now.empty()) return SystemClock().wall();
  const auto time = parse_time_text(choice.now);
  if (time) return *time;
  return Error{make_error_code(boost::system::errc::invalid_argument),
               "--now " + choice.now +
                   " is no time: give Unix seconds or RFC 3339, such as 2026-01-31T12:00:00Z"};
}

Result<void> run_with_dns(const DnsChoice& choice, const DnsTask& task) {
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  SystemClock clock;
  if (!choice.dns.empty()) {
    Result<JsonResolver> answers = JsonResolver::read(choice.dns);
    if (!answers) return answers.error();
    group.spawn(task(*answers, clock));
    loop.run();
    return {};
  }
  const auto network = UnboundResolver::create(loop.get_executor(), clock, DnsConfig());
  if (!network) return network.error();
  group.spawn(run_by_network(task(**network, clock), **network));
  loop.run();
  return {};
}

}  // namespace posthaste
