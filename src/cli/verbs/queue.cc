#include <fmt/format.h>

#include <cstdio>
#include <functional>
#include <map>
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
  // Fields of the API's query, by name.
  std::map<std::string, std::string> fields;

  std::string query() const {
    std::string text;
    for (const auto& [field, value] : fields) {
      if (value.empty()) continue;
      text += fmt::format("{}{}={}", text.empty() ? "?" : "&", field, url_encode(value));
    }
    return text;
  }
};

using Options = std::shared_ptr<QueueOptions>;

void declare(CLI::App* command, const Options& options, const char* flag, const char* field,
             const char* help) {
  command->add_option(flag, options->fields[field], help);
}

Options declare_filters(CLI::App* command) {
  auto options = std::make_shared<QueueOptions>();
  options->api = ApiOptions::declare(command);
  declare(command, options, "--queue", "queue", "Only this remote_queue");
  declare(command, options, "--domain", "domain", "Only this recipient domain");
  declare(command, options, "--tenant", "tenant", "Only this tenant; - is mail of none");
  declare(command, options, "--campaign", "campaign", "Only this campaign; - is mail of none");
  declare(command, options, "--pool", "pool", "Only this pool");
  return options;
}

// Filters that mail has only when it is about to leave.
void declare_ways(CLI::App* command, const Options& options) {
  declare(command, options, "--source", "source", "Only from this source");
  declare(command, options, "--site", "site", "Only to this site");
  declare(command, options, "--provider", "provider", "Only to this provider");
}

void declare_limit(CLI::App* command, const Options& options) {
  options->fields["limit"] = "50";
  command->add_option("--limit", options->fields["limit"], "At most so many lines")
      ->capture_default_str();
}

void declare_dry_run(CLI::App* command, const Options& options) {
  command->add_flag_callback(
      "--dry-run", [options] { options->fields["dry_run"] = "true"; },
      "Count what it would touch, and do nothing");
}

void print_queue(const ordered_json& queue, std::size_t width) {
  const std::string waits = queue.value("waits_for", "");
  const std::string until = queue.value("waits_until", queue.value("next_due", ""));
  fmt::print("{:<{}}  {:>9}{} {:>9}  {:<20} {}\n", queue.value("queue", ""), width,
             queue.value("depth", 0ULL), queue.value("is_depth_exact", true) ? " " : "+",
             queue.value("in_memory", 0ULL), until.empty() ? "now" : until.substr(0, 19), waits);
}

void print_list(const ordered_json& json) {
  std::size_t width = 5;
  for (const auto& queue : json["queues"]) {
    width = std::max(width, queue.value("queue", "").size());
  }
  fmt::print("{:<{}}  {:>9}  {:>9}  {:<20} {}\n", "QUEUE", width, "MESSAGES", "IN MEMORY", "NEXT",
             "WAITS FOR");
  for (const auto& queue : json["queues"]) print_queue(queue, width);
  fmt::print("{} queues, {} messages\n", json.value("count", 0ULL), json.value("depth", 0ULL));
}

ExitCode list(const QueueOptions& options) {
  return show_answer("queue list", *options.api, "/api/v1/queues" + options.query(), &print_list);
}

void print_messages(const ordered_json& json) {
  const auto& queue = json["queue"];
  fmt::print("queue {}\nsite  {}\nholds {} messages, {} in memory\n", queue.value("queue", ""),
             queue.value("site", ""), queue.value("depth", 0ULL), queue.value("in_memory", 0ULL));
  const std::string waits = queue.value("waits_for", "");
  if (!waits.empty()) {
    fmt::print("waits for {} until {}\n", waits, queue.value("waits_until", "it passes"));
  }
  for (const auto& change : json["limit_changes"]) {
    fmt::print("{}  source {}: {}\n", change.value("time", "").substr(0, 19),
               change.value("source", ""), change.value("what", ""));
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
}

ExitCode show(const QueueOptions& options) {
  return show_answer("queue show", *options.api, "/api/v1/queues/messages" + options.query(),
                     &print_messages);
}

// Posts to /api/v1/queues/WORD, and says what came of it: `done` is given the answer.
ExitCode post(const std::string& word, const QueueOptions& options,
              const std::function<std::string(const ordered_json&)>& done) {
  auto answer =
      ask_api("queue " + word, *options.api, "POST", "/api/v1/queues/" + word + options.query());
  if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
  const auto& json = std::get<ordered_json>(answer);
  std::puts(options.api->json ? json.dump().c_str() : done(json).c_str());
  return ExitCode::done;
}

std::string touched_text(const ordered_json& json, const char* would, const char* will) {
  return fmt::format("{} messages in {} queues {}", json.value("messages", 0ULL),
                     json.value("queues", 0ULL), json.value("dry_run", false) ? would : will);
}

void print_suspensions(const ordered_json& json) {
  for (const ordered_json& one : json["suspensions"]) {
    std::string scope;
    for (const auto& [word, value] : one["scope"].items()) {
      scope += fmt::format("{}{}={}", scope.empty() ? "" : " ", word, value.get<std::string>());
    }
    fmt::print("{}  until {}\n    by {} since {}: {}\n", scope.empty() ? "everything" : scope,
               one.value("until", "it is resumed").substr(0, 19), one.value("by", ""),
               one.value("since", "").substr(0, 19), one.value("reason", ""));
  }
  fmt::print("{} suspensions\n", json["suspensions"].size());
}

ExitCode suspensions(const QueueOptions& options) {
  return show_answer("queue suspensions", *options.api, "/api/v1/queues/suspensions",
                     &print_suspensions);
}

void add_suspend(Program& program, CLI::App* verb) {
  CLI::App* command = verb->add_subcommand("suspend", "Let no mail of these go out for a time");
  const Options options = declare_filters(command);
  declare_ways(command, options);
  declare(command, options, "--for", "duration", "How long, as 2h; not given: until it is resumed");
  declare(command, options, "--reason", "reason", "Why, for whoever asks");
  declare_dry_run(command, options);
  program.add_action(command, [options] {
    return post("suspend", *options, [](const ordered_json& json) {
      return touched_text(json, "would wait", "wait now");
    });
  });
  CLI::App* resume = verb->add_subcommand("resume", "End the suspensions of these");
  const Options resumed = declare_filters(resume);
  declare_ways(resume, resumed);
  program.add_action(resume, [resumed] {
    return post("resume", *resumed, [](const ordered_json& json) {
      return fmt::format("{} suspensions have ended", json.value("suspensions", 0ULL));
    });
  });
  CLI::App* list = verb->add_subcommand("suspensions", "What is suspended, by whom and why");
  const Options listed = std::make_shared<QueueOptions>();
  listed->api = ApiOptions::declare(list);
  program.add_action(list, [listed] { return suspensions(*listed); });
}

void add_orders(Program& program, CLI::App* verb) {
  CLI::App* bounce = verb->add_subcommand("bounce", "Let all waiting mail of these fail");
  const Options bounced = declare_filters(bounce);
  declare(bounce, bounced, "--reason", "reason", "Why, for events and notifications");
  bounce->add_flag_callback(
      "--notify", [bounced] { bounced->fields["notify"] = "true"; }, "Tell the senders");
  declare_dry_run(bounce, bounced);
  program.add_action(bounce, [bounced] {
    return post("bounce", *bounced, [](const ordered_json& json) {
      return touched_text(json, "would fail", "fail now");
    });
  });
  CLI::App* rebind = verb->add_subcommand("rebind", "Move all waiting mail of these");
  const Options bound = declare_filters(rebind);
  declare(rebind, bound, "--to", "to", "The remote_queue to move it to");
  declare_dry_run(rebind, bound);
  program.add_action(rebind, [bound] {
    return post("rebind", *bound, [](const ordered_json& json) {
      return touched_text(json, "would move", "move now");
    });
  });
}

}  // namespace

void add_queue(Program& program) {
  CLI::App* verb = program.add_verb("queue", "The queues of a running server");
  verb->require_subcommand(1);
  CLI::App* list_command = verb->add_subcommand("list", "Queues that hold mail, the longest first");
  const Options listed = declare_filters(list_command);
  declare(list_command, listed, "--site", "site", "Only to this site");
  declare_limit(list_command, listed);
  program.add_action(list_command, [listed] { return list(*listed); });

  CLI::App* show_command = verb->add_subcommand("show", "One queue and its first messages");
  const Options shown = declare_filters(show_command);
  declare_limit(show_command, shown);
  declare(show_command, shown, "NAME", "name", "Queue, as queue list names it");
  program.add_action(show_command, [shown] { return show(*shown); });

  CLI::App* flush_command = verb->add_subcommand("flush", "Try all their mail now");
  const Options flushed = declare_filters(flush_command);
  declare(flush_command, flushed, "--site", "site", "Only to this site");
  declare(flush_command, flushed, "NAME", "name", "Queue, as queue list names it");
  program.add_action(flush_command, [flushed] {
    return post("flush", *flushed, [](const ordered_json& json) {
      return fmt::format("{} queues are tried now", json.value("queues", 0ULL));
    });
  });
  add_suspend(program, verb);
  add_orders(program, verb);
}

}  // namespace posthaste
