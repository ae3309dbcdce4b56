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

// One line of the timeline, and what stands below it.
void print_event(const ordered_json& event) {
  const std::string time = event.value("time", "");
  const double after = event.value("queued_seconds", 0.0);
  const std::string type = event.value("type", "");
  std::string who = event.value("recipient", "");
  if (who.empty() && event.contains("recipients")) {
    who = fmt::format("{} recipients", event["recipients"].size());
  }
  if (type == "limit_changed") {
    const std::string provider = event.value("provider", "");
    fmt::print("{}   {:<9} {:<18} {} to {}: {}\n", time.substr(0, 23), "", "limit changed",
               event.value("source", "all sources"),
               provider.empty() ? event.value("site", "") : provider, event.value("response", ""));
    return;
  }
  fmt::print("{}  +{:<9} {:<18} {}\n", time.substr(0, 23), human_age(after), type, who);
  if (type == "reception") {
    fmt::print("{:>37} from <{}>, {} octets, by {}\n", "", event.value("sender", ""),
               event.value("size", 0), event.value("listener", "this server"));
    return;
  }
  const std::string host = event.value("peer_host", "");
  if (type == "oob_bounce") {
    if (!host.empty()) fmt::print("{:>37} reported by {}\n", "", host);
  } else if (!host.empty()) {
    const std::string tls = event.value("tls_version", "no TLS");
    fmt::print("{:>37} attempt {} at {} [{}], {}\n", "", event.value("attempt", 0), host,
               event.value("peer_address", ""), tls);
  }
  const std::string response = event.value("response", "");
  if (!response.empty()) fmt::print("{:>37} {}\n", "", response);
  if (event.contains("classification")) {
    fmt::print("{:>37} classified {}{}\n", "", event.value("classification", ""),
               event.value("hard", false) ? ", hard" : "");
  }
}

void print_timeline(const ordered_json& json) {
  fmt::print("message {}\n", json.value("message_id", ""));
  for (const ordered_json& event : json["events"]) print_event(event);
}

ExitCode trace(const ApiOptions& options, const std::string& id) {
  return show_answer("trace", options, "/api/v1/messages/" + url_encode(id) + "/trace",
                     &print_timeline);
}

}  // namespace

void add_trace(Program& program) {
  CLI::App* verb = program.add_verb("trace", "The timeline of one message");
  auto id = std::make_shared<std::string>();
  verb->add_option("ID", *id, "Message id, as the reply to DATA names it")->required();
  auto options = ApiOptions::declare(verb);
  program.add_action(verb, [options, id] { return trace(*options, *id); });
}

}  // namespace posthaste
