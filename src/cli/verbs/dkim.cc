#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/dns_choice.h"
#include "cli/verbs/verbs.h"
#include "identity/dkim/dkim_record.h"
#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/dkim_signer.h"
#include "identity/dkim/dkim_verifier.h"
#include "identity/dkim/dns_key_source.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

struct DkimOptions {
  std::string domain;
  std::string selector = "mail";
  std::string key;  // path
  std::string out = ".";
  DnsChoice choice;
  int bits = 2048;
  bool ed25519 = false;
  bool json = false;
};

std::string read_standard_input() {
  return {std::istreambuf_iterator<char>(std::cin), {}};
}

ExitCode print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0
             ? ExitCode::done
             : fail("dkim", "cannot write the output: free the disk, or keep the pipe open",
                    ExitCode::internal);
}

// The line that a zone file takes.
std::string zone_line(const std::string& name, const std::string& record) {
  std::string strings;
  for (const std::string& part : split_txt(record)) strings += " \"" + part + "\"";
  return fmt::format("{}. IN TXT ({} )", name, strings);
}

// Prints what to publish for `key`; `file` names it in JSON.
ExitCode print_record(const std::string& verb, const DkimOptions& options,
                      const DkimPrivateKey& key, const std::string& file) {
  const Result<Domain> domain = Domain::parse(options.domain);
  if (!domain) return fail(verb, domain.error().message(), ExitCode::usage);
  const Result<std::string> record = make_dkim_record(key);
  if (!record) return fail(verb, record.error().message(), ExitCode::internal);
  const std::string name = dkim_record_name(options.selector, domain->ascii());
  if (!options.json) return print(zone_line(name, *record) + "\n");
  const ordered_json document = {
      {"name", name},
      {"type", "TXT"},
      {"value", *record},
      {"strings", split_txt(*record)},
      {"zone", zone_line(name, *record)},
      {"algorithm", to_string(key.algorithm())},
      {"bits", key.bits()},
      {"private_key", file},
  };
  return print(document.dump() + "\n");
}

// Makes the file, readable by its owner only; never replaces one, for mail may be signed with it.
Result<void> write_private(const std::string& path, const std::string& text) {
  const auto failed = [&](const std::string& what) {
    const boost::system::error_code code(errno, boost::system::system_category());
    return Error{code, what + " " + path + " (" + code.message() +
                           "): remove it, or choose another --out or --selector"};
  };
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failed("cannot make the key file");
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool kept = written && ::fsync(file) == 0;
  const Error error = kept ? Error{} : failed("cannot write the key file");
  ::close(file);
  if (kept) return {};
  ::unlink(path.c_str());
  return error;
}

ExitCode keygen(const DkimOptions& options) {
  // Refuse before a key lies on the disk that no record can be printed for.
  const Result<Domain> domain = Domain::parse(options.domain);
  if (!domain) return fail("dkim keygen", domain.error().message(), ExitCode::usage);
  if (!is_dkim_name(options.selector)) {
    return fail("dkim keygen",
                "selector " + options.selector +
                    " cannot stand in a DNS name: use letters, digits and hyphens",
                ExitCode::usage);
  }
  const Result<DkimPrivateKey> key = options.ed25519 ? DkimPrivateKey::generate_ed25519()
                                                     : DkimPrivateKey::generate_rsa(options.bits);
  if (!key) return fail("dkim keygen", key.error().message(), ExitCode::usage);
  const Result<std::string> pem = key->to_pem();
  if (!pem) return fail("dkim keygen", pem.error().message(), ExitCode::internal);

  std::error_code ec;
  std::filesystem::create_directories(options.out, ec);
  const std::string path = std::filesystem::path(options.out) / (options.selector + ".private");
  const Result<void> written = write_private(path, *pem);
  if (!written) return fail("dkim keygen", written.error().message(), ExitCode::usage);
  return print_record("dkim keygen", options, *key, path);
}

ExitCode record(const DkimOptions& options) {
  const Result<DkimPrivateKey> key = DkimPrivateKey::load(options.key);
  if (!key) return fail("dkim record", key.error().message(), ExitCode::usage);
  return print_record("dkim record", options, *key, options.key);
}

// The signature takes the line ends of the message it stands before.
std::string with_line_ends_of(const std::string& message, std::string headers) {
  const std::size_t lf = message.find('\n');
  const bool is_crlf = lf == std::string::npos || (lf > 0 && message[lf - 1] == '\r');
  if (!is_crlf) std::erase(headers, '\r');
  return headers;
}

ExitCode sign(const DkimOptions& options) {
  DkimConfig block;
  block.selector = options.selector;
  block.domain = options.domain;
  block.private_key = options.key;
  const Result<DkimSigner> signer = DkimSigner::load({block});
  if (!signer) return fail("dkim sign", signer.error().message(), ExitCode::usage);
  const Result<WallTime> now = time_of(options.choice);
  if (!now) return fail("dkim sign", now.error().message(), ExitCode::usage);

  const std::string message = read_standard_input();
  const std::string canonical = with_crlf(message);
  if (FieldPicker(split_message(canonical).fields).count("from") == 0) {
    return fail("dkim sign", "the message has no From field, which must be signed: add one",
                ExitCode::answer_is_no);
  }
  const Result<DkimSignatures> made = signer->sign(canonical, *Domain::parse(options.domain), *now);
  if (!made) return fail("dkim sign", made.error().message(), ExitCode::internal);
  if (!options.json) return print(with_line_ends_of(message, made->headers) + message);
  const ordered_json document = {{"headers", made->headers}, {"domains", made->domains}};
  return print(document.dump() + "\n");
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
  if (verdict.is_testing) line += " (the key is for testing)";
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

ExitCode print_verdicts(const std::vector<DkimVerdict>& verdicts, bool as_json) {
  const std::string_view result = overall(verdicts);
  std::string text;
  if (as_json) {
    ordered_json document = {{"result", result}, {"signatures", ordered_json::array()}};
    for (const DkimVerdict& verdict : verdicts) document["signatures"].push_back(to_json(verdict));
    // What a hostile message wrote may be no UTF-8.
    text = document.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  } else {
    for (const DkimVerdict& verdict : verdicts) text += to_line(verdict) + "\n";
    if (verdicts.empty()) text = "none: the message has no DKIM-Signature\n";
  }
  const ExitCode printed = print(text);
  if (printed != ExitCode::done) return printed;
  return result == "pass" ? ExitCode::done : ExitCode::answer_is_no;
}

boost::asio::awaitable<void> judge(SharedBody message, WallTime now, Resolver& resolver,
                                   std::vector<DkimVerdict>& out) {
  DnsKeySource keys(resolver);
  out = co_await verify_dkim(std::move(message), now, keys);
}

ExitCode verify(const DkimOptions& options) {
  const Result<WallTime> now = time_of(options.choice);
  if (!now) return fail("dkim verify", now.error().message(), ExitCode::usage);
  const auto message = std::make_shared<const std::string>(with_crlf(read_standard_input()));
  std::vector<DkimVerdict> verdicts;
  const Result<void> ran = run_with_dns(options.choice, [&](Resolver& resolver, Clock&) {
    return judge(message, *now, resolver, verdicts);
  });
  if (!ran) return fail("dkim verify", ran.error().message(), ExitCode::usage);
  return print_verdicts(verdicts, options.json);
}

using Options = std::shared_ptr<DkimOptions>;

CLI::App* add_command(Program& program, CLI::App* dkim, const Options& options,
                      std::pair<const char*, const char*> name_and_summary,
                      ExitCode (*action)(const DkimOptions&)) {
  CLI::App* command = dkim->add_subcommand(name_and_summary.first, name_and_summary.second);
  command->add_flag("--json", options->json, "Print one JSON document");
  program.add_action(command, [action, options] { return action(*options); });
  return command;
}

void add_name_options(CLI::App* command, const Options& options) {
  command->add_option("--selector", options->selector, "The selector")->capture_default_str();
  command->add_option("--domain", options->domain, "The domain that signs (d=)")->required();
}

void add_key_option(CLI::App* command, const Options& options) {
  command->add_option("--key", options->key, "The private key, a PEM file")->required();
}

}  // namespace

void add_dkim(Program& program) {
  CLI::App* dkim = program.add_verb("dkim", "DKIM keys, records and signatures");
  dkim->require_subcommand(1);
  const auto options = std::make_shared<DkimOptions>();

  CLI::App* make =
      add_command(program, dkim, options,
                  {"keygen", "Make a key and print the DNS record to publish"}, &keygen);
  add_name_options(make, options);
  CLI::Option* bits = make->add_option("--bits", options->bits, "Length of the RSA key");
  bits->capture_default_str();
  make->add_flag("--ed25519", options->ed25519, "Make an Ed25519 key")->excludes(bits);
  make->add_option("--out", options->out, "Where SELECTOR.private is written")
      ->capture_default_str();

  CLI::App* publish =
      add_command(program, dkim, options, {"record", "Print the DNS record of a key"}, &record);
  add_key_option(publish, options);
  add_name_options(publish, options);

  CLI::App* seal = add_command(
      program, dkim, options,
      {"sign", "Sign the message on standard input, print it with its signature"}, &sign);
  add_key_option(seal, options);
  add_name_options(seal, options);
  seal->add_option("--now", options->choice.now, "The time to use: Unix seconds or RFC 3339");

  CLI::App* judge = add_command(program, dkim, options,
                                {"verify", "Verify the message on standard input"}, &verify);
  add_dns_options(judge, options->choice);
}

}  // namespace posthaste
