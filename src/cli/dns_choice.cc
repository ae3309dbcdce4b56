#include "cli/dns_choice.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "base/time_text.h"
#include "cli/dns_watch.h"
#include "platform/dns/json_resolver.h"
#include "platform/dns/unbound_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

constexpr const char* kRemedy =
    "connect this machine, or name a server that it may ask by --dns-server; --dns FILE takes "
    "answers from a file";

constexpr Duration kShortestTimeout = std::chrono::milliseconds(100);

Error bad_choice(std::string detail) {
  return {make_error_code(boost::system::errc::invalid_argument), std::move(detail)};
}

Result<DnsConfig> config_of(const DnsChoice& choice) {
  DnsConfig config{.servers = choice.servers};
  const Result<Duration> timeout = parse_duration(choice.timeout);
  if (!timeout) return bad_choice("--dns-timeout " + timeout.error().message());
  if (*timeout < kShortestTimeout) {
    return bad_choice("--dns-timeout " + choice.timeout +
                      " is too short for an answer: give 100ms or more");
  }
  config.timeout = *timeout;
  return config;
}

boost::asio::awaitable<void> end_after(TaskGroup& work, DnsWatch& watch,
                                       UnboundResolver& resolver) {
  co_await work.join();
  co_await watch.stop();
  co_await resolver.stop();
}

Result<void> run_by_network(const std::string& verb, const DnsChoice& choice, const DnsTask& task) {
  const Result<DnsConfig> config = config_of(choice);
  if (!config) return config.error();
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  TaskGroup work(loop.get_executor());
  SystemClock clock;
  const auto network = UnboundResolver::create(loop.get_executor(), clock, *config);
  if (!network) return network.error();
  // A quarter, so that there is time to look for life before a question is given up.
  const Duration patience = std::min(kDnsPatience, config->timeout / 4);
  DnsWatch watch(
      loop.get_executor(), {**network, clock},
      {.verb = verb, .servers = config->servers, .remedy = kRemedy, .patience = patience},
      [&work] { work.cancel(); });
  watch.start();
  work.spawn(task(watch, clock));
  group.spawn(end_after(work, watch, **network));
  loop.run();
  if (watch.problem().empty()) return {};
  return no_name_server_answers(watch.problem(), kRemedy);
}

}  // namespace

void add_dns_options(CLI::App* command, DnsChoice& choice) {
  CLI::Option* file = command->add_option(
      "--dns", choice.dns,
      "Take DNS answers from this JSON file, not the network: "
      "{\"NAME TYPE\": [\"RDATA\", ...]}, or NODATA, NXDOMAIN, SERVFAIL, TIMEOUT "
      "in place of the list");
  command
      ->add_option("--dns-server", choice.servers,
                   "Ask this name server, ADDRESS or ADDRESS:PORT, not those of the Internet from "
                   "the root on; may be repeated")
      ->allow_extra_args(false)
      ->excludes(file);
  command
      ->add_option("--dns-timeout", choice.timeout,
                   "The longest wait for one answer; after a quarter, or 5 s, a line says what is "
                   "waited for")
      ->capture_default_str()
      ->excludes(file);
  command->add_option("--now", choice.now, "The time to use: Unix seconds or RFC 3339");
}

Result<WallTime> time_of(const DnsChoice& choice) {
  if (choice.now.empty()) return SystemClock().wall();
  const auto time = parse_time_text(choice.now);
  if (time) return *time;
  return bad_choice("--now " + choice.now +
                    " is no time: give Unix seconds or RFC 3339, such as 2026-01-31T12:00:00Z");
}

Result<void> run_with_dns(const std::string& verb, const DnsChoice& choice, const DnsTask& task) {
  if (choice.dns.empty()) return run_by_network(verb, choice, task);
  Result<JsonResolver> answers = JsonResolver::read(choice.dns);
  if (!answers) return answers.error();
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  SystemClock clock;
  group.spawn(task(*answers, clock));
  loop.run();
  return {};
}

ExitCode fail_without_dns(const std::string& verb, const Error& error) {
  const bool is_silent = error.code == boost::system::errc::host_unreachable;
  return fail(verb, error.message(), is_silent ? ExitCode::unreachable : ExitCode::usage);
}

}  // namespace posthaste
