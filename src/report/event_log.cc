#include "report/event_log.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace posthaste {
namespace {

std::uint64_t number_of(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The event_id of a line of the log; 0 when it has none.
std::uint64_t sequence_of(const std::string& line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("event_id") || !json["event_id"].is_string()) return 0;
  return number_of(json["event_id"].get<std::string>());
}

}  // namespace

EventLog::EventLog(Parts parts, LogConfig config)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      file_(config_, parts_.clock),
      follower_(parts_.spool, parts_.clock, parts_.tasks,
                [this](const auto& batch) { return write(batch); }) {
  for (const std::string& type : config_.types) {
    if (const auto known = parse_event_type(type)) types_.insert(*known);
  }
}

std::uint64_t EventLog::saved_cursor() const {
  const auto saved = parts_.spool.get_state(cursor_key());
  return saved && *saved ? number_of(**saved) : 0;
}

void EventLog::start() {
  const Result<void> opened = file_.open();
  if (!opened) complain(opened.error());
  // Lines reach the file before the cursor reaches the spool: the file may be ahead, never behind.
  follower_.start(std::max(saved_cursor(), sequence_of(file_.last_line())));
}

void EventLog::finish() {
  follower_.catch_up();
}

bool EventLog::write(const std::vector<Spool::Told>& batch) {
  std::string lines;
  for (const Spool::Told& told : batch) {
    auto event = Event::decode(told.record);
    if (!event) {
      parts_.log.error("an event cannot be read and is left out", {{"sequence", told.sequence}});
      continue;
    }
    if (!types_.empty() && !types_.contains(event->type)) continue;
    event->event_id = std::to_string(told.sequence);
    lines += event->to_json();
    lines += '\n';
  }
  // Only when the cursor is known to stand behind all lines may the file that shows it go.
  if (file_.wants_rotation() && saved_cursor() == follower_.position()) {
    const auto put_away = file_.rotate();
    if (!put_away) {
      complain(put_away.error());
      return false;
    }
    parts_.disk.submit([config = config_, path = *put_away, log = parts_.log] {
      const auto tidied = LogFile::tidy(config, path);
      if (!tidied) log.error("a log cannot be compressed", {{"why", tidied.error().message()}});
    });
  }
  if (const auto appended = file_.append(lines); !appended) {
    complain(appended.error());
    return false;
  }
  if (is_failing_) parts_.log.info("the log is written again", {{"path", config_.path.string()}});
  is_failing_ = false;
  parts_.spool.put_state(cursor_key(), std::to_string(batch.back().sequence));
  return true;
}

void EventLog::complain(const Error& error) {
  is_failing_ = true;
  parts_.log.error("a log cannot be written; its events wait: free the disk, or mend the path",
                   {{"why", error.message()}});
}

}  // namespace posthaste
