#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "cli/api_client.h"
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
  // What a foreign message holds need not be UTF-8.
  std::puts(json.dump(-1, ' ', false, ordered_json::error_handler_t::replace).c_str());
}

std::string read_octets(std::istream& stream) {
  std::string octets;
  std::string piece(1 << 16, '\0');
  while (octets.size() < kMaxFile && stream) {
    stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    octets.append(piece, 0, static_cast<std::size_t>(stream.gcount()));
  }
  return octets;
}

ExitCode parse(const std::vector<std::string>& files) {
  const BounceReader reader(ReplyClassifier::shipped());
  for (const std::string& file : files) {
    std::string octets;
    if (file == "-") {
      octets = read_octets(std::cin);
    } else {
      std::ifstream stream(file, std::ios::binary);
      if (!stream) {
        return fail("bounce parse", file + " cannot be read: name a file with one message",
                    ExitCode::usage);
      }
      octets = read_octets(stream);
    }
    const ReturnedMail mail = reader.read(octets);
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

ExitCode unknown(const ApiOptions& options) {
  auto answer = ask_api("bounce unknown", options, "GET", "/api/v1/bounces/unknown");
  if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
  const auto& json = std::get<ordered_json>(answer);
  if (options.json) {
    print(json);
    return ExitCode::done;
  }
  for (const ordered_json& one : json["unknown"]) {
    fmt::print("{:>8}  {}  {}\n", one.value("count", 0), one.value("last", "").substr(0, 19),
               one.value("example", ""));
  }
  if (json["unknown"].empty()) fmt::print("Every reply was known to a rule.\n");
  return ExitCode::done;
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
  program.add_action(strange, [api] { return unknown(*api); });
}

}  // namespace posthaste
