#include <fmt/format.h>

#include <boost/version.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/verbs/verbs.h"

#ifndef POSTHASTE_COMMIT
#define POSTHASTE_COMMIT "unknown"
#endif

namespace posthaste {
namespace {

std::string sanitizer() {
#if defined(__SANITIZE_ADDRESS__)
  return "address";
#elif defined(__SANITIZE_THREAD__)
  return "thread";
#else
  return "none";
#endif
}

}  // namespace

void add_version(Program& program) {
  CLI::App* verb = program.add_verb("version", "Version, commit and build options");
  auto json = std::make_shared<bool>(false);
  verb->add_flag("--json", *json, "Print one JSON document");
  program.add_action(verb, [json] {
    const nlohmann::ordered_json facts = {{"version", POSTHASTE_VERSION},
                                          {"commit", POSTHASTE_COMMIT},
                                          {"compiler", __VERSION__},
                                          {"boost", BOOST_LIB_VERSION},
                                          {"sanitizer", sanitizer()}};
    if (*json) {
      std::puts(facts.dump().c_str());
    } else {
      fmt::print("posthaste {} ({})\n", POSTHASTE_VERSION, POSTHASTE_COMMIT);
      fmt::print("compiler {}, boost {}, sanitizer {}\n", __VERSION__, BOOST_LIB_VERSION,
                 sanitizer());
    }
    return ExitCode::done;
  });
}

}  // namespace posthaste
