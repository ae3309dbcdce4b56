// Finds the verb and runs it.
#include <exception>
#include <filesystem>
#include <string>

#include "cli/usage_error.h"
#include "cli/verbs/sendmail.h"
#include "cli/verbs/verbs.h"

int main(int argc, char** argv) {
  using namespace posthaste;
  if (std::filesystem::path(argv[0]).filename() == "sendmail") {
    return run_sendmail({argv + 1, argv + argc});
  }
  CLI::App app("Posthaste: takes your mail, keeps it, and delivers it", "posthaste");
  app.require_subcommand(1);
  Program program(app);
  for (auto add : {add_arc,      add_blast,    add_bounce, add_check,    add_dkim,   add_dmarc,
                   add_doctor,   add_explain,  add_queue,  add_rates,    add_report, add_reputation,
                   add_send,     add_sendmail, add_serve,  add_simulate, add_sink,   add_spf,
                   add_suppress, add_top,      add_trace,  add_version,  add_warmup}) {
    add(program);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help, --version
    if (error.get_exit_code() == 0) return app.exit(error);
    const UsageError usage = describe_usage_error(app, {argv + 1, argv + argc}, error.what());
    return static_cast<int>(fail(usage.verb, usage.what, ExitCode::usage));
  }
  try {
    return static_cast<int>(program.run());
  } catch (const std::exception& error) {
    return static_cast<int>(fail("", error.what(), ExitCode::internal));
  }
}
