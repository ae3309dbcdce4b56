#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "base/text_file.h"
#include "blast/submission_client.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/verbs/verbs.h"

namespace posthaste {
namespace {

struct SendOptions {
  std::string server = "127.0.0.1:2525";
  std::string from;
  std::vector<std::string> to;
  std::string user;
  std::string password_file;
  SubmissionTls tls = SubmissionTls::opportunistic;
  bool json = false;
};

// "HOST:PORT" or "[2001:db8::1]:PORT". The host is an address.
bool split_server(const std::string& server, Submission& submission) {
  const std::size_t colon = server.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  std::string host = server.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  const int port = std::atoi(server.c_str() + colon + 1);
  if (port <= 0 || port > 65535) return false;
  submission.host = host;
  submission.port = static_cast<unsigned short>(port);
  return true;
}

void print(const SubmissionResult& result, bool as_json) {
  if (as_json) {
    nlohmann::ordered_json refused = nlohmann::ordered_json::array();
    for (const RefusedRecipient& one : result.refused) {
      refused.push_back({{"recipient", one.address}, {"reply", one.reply.text()}});
    }
    const nlohmann::ordered_json json = {{"accepted", result.is_accepted},
                                         {"reply", result.reply.text()},
                                         {"message_id", result.message_id()},
                                         {"refused", refused}};
    fmt::print("{}\n", dump_json(json));
    return;
  }
  for (const RefusedRecipient& one : result.refused) {
    fmt::print("refused <{}>: {}\n", one.address, one.reply.text());
  }
  fmt::print("{}\n", result.reply.text());
  if (!result.message_id().empty()) fmt::print("message id {}\n", result.message_id());
}

ExitCode send(const SendOptions& options) {
  Submission submission;
  if (!split_server(options.server, submission)) {
    return fail("send", "\"" + options.server + "\" is no server: write ADDRESS:PORT",
                ExitCode::usage);
  }
  submission.tls = options.tls;
  submission.sender = options.from;
  submission.recipients = options.to;
  submission.user = options.user;
  if (!options.password_file.empty()) {
    Result<std::string> password = read_first_line(options.password_file);
    if (!password) return fail("send", password.error().message(), ExitCode::usage);
    submission.password = std::move(*password);
  }
  submission.message = read_standard_input();
  SystemClock clock;
  const auto result = submit(submission, clock);
  if (!result) return fail("send", result.error().message(), ExitCode::unreachable);
  print(*result, options.json);
  return result->is_accepted && result->refused.empty() ? ExitCode::done : ExitCode::answer_is_no;
}

// CLI11 reads enums as numbers.
std::string read_tls_mode(std::string& text) {
  const std::map<std::string, SubmissionTls> modes{{"off", SubmissionTls::off},
                                                   {"opportunistic", SubmissionTls::opportunistic},
                                                   {"require", SubmissionTls::require}};
  const auto mode = modes.find(text);
  if (mode == modes.end()) {
    return "\"" + text + "\" is none of off, opportunistic and require";
  }
  text = std::to_string(static_cast<int>(mode->second));
  return "";
}

}  // namespace

void add_send(Program& program) {
  CLI::App* verb = program.add_verb("send", "Hand one message from standard input to a server");
  auto options = std::make_shared<SendOptions>();
  verb->add_option("--server", options->server, "ADDRESS:PORT")->capture_default_str();
  verb->add_option("--from", options->from, "Envelope sender; empty: the null sender")->required();
  verb->add_option("--to", options->to, "Envelope recipient; may be given several times")
      ->required();
  verb->add_option("--user", options->user, "Log in as this user");
  verb->add_option("--password-file", options->password_file,
                   "File whose first line is the password");
  verb->add_option("--tls", options->tls, "off, opportunistic or require")
      ->transform(CLI::Validator(read_tls_mode, "", "mode"))
      ->type_name("MODE");
  verb->add_flag("--json", options->json, "Print one JSON document");
  program.add_action(verb, [options] { return send(*options); });
}

}  // namespace posthaste
