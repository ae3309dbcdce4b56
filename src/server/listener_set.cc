#include "server/listener_set.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

// For the sessions of a listener that a reload closes; the reload waits for them.
constexpr auto kReloadGrace = 2s;

// Sockets and roles are given when a listener opens; all else can change under it.
bool is_same_socket(const ListenerConfig& a, const ListenerConfig& b) {
  return a.address.to_string() == b.address.to_string() && a.effective_role() == b.effective_role();
}

}  // namespace

ListenerSet::Entry* ListenerSet::find(const std::string& name) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& one) { return one.config.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

Result<std::unique_ptr<SmtpListener>> ListenerSet::open(
    const std::shared_ptr<const SessionSettings>& settings) const {
  auto loops = loops_(settings->listener);
  if (settings->listener.effective_role() != ListenerRole::analytics_relay) {
    return SmtpListener::open(settings, std::move(loops), services_(settings->listener));
  }
  const auto connect = [relay = relay_](AcceptedSocket taken) {
    return std::make_shared<RelayConnection>(std::move(taken), relay);
  };
  return SmtpListener::open(settings, std::move(loops), relay_.clock, connect);
}

Result<void> ListenerSet::reload(const Sessions& sessions) {
  // All that can fail comes first.
  std::vector<Entry> opened;
  for (const auto& session : sessions) {
    const Entry* const old = find(session->listener.name);
    if (old != nullptr && is_same_socket(old->config, session->listener)) continue;
    auto listener = open(session);
    if (!listener) {
      for (Entry& one : opened) wait_(one.listener->stop(0s));
      return listener.error();
    }
    opened.push_back({session->listener, std::move(*listener)});
  }
  std::vector<Entry> entries;
  std::vector<Entry> closed;
  for (Entry& old : entries_) {
    const auto session = std::find_if(sessions.begin(), sessions.end(), [&](const auto& one) {
      return one->listener.name == old.config.name && is_same_socket(one->listener, old.config);
    });
    if (session == sessions.end()) {
      closed.push_back(std::move(old));
      continue;
    }
    old.listener->reload(*session);
    old.config = (*session)->listener;
    entries.push_back(std::move(old));
  }
  for (Entry& one : opened) entries.push_back(std::move(one));
  entries_ = std::move(entries);
  for (Entry& one : closed) wait_(one.listener->stop(kReloadGrace));
  return {};
}

void ListenerSet::stop(Clock::duration grace) {
  for (Entry& one : entries_) wait_(one.listener->stop(grace));
}

std::vector<std::string> ListenerSet::addresses() const {
  std::vector<std::string> lines;
  for (const Entry& one : entries_) {
    const Endpoint& address = one.listener->address();
    lines.push_back(one.config.name + " smtp " + address.address + ":" +
                    std::to_string(address.port));
  }
  return lines;
}

}  // namespace posthaste
