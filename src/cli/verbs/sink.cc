#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/host_port.h"
#include "cli/verbs/verbs.h"
#include "sink/sink.h"
#include "sink/sink_tls.h"

namespace posthaste {
namespace {

struct SinkVerbOptions {
  std::string listen = "127.0.0.1:2526";
  std::string http;
  std::string keep;
  std::string persona = "plain";
  std::string tls = "on";
  std::string certificate;
  std::string key;
  std::size_t threads = 1;
  std::uint64_t seed = 1;
};

Result<SinkOptions> to_sink_options(const SinkVerbOptions& given) {
  SinkOptions options;
  const auto listen = parse_host_port(given.listen);
  if (!listen) return listen.error();
  options.listen = *listen;
  if (!given.http.empty()) {
    const auto http = parse_host_port(given.http);
    if (!http) return http.error();
    options.http = *http;
  }
  if (!given.keep.empty()) options.keep = given.keep;
  options.threads = given.threads;
  options.seed = given.seed;
  if (given.tls == "on") {
    const auto tls =
        given.certificate.empty() ? make_sink_tls() : load_sink_tls(given.certificate, given.key);
    if (!tls) return tls.error();
    options.tls = *tls;
  }
  return options;
}

void wait_for_signal() {
  boost::asio::io_context context(1);
  boost::asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([](boost::system::error_code, int) {});
  context.run();
}

ExitCode run_sink(const SinkVerbOptions& given) {
  std::signal(SIGPIPE, SIG_IGN);
  auto options = to_sink_options(given);
  if (!options) return fail("sink", options.error().message(), ExitCode::usage);
  PersonaOrErrors persona = load_persona(given.persona);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&persona)) {
    for (const ConfigError& error : *errors) fmt::print(stderr, "{}\n", error.to_string());
    return fail("sink", given.persona + " cannot be used: mend the lines above", ExitCode::usage);
  }
  options->persona = std::get<Persona>(std::move(persona));
  SystemClock clock;
  const auto sink = Sink::start(std::move(*options), clock);
  if (!sink) return fail("sink", sink.error().message(), ExitCode::usage);
  if (const auto http = (*sink)->http()) {
    fmt::print(stderr, "posthaste sink: http on {}\n", to_host_port(*http));
  }
  fmt::print(stderr, "posthaste sink: ready on {}\n", to_host_port((*sink)->smtp()));
  wait_for_signal();
  (*sink)->stop();
  const SinkCounts counts = (*sink)->counts();
  fmt::print(stderr, "posthaste sink: {} messages to {} recipients on {} connections\n",
             counts.messages, counts.recipients, counts.connections);
  return ExitCode::done;
}

}  // namespace

void add_sink(Program& program) {
  CLI::App* verb = program.add_verb("sink", "A receiving server for tests");
  const auto options = std::make_shared<SinkVerbOptions>();
  verb->add_option("--listen", options->listen, "Where to take mail, HOST:PORT; port 0: any free")
      ->capture_default_str();
  verb->add_option("--http", options->http,
                   "Where to tell counts, HOST:PORT: GET /counts, GET /ids, POST /reset, "
                   "POST /persona");
  verb->add_option("--keep", options->keep, "Keep each message in this folder");
  verb->add_option("--persona", options->persona,
                   "How to behave: plain, flaky, gmail, outlook, yahoo, strict, or a persona file")
      ->capture_default_str();
  verb->add_option("--threads", options->threads, "Loops; 0: one for each core")
      ->capture_default_str();
  verb->add_option("--seed", options->seed, "Seed of what happens at random")
      ->capture_default_str();
  verb->add_option("--tls", options->tls, "Offer STARTTLS")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  CLI::Option* certificate = verb->add_option("--certificate", options->certificate,
                                              "PEM chain; without it one is made in memory");
  CLI::Option* key = verb->add_option("--key", options->key, "The certificate's key, PEM");
  certificate->needs(key);
  key->needs(certificate);
  program.add_action(verb, [options] { return run_sink(*options); });
}

}  // namespace posthaste
