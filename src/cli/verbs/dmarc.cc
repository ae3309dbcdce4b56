#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "cli/dns_choice.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/verbs/verbs.h"
#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_verifier.h"
#include "identity/dkim/dns_key_source.h"
#include "identity/dmarc/author_domain.h"
#include "identity/dmarc/dmarc.h"
#include "identity/spf/spf.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

struct DmarcOptions {
  std::string ip;
  std::string helo;
  std::string mail_from;
  std::string from_domain;  // then no message is read
  std::string spf_domain;
  std::vector<std::string> dkim_domains;
  DnsChoice choice;
  bool json = false;
};

// Everything that an evaluation found.
struct Findings {
  std::string from_domain;
  std::string from_problem;
  std::optional<SpfVerdict> spf;
  std::vector<DkimVerdict> dkim;
  DmarcVerdict dmarc;
};

// SPF, DKIM and then DMARC, as a receiving server would.
boost::asio::awaitable<void> judge_message(SharedBody message, DmarcOptions options, WallTime now,
                                           std::pair<Resolver*, Clock*> world, Findings& out) {
  Resolver& resolver = *world.first;
  const AuthorDomain author = find_author_domain(*message);
  out.from_domain = author.domain;
  out.from_problem = author.problem;
  DmarcQuery query{.from_domain = author.domain};
  DnsKeySource keys(resolver);
  out.dkim = co_await verify_dkim(message, now, keys);
  for (const DkimVerdict& signature : out.dkim) {
    if (signature.result == DkimResult::pass) query.dkim_domains.push_back(signature.domain);
    if (signature.result == DkimResult::temperror) query.had_temporary_failure = true;
  }
  if (!options.ip.empty()) {
    SpfQuery spf{
        .address = options.ip, .helo = options.helo, .mail_from = options.mail_from, .time = now};
    out.spf = co_await check_spf(std::move(spf), resolver, *world.second);
    if (out.spf->result == SpfResult::pass) query.spf_domain = out.spf->domain;
    if (out.spf->result == SpfResult::temperror) query.had_temporary_failure = true;
  }
  out.dmarc = co_await evaluate_dmarc(std::move(query), resolver);
}

boost::asio::awaitable<void> judge_domains(DmarcOptions options, Resolver& resolver,
                                           Findings& out) {
  out.from_domain = options.from_domain;
  DmarcQuery query{.from_domain = options.from_domain,
                   .spf_domain = options.spf_domain,
                   .dkim_domains = options.dkim_domains};
  out.dmarc = co_await evaluate_dmarc(std::move(query), resolver);
}

std::string to_text(const Findings& found) {
  const DmarcVerdict& dmarc = found.dmarc;
  std::string text = fmt::format("{} from={}", to_string(dmarc.result), found.from_domain);
  if (!dmarc.policy_domain.empty()) {
    text += fmt::format(" record=_dmarc.{} policy={} disposition={} organization={}",
                        dmarc.policy_domain, to_string(dmarc.policy), to_string(dmarc.disposition),
                        dmarc.organizational_domain);
  }
  if (dmarc.spf_aligned) text += " aligned=spf";
  if (!dmarc.aligned_dkim_domain.empty()) {
    text += fmt::format(" aligned=dkim:{}", dmarc.aligned_dkim_domain);
  }
  if (dmarc.is_by_suffix_list) text += " (by the public suffix list alone)";
  const std::string& problem = found.from_problem.empty() ? dmarc.problem : found.from_problem;
  if (!problem.empty()) text += ": " + problem;
  text += "\n";
  if (found.spf) {
    text += fmt::format("spf={} domain={}", to_string(found.spf->result), found.spf->domain);
    if (!found.spf->problem.empty()) text += ": " + found.spf->problem;
    text += "\n";
  }
  for (const DkimVerdict& signature : found.dkim) {
    text += fmt::format("dkim={} d={} s={}", to_string(signature.result), signature.domain,
                        signature.selector);
    if (signature.reason != DkimReason::none) text.append(": ").append(describe(signature.reason));
    text += "\n";
  }
  return text;
}

std::string to_json(const Findings& found) {
  const DmarcVerdict& dmarc = found.dmarc;
  ordered_json document = {
      {"result", to_string(dmarc.result)},
      {"from_domain", found.from_domain},
      {"policy_domain", dmarc.policy_domain},
      {"policy", to_string(dmarc.policy)},
      {"disposition", to_string(dmarc.disposition)},
      {"organizational_domain", dmarc.organizational_domain},
      {"spf_aligned", dmarc.spf_aligned},
      {"aligned_dkim_domain", dmarc.aligned_dkim_domain},
      {"by_suffix_list", dmarc.is_by_suffix_list},
      {"problem", found.from_problem.empty() ? dmarc.problem : found.from_problem},
      {"spf", nullptr},
      {"dkim", ordered_json::array()}};
  if (found.spf) {
    document["spf"] = {{"result", to_string(found.spf->result)}, {"domain", found.spf->domain}};
  }
  for (const DkimVerdict& signature : found.dkim) {
    document["dkim"].push_back({{"result", to_string(signature.result)},
                                {"reason", to_string(signature.reason)},
                                {"domain", signature.domain},
                                {"selector", signature.selector}});
  }
  return dump_json(document) + "\n";
}

// Empty when they go together.
std::string mistake_in(const DmarcOptions& options) {
  boost::system::error_code error;
  if (!options.ip.empty()) boost::asio::ip::make_address(options.ip, error);
  if (error) return "--ip " + options.ip + " is no IP address: correct it";
  if (options.ip.empty() && !(options.helo.empty() && options.mail_from.empty())) {
    return "--helo and --from say nothing without the client's address: give --ip too";
  }
  return "";
}

ExitCode check(const DmarcOptions& options) {
  const std::string mistake = mistake_in(options);
  if (!mistake.empty()) return fail("dmarc check", mistake, ExitCode::usage);
  const Result<WallTime> now = time_of(options.choice);
  if (!now) return fail("dmarc check", now.error().message(), ExitCode::usage);
  SharedBody message;
  if (options.from_domain.empty()) {
    message = std::make_shared<const std::string>(with_crlf(read_standard_input()));
  }
  Findings found;
  const Result<void> ran =
      run_with_dns("dmarc check", options.choice, [&](Resolver& resolver, Clock& clock) {
        if (!message) return judge_domains(options, resolver, found);
        return judge_message(message, options, *now, {&resolver, &clock}, found);
      });
  if (!ran) return fail_without_dns("dmarc check", ran.error());
  const std::string text = options.json ? to_json(found) : to_text(found);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return found.dmarc.result == DmarcResult::pass ? ExitCode::done : ExitCode::answer_is_no;
}

}  // namespace

void add_dmarc(Program& program) {
  CLI::App* dmarc =
      program.add_verb("dmarc", "What a domain wants done with forged mail (RFC 9989)");
  dmarc->require_subcommand(1);
  CLI::App* command = dmarc->add_subcommand(
      "check",
      "Check the message on standard input as a receiving server would: its DKIM signatures, SPF "
      "where --ip is given, then DMARC; or, with --from-domain and no message, what follows from "
      "domains that passed. Ends with 0 on pass");
  const auto options = std::make_shared<DmarcOptions>();
  command->add_option("--ip", options->ip, "The client's address, for SPF");
  command->add_option("--helo", options->helo, "What the client says in HELO or EHLO, for SPF");
  command->add_option("--from", options->mail_from,
                      "The address of MAIL FROM, for SPF; without it HELO is checked");
  CLI::Option* from = command->add_option("--from-domain", options->from_domain,
                                          "The domain of From: read no message");
  command->add_option("--spf-domain", options->spf_domain, "The domain that passed SPF")
      ->needs(from);
  command
      ->add_option("--dkim-domain", options->dkim_domains,
                   "A domain whose signature passed; may be given several times")
      ->needs(from);
  from->excludes("--ip")->excludes("--helo")->excludes("--from");
  add_dns_options(command, options->choice);
  command->add_flag("--json", options->json, "Print one JSON document");
  program.add_action(command, [options] { return check(*options); });
}

}  // namespace posthaste
