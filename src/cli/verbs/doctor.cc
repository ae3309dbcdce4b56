#include "identity/doctor/doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "cli/dns_choice.h"
#include "cli/dns_watch.h"
#include "cli/doctor_plan.h"
#include "cli/output.h"
#include "cli/progress_line.h"
#include "cli/verbs/verbs.h"
#include "identity/blocklist/blocklist_config.h"
#include "identity/blocklist/dns_blocklists.h"
#include "identity/doctor/modelled_dns.h"
#include "identity/doctor/network_probes.h"
#include "identity/doctor/report_text.h"
#include "identity/doctor/sender_zone.h"
#include "platform/dns/authoritative_servers.h"
#include "platform/dns/reverse_name.h"
#include "platform/dns/unbound_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

struct DoctorCommand {
  DoctorOptions options;
  std::string config;
  std::string dns;
  bool json = false;
  bool zone = false;
  bool no_probes = false;
  bool only_trouble = false;
};

// What is to be examined, and by which DNS.
struct Plan {
  DoctorRequest request;
  DnsConfig dns;
  BlocklistConfig blocklists;
};

using MaybeReport = std::optional<DoctorReport>;

boost::asio::awaitable<void> run(DoctorRequest request, DoctorWorld world, MaybeReport& report) {
  report = co_await examine(std::move(request), world);
}

// What an examination by network has beside its world.
struct NetworkParts {
  UnboundResolver& resolver;
  UnboundAuthoritativeServers& servers;
  TaskGroup& progress;
};

boost::asio::awaitable<void> run_by_network(DoctorRequest request, DoctorWorld world,
                                            NetworkParts parts, MaybeReport& report) {
  report = co_await examine(std::move(request), world);
  parts.progress.cancel();
  co_await parts.progress.join();
  co_await parts.servers.stop();
  co_await parts.resolver.stop();
}

// A name that is asked for anyway.
std::string first_name(const DoctorRequest& request) {
  const std::string& domain = request.return_path_domain();
  if (!domain.empty() || request.sources.empty()) return domain;
  return reverse_name(request.sources.front().address);
}

boost::asio::awaitable<void> ask_for_life(UnboundResolver& resolver, std::string name,
                                          std::string& problem) {
  problem = co_await find_dns_problem(resolver, std::move(name));
  co_await resolver.stop();
}

// Whether any name server answers at all: without one every question of an examination would wait
// for its end, one after the other. Some seconds, at most.
Result<void> check_dns(DnsConfig config, const std::string& name) {
  config.timeout = std::min(config.timeout, kDnsPatience);
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  SystemClock clock;
  const Result<std::unique_ptr<UnboundResolver>> resolver =
      UnboundResolver::create(loop.get_executor(), clock, config);
  if (!resolver) return resolver.error();
  std::string problem;
  group.spawn(ask_for_life(**resolver, name, problem));
  loop.run();
  if (problem.empty()) return {};
  return no_name_server_answers(
      problem,
      "connect this machine, or name servers that it may ask, dns { servers } in the configuration "
      "of -c; --dns FILE takes answers from a file");
}

// By a file of answers: nothing else is asked, neither the network nor the machine.
Result<DoctorReport> examine_modelled(const DoctorRequest& request, const std::string& file) {
  Result<ModelledDns> dns = ModelledDns::read(file);
  if (!dns) return dns.error();
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  SystemClock clock;
  MaybeReport report;
  const DoctorWorld world{
      .resolver = dns->resolver(), .clock = clock, .authoritative = dns->authoritative()};
  group.spawn(run(request, world, report));
  loop.run();
  return std::move(*report);
}

void show(ProgressLine& progress, const DoctorStep& step) {
  const std::string_view colon = step.subject.empty() ? "" : ": ";
  progress.show(
      fmt::format("{} of {}: {}{}{}", step.number, step.count, step.subject, colon, step.what));
}

Result<DoctorReport> examine_by_network(const Plan& plan, bool has_probes) {
  const DoctorRequest& request = plan.request;
  ProgressLine progress("doctor", stderr, ::isatty(STDERR_FILENO) == 1);
  progress.show("asking whether DNS answers");
  if (const Result<void> dns = check_dns(plan.dns, first_name(request)); !dns) return dns.error();
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  SystemClock clock;
  Result<std::unique_ptr<UnboundResolver>> resolver =
      UnboundResolver::create(loop.get_executor(), clock, plan.dns);
  if (!resolver) return resolver.error();
  UnboundAuthoritativeServers servers(loop.get_executor(), clock, **resolver);
  Result<std::unique_ptr<NetworkProbes>> probes =
      NetworkProbes::create(**resolver, clock, group, {.ehlo_name = request.host_name()});
  if (!probes) return probes.error();
  Result<std::vector<BlocklistZone>> zones = blocklist_zones(plan.blocklists);
  if (!zones) return zones.error();
  DnsBlocklists blocklists(**resolver, clock, std::move(*zones));
  MaybeReport report;
  TaskGroup telling(loop.get_executor());
  telling.spawn(progress.begin_after_a_second(clock));
  const DoctorWorld world{.resolver = **resolver,
                          .clock = clock,
                          .authoritative = &servers,
                          .probes = has_probes ? probes->get() : nullptr,
                          .blocklists = has_probes ? &blocklists : nullptr,
                          .observe = [&](const DoctorStep& step) { show(progress, step); }};
  group.spawn(run_by_network(request, world, {**resolver, servers, telling}, report));
  loop.run();
  return std::move(*report);
}

// Symbols where the locale can show them, colours where a person looks.
ReportStyle style_of(const DoctorCommand& command) {
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");
  std::string locale;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (locale.empty() && value) locale = value;
  }
  const bool is_utf8 =
      locale.find("UTF-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  return {.has_color = is_terminal && !(no_color && *no_color),
          .has_symbols = is_utf8 || !is_terminal,
          .shows_all = !command.only_trouble};
}

Result<Plan> make_plan(const DoctorCommand& command) {
  if (command.config.empty()) {
    Result<DoctorRequest> request = plan_examination(command.options);
    if (!request) return request.error();
    return Plan{std::move(*request), {}, {}};
  }
  const ServerConfigOrErrors loaded = load_server_config(command.config);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    return Error{make_error_code(boost::system::errc::invalid_argument),
                 errors->front().to_string()};
  }
  const auto config = std::get<std::shared_ptr<const ServerConfig>>(loaded);
  Result<DoctorRequest> request = plan_examination(command.options, *config, SystemClock().wall());
  if (!request) return request.error();
  return Plan{std::move(*request), config->dns, config->blocklist};
}

ExitCode doctor(const DoctorCommand& command) {
  if (command.options.domain.empty() && command.config.empty()) {
    return fail("doctor", "nobody to examine: name a DOMAIN, or a configuration by -c FILE",
                ExitCode::usage);
  }
  Result<Plan> plan = make_plan(command);
  if (!plan) return fail("doctor", plan.error().message(), ExitCode::usage);
  if (command.zone) {
    // A new sender's bounces get a domain of their own, away from its people's mail.
    DoctorRequest& request = plan->request;
    if (request.bounce_domain.empty() && !request.domains.empty()) {
      request.bounce_domain = "bounce." + request.domains.front().name;
    }
    return print_output("doctor",
                        sender_zone_text(make_sender_zone(request, SystemClock().wall())));
  }
  const Result<DoctorReport> report = command.dns.empty()
                                          ? examine_by_network(*plan, !command.no_probes)
                                          : examine_modelled(plan->request, command.dns);
  if (!report) return fail_without_dns("doctor", report.error());
  const ExitCode printed =
      print_output("doctor", command.json ? report_json(*report) + "\n"
                                          : report_text(*report, style_of(command)));
  if (printed != ExitCode::done) return printed;
  return report->is_healthy() ? ExitCode::done : ExitCode::answer_is_no;
}

}  // namespace

void add_doctor(Program& program) {
  CLI::App* verb = program.add_verb(
      "doctor", "Check a sender's DNS as mailbox providers do, and print the records that mend it");
  const auto command = std::make_shared<DoctorCommand>();
  DoctorOptions& options = command->options;
  verb->add_option("DOMAIN", options.domain, "The domain in From");
  verb->add_option("--source", options.sources,
                   "An address that mail is sent from; may be repeated")
      ->allow_extra_args(false);
  verb->add_option("--selector", options.selectors, "A DKIM selector; may be repeated")
      ->allow_extra_args(false);
  verb->add_option("--key", options.keys,
                   "The private key of a selector, in the order of --selector; the published key "
                   "must match it")
      ->allow_extra_args(false);
  verb->add_option("--helo", options.helo, "The name in EHLO; default: the PTR of the address");
  verb->add_option("--bounce-domain", options.bounce_domain,
                   "The domain of the return path; default: DOMAIN");
  verb->add_option("--dkim-domain", options.dkim_domain, "The domain that signs; default: DOMAIN");
  verb->add_option("--unsubscribe-url", options.unsubscribe_url,
                   "A List-Unsubscribe link to probe by GET and POST: it does unsubscribe");
  verb->add_option("-c,--config", command->config,
                   "Examine every domain and source of this configuration");
  verb->add_option("--dns", command->dns,
                   "Take DNS answers from this JSON file; nothing else is asked");
  verb->add_flag("--no-probes", command->no_probes,
                 "Ask DNS only: no connection, no blocklist, nothing about this machine");
  verb->add_flag("--only-trouble", command->only_trouble, "Leave out what is in order");
  verb->add_flag("--json", command->json, "Print one JSON document");
  verb->add_flag("--zone", command->zone,
                 "Print the records that a new sender needs, for its zone file; asks nothing");
  program.add_action(verb, [command] { return doctor(*command); });
}

}  // namespace posthaste
