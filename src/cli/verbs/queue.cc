#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/api_client.h"
#include "cli/verbs/verbs.h"
#include "platform/http/http_client.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

struct QueueOptions {
  std::shared_ptr<ApiOptions> api;
  std::string name;
  std::string domain;
  std::string tenant;
  std::string campaign;
  std::string site;
  std::size_t limit = 50;

  std::string query() const {
    std::string text = "?limit=" + std::to_string(limit);
    const auto add = [&text](const char* field, const std::string& value) {
      if (!value.empty()) text += fmt::format("&{}={}", field, url_encode(value));
    };
    add("name", name);
    add("domain", domain);
    add("tenant", tenant);
    add("campaign", campaign);
    add("site", site);
    return text;
  }
};

std::shared_ptr<QueueOptions> declare(CLI::App* command) {
  auto options = std::make_shared<QueueOptions>();
  options->api = ApiOptions::declare(command);
  command->add_option("--domain", options->domain, "Only this recipient domain");
  command->add_option("--tenant", options->tenant, "Only this tenant");
  command->add_option("--campaign", options->campaign, "Only this campaign");
  command->add_option("--site", options->site, "Only this site");
  command->add_option("--limit", options->limit, "At most so many lines")->capture_default_str();
  return options;
}

void print_queue(const ordered_json& queue, std::size_t width) {
  const std::string waits = queue.value("waits_for", "");
  const std::string until = queue.value("waits_until", queue.value("next_due", ""));
  fmt::print("{:<{}}  {:>9}{} {:>9}  {:<20} {}\n", queue.value("queue", ""), width,
             queue.value("depth", 0ULL), queue.value("is_depth_exact", true) ? " " : "+",
             queue.value("in_memory", 0ULL), until.empty() ? "now" : until.substr(0, 19), waits);
}

ExitCode list(const QueueOptions& options) {
  auto answer = ask_api("queue list", *options.api, "GET", "/api/v1/queues" + options.query());
  if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
  const auto& json = std::get<ordered_json>(answer);
  if (options.api->json) {
    std::puts(json.dump().c_str());
    return ExitCode::done;
  }
  std::size_t width = 5;
  for (const auto& queue : json["queues"]) {
    width = std::max(width, queue.value("queue", "").size());
  }
  fmt::print("{:<{}}  {:>9}  {:>9}  {:<20} {}\n", "QUEUE", width, "MESSAGES", "IN MEMORY", "NEXT",
             "WAITS FOR");
  for (const auto& queue : json["queues"]) print_queue(queue, width);
  fmt::print("{} queues, {} messages\n", json.value("count", 0ULL), json.value("depth", 0ULL));
  return ExitCode::done;
}

ExitCode show(const QueueOptions& options) {
  auto answer =
      ask_api("queue show", *options.api, "GET", "/api/v1/queues/messages" + options.query());
  if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
  const auto& json = std::get<ordered_json>(answer);
  if (options.api->json) {
    std::puts(json.dump().c_str());
    return ExitCode::done;
  }
  const auto& queue = json["queue"];
  fmt::print("queue {}\nsite  {}\nholds {} messages, {} in memory\n", queue.value("queue", ""),
             queue.value("site", ""), queue.value("depth", 0ULL), queue.value("in_memory", 0ULL));
  const std::string waits = queue.value("waits_for", "");
  if (!waits.empty()) {
    fmt::print("waits for {} until {}\n", waits, queue.value("waits_until", "it passes"));
  }
  fmt::print("\n");
  for (const auto& message : json["messages"]) {
    fmt::print("{}  due {}  attempts {}  {} octets\n    <{}> to {}\n",
               message.value("message_id", ""), message.value("due", "").substr(0, 19),
               message.value("attempts", 0), message.value("size", 0ULL),
               message.value("sender", ""),
               fmt::join(message["recipients"].get<std::vector<std::string>>(), ", "));
    const std::string last = message.value("last_response", "");
    if (!last.empty()) fmt::print("    last: {}\n", last);
  }
  return ExitCode::done;
}

ExitCode flush(const QueueOptions& options) {
  auto answer =
      ask_api("queue flush", *options.api, "POST", "/api/v1/queues/flush" + options.query());
  if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
  const auto& json = std::get<ordered_json>(answer);
  if (options.api->json) {
    std::puts(json.dump().c_str());
  } else {
    fmt::print("{} queues are tried now\n", json.value("queues", 0ULL));
  }
  return ExitCode::done;
}

}  // namespace

void add_queue(Program& program) {
  CLI::App* verb = program.add_verb("queue", "The queues of a running server");
  verb->require_subcommand(1);
  CLI::App* list_command = verb->add_subcommand("list", "Queues that hold mail, the longest first");
  auto list_options = declare(list_command);
  program.add_action(list_command, [list_options] { return list(*list_options); });
  CLI::App* show_command = verb->add_subcommand("show", "One queue and its first messages");
  auto show_options = declare(show_command);
  show_command->add_option("NAME", show_options->name, "Queue, as queue list names it");
  program.add_action(show_command, [show_options] { return show(*show_options); });
  CLI::App* flush_command = verb->add_subcommand("flush", "Try all their mail now");
  auto flush_options = declare(flush_command);
  flush_command->add_option("NAME", flush_options->name, "Queue, as queue list names it");
  program.add_action(flush_command, [flush_options] { return flush(*flush_options); });
}

}  // namespace posthaste
