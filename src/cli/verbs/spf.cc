#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "cli/dns_choice.h"
#include "cli/output.h"
#include "cli/verbs/verbs.h"
#include "identity/spf/spf.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

struct SpfOptions {
  SpfQuery query;
  DnsChoice choice;
  bool json = false;
};

boost::asio::awaitable<void> judge(SpfQuery query, Resolver& resolver, Clock& clock,
                                   SpfVerdict& verdict) {
  verdict = co_await check_spf(std::move(query), resolver, clock);
}

std::string to_text(const SpfVerdict& verdict) {
  std::string text = fmt::format("{} {}={}", to_string(verdict.result),
                                 verdict.is_of_helo ? "helo" : "mailfrom", verdict.domain);
  if (!verdict.mechanism.empty()) text += fmt::format(" mechanism={}", verdict.mechanism);
  text += fmt::format(" lookups={} void={}", verdict.lookups, verdict.void_lookups);
  if (!verdict.problem.empty()) text += ": " + verdict.problem;
  if (!verdict.explanation.empty()) text += "\nexplanation: " + verdict.explanation;
  return text + "\n";
}

std::string to_json(const SpfVerdict& verdict) {
  const ordered_json document = {{"result", to_string(verdict.result)},
                                 {"identity", verdict.is_of_helo ? "helo" : "mailfrom"},
                                 {"domain", verdict.domain},
                                 {"mechanism", verdict.mechanism},
                                 {"explanation", verdict.explanation},
                                 {"problem", verdict.problem},
                                 {"lookups", verdict.lookups},
                                 {"void_lookups", verdict.void_lookups}};
  return dump_json(document) + "\n";
}

ExitCode check(const SpfOptions& options) {
  boost::system::error_code error;
  boost::asio::ip::make_address(options.query.address, error);
  if (error) {
    return fail("spf check", "--ip " + options.query.address + " is no IP address: correct it",
                ExitCode::usage);
  }
  const Result<WallTime> now = time_of(options.choice);
  if (!now) return fail("spf check", now.error().message(), ExitCode::usage);
  SpfQuery query = options.query;
  query.time = *now;
  SpfVerdict verdict;
  const Result<void> ran = run_with_dns(
      "spf check", options.choice,
      [&](Resolver& resolver, Clock& clock) { return judge(query, resolver, clock, verdict); });
  if (!ran) return fail_without_dns("spf check", ran.error());
  const std::string text = options.json ? to_json(verdict) : to_text(verdict);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return verdict.result == SpfResult::pass ? ExitCode::done : ExitCode::answer_is_no;
}

}  // namespace

void add_spf(Program& program) {
  CLI::App* spf = program.add_verb("spf", "Who may send for a domain (RFC 7208)");
  spf->require_subcommand(1);
  CLI::App* command = spf->add_subcommand(
      "check", "Check a client as a receiving server would; ends with 0 on pass");
  const auto options = std::make_shared<SpfOptions>();
  command->add_option("--ip", options->query.address, "The client's address, IPv4 or IPv6")
      ->required();
  command->add_option("--helo", options->query.helo, "What the client says in HELO or EHLO");
  command->add_option("--from", options->query.mail_from,
                      "The address of MAIL FROM; without it HELO is checked, as for bounces");
  command->add_option("--receiver", options->query.receiver, "Our host name, for the macro %{r}")
      ->capture_default_str();
  add_dns_options(command, options->choice);
  command->add_flag("--json", options->json, "Print one JSON document");
  program.add_action(command, [options] { return check(*options); });
}

}  // namespace posthaste
