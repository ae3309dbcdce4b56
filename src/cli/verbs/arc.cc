#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "cli/dns_choice.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/verbs/verbs.h"
#include "identity/arc/arc.h"
#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/dkim_tag_list.h"
#include "identity/dkim/dns_key_source.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

struct ArcOptions {
  std::string key;  // path
  std::string domain;
  std::string selector;
  std::string authserv_id;
  std::string headers;
  DnsChoice choice;
  bool json = false;
};

// The message on standard input, with the time to judge it at.
struct ArcInput {
  std::string text;    // as it came
  SharedBody message;  // its lines end in CRLF
  WallTime now;
};

Result<ArcInput> read_input(const ArcOptions& options) {
  ArcInput input;
  const Result<WallTime> now = time_of(options.choice);
  if (!now) return now.error();
  input.now = *now;
  input.text = read_standard_input();
  input.message = std::make_shared<const std::string>(with_crlf(input.text));
  return input;
}

boost::asio::awaitable<void> judge(ArcInput input, Resolver& resolver, ArcVerdict& out) {
  DnsKeySource keys(resolver);
  out = co_await verify_arc(input.message, input.now, keys);
}

// What verify_arc() says, with DNS answers from the file or the network.
Result<ArcVerdict> judge_input(const std::string& verb, const ArcOptions& options,
                               const ArcInput& input) {
  ArcVerdict verdict;
  const Result<void> ran = run_with_dns(verb, options.choice, [&](Resolver& resolver, Clock&) {
    return judge(input, resolver, verdict);
  });
  if (!ran) return ran.error();
  return verdict;
}

std::string to_line(const ArcVerdict& verdict) {
  std::string line(to_string(verdict.result));
  if (verdict.result == ArcResult::none) return line + ": the message has no ARC set\n";
  line += " i=" + std::to_string(verdict.instances);
  for (const std::string& domain : verdict.domains) line += " d=" + domain;
  if (verdict.oldest_pass > 0) line += " oldest-pass=" + std::to_string(verdict.oldest_pass);
  if (!verdict.problem.empty()) line += ": " + verdict.problem;
  return line + "\n";
}

ExitCode verify(const ArcOptions& options) {
  const Result<ArcInput> input = read_input(options);
  if (!input) return fail("arc verify", input.error().message(), ExitCode::usage);
  const Result<ArcVerdict> verdict = judge_input("arc verify", options, *input);
  if (!verdict) return fail_without_dns("arc verify", verdict.error());
  const ordered_json document = {{"result", to_string(verdict->result)},
                                 {"problem", verdict->problem},
                                 {"instances", verdict->instances},
                                 {"oldest_pass", verdict->oldest_pass},
                                 {"domains", verdict->domains}};
  const ExitCode printed =
      print_output("arc verify", options.json ? dump_json(document) + "\n" : to_line(*verdict));
  if (printed != ExitCode::done) return printed;
  return verdict->result == ArcResult::pass ? ExitCode::done : ExitCode::answer_is_no;
}

Result<ArcSealer> sealer_of(const ArcOptions& options) {
  Result<DkimPrivateKey> key = DkimPrivateKey::load(options.key);
  if (!key) return key.error();
  for (const std::string& name : {options.domain, options.selector}) {
    if (is_dkim_name(name)) continue;
    return Error{make_error_code(boost::system::errc::invalid_argument),
                 "\"" + name + "\" cannot stand in a DNS name: use letters, digits and hyphens"};
  }
  ArcSealer sealer{std::move(*key), ascii_lower(options.domain), ascii_lower(options.selector), {}};
  if (options.headers.empty()) return sealer;
  for (const std::string_view name : split_colon_list(options.headers)) {
    sealer.headers.push_back(ascii_lower(name));
  }
  return sealer;
}

ExitCode seal(const ArcOptions& options) {
  const Result<ArcSealer> sealer = sealer_of(options);
  if (!sealer) return fail("arc seal", sealer.error().message(), ExitCode::usage);
  const Result<ArcInput> input = read_input(options);
  if (!input) return fail("arc seal", input.error().message(), ExitCode::usage);
  Result<ArcVerdict> chain = judge_input("arc seal", options, *input);
  if (!chain) return fail_without_dns("arc seal", chain.error());
  AuthenticationResults results =
      collect_authentication_results(*input->message, options.authserv_id);
  if (const auto recorded = recorded_arc_result(results)) {
    // RFC 8617 §5.1.1: what counts is how the chain was when the message arrived.
    chain->result = *recorded;
  } else if (chain->is_temporary_failure) {
    return fail("arc seal", chain->problem + ": a seal now would end the chain: try again later",
                ExitCode::answer_is_no);
  }
  if (results.results.empty()) {
    results.results.push_back({"arc", std::string(to_string(chain->result)), "", "", {}});
  }
  const Result<std::string> made =
      make_arc_set(*input->message, *sealer, *chain, results, input->now);
  if (!made) return fail("arc seal", made.error().message(), ExitCode::usage);
  if (!options.json)
    return print_output("arc seal", with_line_ends_of(input->text, *made) + input->text);
  const ordered_json document = {{"headers", *made}, {"chain", to_string(chain->result)}};
  return print_output("arc seal", dump_json(document) + "\n");
}

using Options = std::shared_ptr<ArcOptions>;

CLI::App* add_command(Program& program, CLI::App* arc, const Options& options,
                      std::pair<const char*, const char*> name_and_summary,
                      ExitCode (*action)(const ArcOptions&)) {
  CLI::App* command = arc->add_subcommand(name_and_summary.first, name_and_summary.second);
  command->add_flag("--json", options->json, "Print one JSON document");
  add_dns_options(command, options->choice);
  program.add_action(command, [action, options] { return action(*options); });
  return command;
}

}  // namespace

void add_arc(Program& program) {
  CLI::App* arc = program.add_verb("arc", "ARC chains: validate and seal");
  arc->require_subcommand(1);
  const auto options = std::make_shared<ArcOptions>();
  add_command(program, arc, options,
              {"verify", "Validate the ARC chain of the message on standard input"}, &verify);
  CLI::App* make = add_command(program, arc, options,
                               {"seal", "Add an ARC set to the message on standard input"}, &seal);
  make->add_option("--key", options->key, "The private key, a PEM file")->required();
  make->add_option("--domain", options->domain, "The domain that seals (d=)")->required();
  make->add_option("--selector", options->selector, "The selector")->required();
  make->add_option("--authserv-id", options->authserv_id,
                   "Whose Authentication-Results to seal: those in the message by this name")
      ->required();
  make->add_option("--headers", options->headers,
                   "Header fields to sign, separated by colons; default: those that DKIM signs");
}

}  // namespace posthaste
