#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/api_client.h"
#include "cli/verbs/verbs.h"
#include "platform/http/http_client.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

void print_source(const ordered_json& source) {
  const std::string name = source.value("source", "");
  if (source.value("may_go", false)) {
    fmt::print("    source {}: may go now\n", name);
    return;
  }
  const std::string line = source.value("line", "");
  fmt::print("    source {}: waits for {}{}\n", name, source.value("waits_for", ""),
             line.empty() ? "" : " (" + line + ")");
  const std::string until = source.value("until", "");
  fmt::print("        until {}\n",
             until.empty() ? "something that is under way ends, or it is resumed" : until);
}

void print_group(const ordered_json& group) {
  fmt::print("{}\n", fmt::join(group["recipients"].get<std::vector<std::string>>(), ", "));
  fmt::print("    queue {}, remote_queue {}, pool {}\n", group.value("queue", ""),
             group.value("remote_queue", ""), group.value("pool", ""));
  const std::string site = group.value("site", "");
  const std::string provider = group.value("provider", "");
  if (site.empty()) {
    fmt::print("    site not known yet: its MX is looked up when mail is due\n");
  } else {
    fmt::print("    site {}{}\n", site, provider.empty() ? "" : ", provider " + provider);
  }
  fmt::print("    {} attempts, due {}\n", group.value("attempts", 0),
             group.value("due", "").substr(0, 19));
  const std::string last = group.value("last_response", "");
  if (!last.empty()) fmt::print("    last answer: {}\n", last);
  const std::string waits = group.value("queue_waits_for", "");
  if (!waits.empty()) fmt::print("    the queue waits for {}\n", waits);
  if (!group.contains("sources")) return;
  for (const ordered_json& source : group["sources"]) print_source(source);
}

void print_explanation(const ordered_json& json) {
  fmt::print("message {}\n", json.value("message_id", ""));
  for (const ordered_json& group : json["waiting"]) print_group(group);
}

ExitCode explain(const ApiOptions& options, const std::string& id) {
  return show_answer("explain", options, "/api/v1/messages/" + url_encode(id) + "/explain",
                     &print_explanation);
}

}  // namespace

void add_explain(Program& program) {
  CLI::App* verb = program.add_verb("explain", "Why a message is where it is, and when it goes");
  auto options = ApiOptions::declare(verb);
  auto id = std::make_shared<std::string>();
  verb->add_option("ID", *id, "The message's id, from the reply to it or from an event")
      ->required();
  program.add_action(verb, [options, id] { return explain(*options, *id); });
}

}  // namespace posthaste
