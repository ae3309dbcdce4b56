#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/text_file.h"
#include "cli/dkim_keys.h"
#include "cli/dns_choice.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/verbs/verbs.h"
#include "identity/dkim/dkim_config.h"
#include "identity/dkim/dkim_signer.h"
#include "identity/dkim/dkim_verifier.h"
#include "identity/dkim/dns_key_source.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

struct DkimOptions {
  std::string domain;
  std::vector<std::string> selectors;
  std::vector<std::string> keys;  // paths
  std::string canonicalization = "relaxed/relaxed";
  std::vector<std::string> files;
  std::string to;  // folder
  DnsChoice choice;
  bool json = false;
};

// A message, from standard input or a file.
struct InputMessage {
  std::string file;  // "" is standard input
  std::string text;
};

Error bad_usage(std::string what) {
  return {make_error_code(boost::system::errc::invalid_argument), std::move(what)};
}

Result<std::string> read_message(const std::string& file) {
  Result<std::string> text = file.empty() ? read_standard_input() : read_text_file(file);
  if (!text) return bad_usage(file + " cannot be read: name a message");
  return text;
}

// The names to read: those given, or that of standard input.
std::vector<std::string> inputs_of(const DkimOptions& options) {
  return options.files.empty() ? std::vector<std::string>{""} : options.files;
}

Result<DkimSigner> signer_of(const DkimOptions& options) {
  std::vector<std::string> selectors = options.selectors;
  if (selectors.empty()) selectors = {"mail"};
  if (options.keys.size() != selectors.size()) {
    return bad_usage("there are not as many --selector as --key: give one for each");
  }
  const auto forms = ConfigValue<DkimForms>::parse(options.canonicalization);
  if (!forms) return bad_usage("--canonicalization " + forms.error().message());
  std::vector<DkimConfig> blocks;
  for (std::size_t i = 0; i < options.keys.size(); ++i) {
    DkimConfig block;
    block.selector = selectors[i];
    block.domain = options.domain;
    block.private_key = options.keys[i];
    block.canonicalization = *forms;
    blocks.push_back(std::move(block));
  }
  return DkimSigner::load(blocks);
}

// Writes the signed message to the folder, under the name it has.
ExitCode keep(const DkimOptions& options, const std::string& file, const std::string& text) {
  const auto path = std::filesystem::path(options.to) / std::filesystem::path(file).filename();
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (out) return ExitCode::done;
  return fail("dkim sign", path.string() + " cannot be written: name a folder that can be",
              ExitCode::usage);
}

ExitCode sign_one(const DkimOptions& options, const DkimSigner& signer, const InputMessage& input,
                  WallTime now) {
  const std::string canonical = with_crlf(input.text);
  if (FieldPicker(split_message(canonical).fields).count("from") == 0) {
    return fail("dkim sign", "the message has no From field, which must be signed: add one",
                ExitCode::answer_is_no);
  }
  const Result<DkimSignatures> made = signer.sign(canonical, *Domain::parse(options.domain), now);
  if (!made) return fail("dkim sign", made.error().message(), ExitCode::internal);
  const std::string text = with_line_ends_of(input.text, made->headers) + input.text;
  if (!options.to.empty()) return keep(options, input.file, text);
  if (!options.json) return print_output("dkim", text);
  const ordered_json document = {{"headers", made->headers}, {"domains", made->domains}};
  return print_output("dkim", document.dump() + "\n");
}

ExitCode sign(const DkimOptions& options) {
  if (options.to.empty() != options.files.empty()) {
    return fail("dkim sign", "FILE and --to go together: give both, or a message on standard input",
                ExitCode::usage);
  }
  const Result<DkimSigner> signer = signer_of(options);
  if (!signer) return fail("dkim sign", signer.error().message(), ExitCode::usage);
  const Result<WallTime> now = time_of(options.choice);
  if (!now) return fail("dkim sign", now.error().message(), ExitCode::usage);
  for (const std::string& file : inputs_of(options)) {
    const Result<std::string> text = read_message(file);
    if (!text) return fail("dkim sign", text.error().message(), ExitCode::usage);
    const ExitCode done = sign_one(options, *signer, {file, *text}, *now);
    if (done != ExitCode::done) return done;
  }
  return ExitCode::done;
}

ordered_json to_json(const DkimVerdict& verdict) {
  return {{"result", to_string(verdict.result)},
          {"reason", to_string(verdict.reason)},
          {"description", describe(verdict.reason)},
          {"domain", verdict.domain},
          {"selector", verdict.selector},
          {"identity", verdict.identity},
          {"algorithm", verdict.algorithm},
          {"b", verdict.b_start},
          {"testing", verdict.is_testing},
          {"covers_whole_body", verdict.covers_whole_body}};
}

std::string to_line(const DkimVerdict& verdict) {
  std::string line = fmt::format("{} d={} s={} a={}", to_string(verdict.result), verdict.domain,
                                 verdict.selector, verdict.algorithm);
  if (verdict.reason != DkimReason::none) line.append(": ").append(describe(verdict.reason));
  if (!verdict.covers_whole_body) line += " (l= leaves the end of the body unsigned)";
  if (verdict.is_testing) line += " (the signer is testing DKIM)";
  return line;
}

// One signature that passes makes the message pass; otherwise the plainest failure speaks.
std::string_view overall(const std::vector<DkimVerdict>& verdicts) {
  for (const DkimResult result : {DkimResult::pass, DkimResult::fail, DkimResult::temperror,
                                  DkimResult::permerror, DkimResult::neutral}) {
    for (const DkimVerdict& verdict : verdicts) {
      if (verdict.result == result) return to_string(result);
    }
  }
  return "none";
}

ExitCode print_verdicts(const std::vector<DkimVerdict>& verdicts, const std::string& file,
                        bool as_json) {
  const std::string_view result = overall(verdicts);
  const std::string prefix = file.empty() ? std::string() : file + ": ";
  std::string text;
  if (as_json) {
    ordered_json document;
    if (!file.empty()) document["file"] = file;
    document["result"] = result;
    document["signatures"] = ordered_json::array();
    for (const DkimVerdict& verdict : verdicts) document["signatures"].push_back(to_json(verdict));
    text = dump_json(document) + "\n";
  } else {
    for (const DkimVerdict& verdict : verdicts) text += prefix + to_line(verdict) + "\n";
    if (verdicts.empty()) text = prefix + "none: the message has no DKIM-Signature\n";
  }
  const ExitCode printed = print_output("dkim", text);
  if (printed != ExitCode::done) return printed;
  return result == "pass" ? ExitCode::done : ExitCode::answer_is_no;
}

boost::asio::awaitable<void> judge_all(const DkimOptions& options, WallTime now, Resolver& resolver,
                                       ExitCode& worst) {
  DkimKeyCache cache;
  DnsKeySource keys(resolver, &cache);
  for (const std::string& file : inputs_of(options)) {
    const Result<std::string> text = read_message(file);
    if (!text) {
      worst = fail("dkim verify", text.error().message(), ExitCode::usage);
      co_return;
    }
    auto message = std::make_shared<const std::string>(with_crlf(*text));
    const auto verdicts = co_await verify_dkim(std::move(message), now, keys);
    worst = std::max(worst, print_verdicts(verdicts, file, options.json));
  }
}

ExitCode verify(const DkimOptions& options) {
  const Result<WallTime> now = time_of(options.choice);
  if (!now) return fail("dkim verify", now.error().message(), ExitCode::usage);
  ExitCode worst = ExitCode::done;
  const Result<void> ran = run_with_dns(
      "dkim verify", options.choice,
      [&](Resolver& resolver, Clock&) { return judge_all(options, *now, resolver, worst); });
  if (!ran) return fail_without_dns("dkim verify", ran.error());
  return worst;
}

using Options = std::shared_ptr<DkimOptions>;
using KeyOptions = std::shared_ptr<DkimKeyOptions>;

void add_keygen(Program& program, CLI::App* dkim, const KeyOptions& options) {
  CLI::App* make = dkim->add_subcommand("keygen", "Make a key and print the DNS record to publish");
  make->add_flag("--json", options->json, "Print one JSON document");
  make->add_option("--selector", options->selector, "The selector")->capture_default_str();
  make->add_option("--domain", options->domain, "The domain that signs (d=)")->required();
  CLI::Option* bits = make->add_option("--bits", options->bits, "Length of the RSA key");
  bits->capture_default_str();
  make->add_flag("--ed25519", options->ed25519, "Make an Ed25519 key")->excludes(bits);
  make->add_flag("--next", options->next,
                 "Make the next selector after those in --out: mail, mail2, mail3, …");
  make->add_option("--out", options->out, "Where SELECTOR.private is written")
      ->capture_default_str();
  program.add_action(make, [options] { return make_dkim_key(*options); });
}

void add_record(Program& program, CLI::App* dkim, const KeyOptions& options) {
  CLI::App* publish = dkim->add_subcommand("record", "Print the DNS record of a key");
  publish->add_flag("--json", options->json, "Print one JSON document");
  publish->add_option("--key", options->key, "The private key, a PEM file")->required();
  publish->add_option("--selector", options->selector, "The selector")->capture_default_str();
  publish->add_option("--domain", options->domain, "The domain that signs (d=)")->required();
  program.add_action(publish, [options] { return print_dkim_record(*options); });
}

void add_sign(Program& program, CLI::App* dkim, const Options& options) {
  CLI::App* seal = dkim->add_subcommand(
      "sign", "Sign the message on standard input, print it with its signature");
  seal->add_flag("--json", options->json, "Print one JSON document");
  seal->add_option("--key", options->keys,
                   "The private key, a PEM file; several for several "
                   "signatures")
      ->required()
      ->allow_extra_args(false);
  seal->add_option("--selector", options->selectors,
                   "The selector, one for each key; default: mail")
      ->allow_extra_args(false);
  seal->add_option("--domain", options->domain, "The domain that signs (d=)")->required();
  seal->add_option("--canonicalization", options->canonicalization,
                   "Forms of header and body: relaxed or simple each")
      ->capture_default_str();
  seal->add_option("--now", options->choice.now, "The time to use: Unix seconds or RFC 3339");
  seal->add_option("--to", options->to, "Folder for the messages of FILE… with their signatures");
  seal->add_option("FILE", options->files, "Messages to sign instead of standard input");
  program.add_action(seal, [options] { return sign(*options); });
}

void add_verify(Program& program, CLI::App* dkim, const Options& options) {
  CLI::App* judge = dkim->add_subcommand("verify", "Verify the message on standard input");
  judge->add_flag("--json", options->json, "Print one JSON document; for FILE… one a line");
  add_dns_options(judge, options->choice);
  judge->add_option("FILE", options->files, "Messages to verify instead of standard input");
  program.add_action(judge, [options] { return verify(*options); });
}

}  // namespace

void add_dkim(Program& program) {
  CLI::App* dkim = program.add_verb("dkim", "DKIM keys, records and signatures");
  dkim->require_subcommand(1);
  add_keygen(program, dkim, std::make_shared<DkimKeyOptions>());
  add_record(program, dkim, std::make_shared<DkimKeyOptions>());
  add_sign(program, dkim, std::make_shared<DkimOptions>());
  add_verify(program, dkim, std::make_shared<DkimOptions>());
}

}  // namespace posthaste
