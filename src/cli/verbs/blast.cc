#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/json_text.h"
#include "blast/load.h"
#include "cli/host_port.h"
#include "cli/output.h"
#include "cli/verbs/verbs.h"

namespace posthaste {
namespace {

struct BlastOptions {
  std::string server = "127.0.0.1:2525";
  LoadOptions load;
  std::string size = "10240";
  std::string rate = "unlimited";
  std::string time;
  bool json = false;
};

double millis(LatencyHistogram::Latency latency) {
  return std::chrono::duration<double, std::milli>(latency).count();
}

void print(const LoadResult& result, bool as_json) {
  const double seconds = std::chrono::duration<double>(result.took).count();
  const double rate = seconds > 0 ? static_cast<double>(result.accepted) / seconds : 0;
  const LatencyHistogram& latency = result.latency;
  if (as_json) {
    const nlohmann::ordered_json json = {{"accepted", result.accepted},
                                         {"refused", result.refused},
                                         {"failed", result.failed},
                                         {"connections", result.connections},
                                         {"seconds", seconds},
                                         {"per_second", rate},
                                         {"latency_ms",
                                          {{"p50", millis(latency.quantile(0.5))},
                                           {"p90", millis(latency.quantile(0.9))},
                                           {"p99", millis(latency.quantile(0.99))},
                                           {"p999", millis(latency.quantile(0.999))},
                                           {"max", millis(latency.max())}}},
                                         {"first_failure", result.first_failure}};
    fmt::print("{}\n", dump_json(json));
    return;
  }
  fmt::print("{} accepted, {} refused, {} failed, in {:.2f} s: {:.0f} a second\n", result.accepted,
             result.refused, result.failed, seconds, rate);
  fmt::print("latency ms: p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  p99.9 {:.2f}  max {:.2f}\n",
             millis(latency.quantile(0.5)), millis(latency.quantile(0.9)),
             millis(latency.quantile(0.99)), millis(latency.quantile(0.999)),
             millis(latency.max()));
  if (!result.first_failure.empty()) fmt::print("first failure: {}\n", result.first_failure);
}

ExitCode blast(BlastOptions options) {
  const auto server = parse_host_port(options.server);
  const auto size = Bytes::parse(options.size);
  const auto rate = Rate::parse(options.rate);
  for (const auto& error : {server ? std::string() : server.error().message(),
                            size ? std::string() : size.error().message(),
                            rate ? std::string() : rate.error().message()}) {
    if (!error.empty()) return fail("blast", error, ExitCode::usage);
  }
  LoadOptions& load = options.load;
  load.server = *server;
  load.size = *size;
  load.rate = *rate;
  if (!options.time.empty()) {
    const auto limit = parse_duration(options.time);
    if (!limit) return fail("blast", limit.error().message(), ExitCode::usage);
    load.time_limit = *limit;
  }
  SystemClock clock;
  if (load.id_prefix.empty()) {
    load.id_prefix = fmt::format("{:x}-", clock.wall().time_since_epoch().count());
  }
  Load generator(load, clock);
  std::uint64_t before = 0;
  const auto result = generator.run([&](std::uint64_t accepted) {
    fmt::print(stderr, "{} of {} accepted, {} in the last second\n", accepted, load.messages,
               accepted - before);
    before = accepted;
  });
  if (!result) return fail("blast", result.error().message(), ExitCode::usage);
  print(*result, options.json);
  if (result->connections == 0) {
    return fail("blast", options.server + " cannot be reached: " + result->first_failure,
                ExitCode::unreachable);
  }
  return result->accepted >= load.messages ? ExitCode::done : ExitCode::answer_is_no;
}

}  // namespace

void add_blast(Program& program) {
  CLI::App* verb =
      program.add_verb("blast", "A load generator: sends many messages, tells how fast");
  auto options = std::make_shared<BlastOptions>();
  LoadOptions& load = options->load;
  verb->add_option("--server", options->server, "HOST:PORT")->capture_default_str();
  verb->add_option("--sessions", load.sessions, "Connections at one time")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  verb->add_option("--threads", load.threads, "Loops")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  verb->add_option("--messages", load.messages, "Messages in all")->capture_default_str();
  verb->add_option("--size", options->size, "Size of a body")->capture_default_str();
  verb->add_option("--rate", options->rate, "Messages a time, as in 100/s")->capture_default_str();
  verb->add_option("--domains", load.domains, "Recipient domains: d00.test, d01.test, ...")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  verb->add_option("--tenants", load.tenants, "Tenants that share the mail: t00, t01, ...")
      ->check(CLI::Range(0, 1000000));
  verb->add_option("--from", load.sender, "Envelope sender")->capture_default_str();
  verb->add_option("--time", options->time, "Stop after this time, as in 30s");
  verb->add_option("--ids", load.ids_file, "Append the id of each accepted message to this file");
  verb->add_option("--id-prefix", load.id_prefix, "Begin ids so; distinct by itself if not given");
  verb->add_flag("--pipelining", load.pipelining, "Send MAIL, RCPT and DATA together");
  verb->add_flag("--reconnect", load.reconnects, "Go on while the server is away");
  verb->add_flag("--json", options->json, "Print one JSON document");
  program.add_action(verb, [options] { return blast(*options); });
}

}  // namespace posthaste
