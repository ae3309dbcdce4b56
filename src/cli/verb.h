#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace posthaste {

// What a verb ends with; documented in interface.md's words.
enum class ExitCode : int {
  done = 0,
  answer_is_no = 1,  // it ran, and the answer is no: a check failed, a message was refused
  usage = 2,         // wrong usage or configuration
  unreachable = 3,   // the server can't be reached
  internal = 4,
};

// The program being built up: one subcommand a verb. A verb's file in verbs/ defines one function
// `add_NAME(Program&)` that declares its options and gives the function to run; main.cc lists
// them all.
class Program {
 public:
  explicit Program(CLI::App& app) : app_(app) {}

  // Adds a verb. Returns its subcommand, to add options to (or further subcommands, with
  // add_action). `--help` is there already.
  CLI::App* add_verb(const std::string& name, const std::string& summary);
  // Sets what runs when `command` is the one that was called.
  void add_action(CLI::App* command, std::function<ExitCode()> action);

  ExitCode run() const { return action_ ? action_() : ExitCode::usage; }

 private:
  CLI::App& app_;
  std::function<ExitCode()> action_;
};

// Prints `posthaste VERB: what is wrong: what to do` to stderr and returns `code`.
ExitCode fail(const std::string& verb, const std::string& what, ExitCode code);

}  // namespace posthaste
