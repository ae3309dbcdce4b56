#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "cli/api_client.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/verbs/verbs.h"
#include "inbound/bounce/bounce_reader.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

// Larger files are no returned mail; what is read stays bounded.
constexpr std::size_t kMaxFile = 64 << 20;

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json to_json(const std::string& file, const ReturnedMail& mail,
                     const ReturnedRecipient& one) {
  ordered_json json = {{"file", file},
                       {"kind", std::string(to_string(one.kind))},
                       {"recipient", text_or_null(one.recipient)},
                       {"action", text_or_null(one.action)},
                       {"smtp_code", nullptr},
                       {"enhanced_status", text_or_null(one.enhanced_status)},
                       {"diagnostic", text_or_null(one.diagnostic)},
                       {"classification", nullptr},
                       {"hard", one.hard},
                       {"feedback_type", text_or_null(one.feedback_type)},
                       {"original_message_id", text_or_null(mail.original_message_id)}};
  if (one.smtp_code != 0) json["smtp_code"] = one.smtp_code;
  if (one.classification != Classification::none) {
    json["classification"] = std::string(to_string(one.classification));
  }
  return json;
}

void print(const ordered_json& json) {
  std::puts(dump_json(json).c_str());
}

ExitCode parse(const std::vector<std::string>& files) {
  const BounceReader reader(ReplyClassifier::shipped());
  for (const std::string& file : files) {
    const Result<std::string> octets = read_input(file, kMaxFile);
    if (!octets) {
      return fail("bounce parse", file + " cannot be read: name a file with one message",
                  ExitCode::usage);
    }
    const ReturnedMail mail = reader.read(*octets);
    for (const ReturnedRecipient& one : mail.recipients) print(to_json(file, mail, one));
    if (mail.recipients.empty()) print(to_json(file, mail, {.kind = mail.kind}));
  }
  return ExitCode::done;
}

ExitCode classify_lines() {
  const ReplyClassifier classifier = ReplyClassifier::shipped();
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const RefusalClass found = classifier.classify_line(line);
    print({{"classification", std::string(to_string(found.classification))}, {"hard", found.hard}});
  }
  return ExitCode::done;
}

void print_unknown(const ordered_json& json) {
  for (const ordered_json& one : json["unknown"]) {
    fmt::print("{:>8}  {}  {}\n", one.value("count", 0), one.value("last", "").substr(0, 19),
               one.value("example", ""));
  }
  if (json["unknown"].empty()) fmt::print("Every reply was known to a rule.\n");
}

}  // namespace

void add_bounce(Program& program) {
  CLI::App* verb = program.add_verb("bounce", "What returned messages and refusals say");
  verb->require_subcommand(1);

  CLI::App* read = verb->add_subcommand("parse", "Reads returned messages: one JSON object a line");
  const auto files = std::make_shared<std::vector<std::string>>();
  read->add_option("FILE", *files, "Files with one message each; - for standard input")->required();
  const auto json = std::make_shared<bool>();  // the only form there is
  read->add_flag("--json", *json, "One JSON object a line, as always");
  program.add_action(read, [files, json] { return parse(*files); });

  CLI::App* sort = verb->add_subcommand(
      "classify", "Sorts SMTP replies, one a line on standard input, into classes");
  sort->add_flag("--json", *json, "One JSON object a line, as always");
  program.add_action(sort, [json] { return classify_lines(); });

  CLI::App* strange =
      verb->add_subcommand("unknown", "Replies that no rule of a running server knew, by number");
  const auto api = ApiOptions::declare(strange);
  program.add_action(strange, [api] {
    return show_answer("bounce unknown", *api, "/api/v1/bounces/unknown", &print_unknown);
  });
}

}  // namespace posthaste
