#include "report/event_log.h"

#include <algorithm>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <chrono>
#include <system_error>
#include <utility>

#include "report/log_archive.h"
#include "report/log_place.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr auto kSecure = 1s;

// Whether a log was written here before.
bool has_lines(const LogConfig& config) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(config.path, ec);
  return (!ec && size > 0) || !LogArchive(config).files().empty();
}

}  // namespace

EventLog::EventLog(Parts parts, LogConfig config)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      file_(config_, parts_.clock, parts_.sync),
      follower_(parts_.spool, parts_.clock, parts_.tasks,
                [this](const auto& batch) { return write(batch); }) {
  for (const std::string& type : config_.types) {
    if (const auto known = parse_event_type(type)) types_.insert(*known);
  }
}

std::optional<std::uint64_t> EventLog::saved_cursor(const std::string& key) const {
  const auto saved = parts_.spool.get_state(key);
  if (!saved || !*saved) return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars((*saved)->data(), (*saved)->data() + (*saved)->size(), number);
  // A cursor beyond the spool's end was not made by this spool's events.
  if (number > parts_.spool.last_told()) return std::nullopt;
  return number;
}

std::uint64_t EventLog::first_cursor() {
  const auto own = saved_cursor(config_.cursor_key());
  if (own) return *own;
  // The key may have been another log's: it counts only where this one was at
  // work.
  const std::string former_key = config_.former_cursor_key();
  if (former_key.empty() || !has_lines(config_)) return 0;
  const auto former = saved_cursor(former_key);
  if (!former) return 0;
  parts_.spool.put_state(config_.cursor_key(), std::to_string(*former));
  return *former;
}

void EventLog::start() {
  secured_ = first_cursor();
  take_up();
  follower_.start(std::max(secured_, place_));
  parts_.tasks.spawn(keep_secure());
}

bool EventLog::take_up() {
  if (const auto opened = file_.open(); !opened) return fail(opened.error());
  const LogPlace place = find_log_place(parts_.spool, config_, secured_);
  if (place.unknown_lines > 0) {
    parts_.log.warning(
        "a log tells of events that the spool does not have: the spool is new, "
        "or "
        "has lost its end; events are told from where both agree",
        {{"path", config_.path.string()}, {"lines", place.unknown_lines}});
  }
  place_ = place.sequence;
  is_taken_up_ = true;
  // A crash came before these were compressed.
  put_away_ = LogArchive(config_).unpacked();
  hidden_up_to_ = place_;
  wants_tidying_ = true;
  return true;
}

void EventLog::finish() {
  follower_.catch_up();
  secure();
}

asio::awaitable<void> EventLog::keep_secure() {
  while (true) {
    co_await parts_.clock.sleep_until(parts_.clock.now() + kSecure);
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    secure();
    tidy();
  }
}

std::string EventLog::lines_of(const std::vector<Spool::Told>& batch) const {
  std::string lines;
  for (const Spool::Told& told : batch) {
    if (told.sequence <= place_) continue;
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
  return lines;
}

bool EventLog::write(const std::vector<Spool::Told>& batch) {
  if (!is_taken_up_ && !take_up()) return false;
  if (file_.wants_rotation() && !put_away()) return false;
  const auto appended = file_.append(lines_of(batch));
  return appended ? true : fail(appended.error());
}

// False: the file has failed. A file that cannot be put away grows on.
bool EventLog::put_away() {
  if (!secure()) return false;
  auto rotated = file_.rotate();
  if (!rotated) {
    parts_.log.error("a log cannot be put away and grows: mend its folder",
                     {{"why", rotated.error().message()}});
    return true;
  }
  if (*rotated) {
    put_away_.push_back(std::move(**rotated));
    hidden_up_to_ = std::max(secured_, place_);
    wants_tidying_ = true;
  } else {
    parts_.log.warning("somebody has removed a log: a new one is begun",
                       {{"path", config_.path.string()}});
  }
  return true;
}

// Syncs what was written, then lets the cursor follow. False: the file has
// failed.
bool EventLog::secure() {
  const std::uint64_t position = follower_.position();
  if (position <= secured_) return true;
  if (const auto synced = file_.sync(); !synced) return fail(synced.error());
  if (is_failing_) parts_.log.info("the log is written again", {{"path", config_.path.string()}});
  is_failing_ = false;
  secured_ = position;
  parts_.spool.put_state(config_.cursor_key(), std::to_string(position));
  return true;
}

void EventLog::tidy() {
  if (!wants_tidying_) return;
  if (saved_cursor(config_.cursor_key()).value_or(0) < hidden_up_to_) return;
  wants_tidying_ = false;
  const auto work = [archive = LogArchive(config_), files = std::exchange(put_away_, {}),
                     log = parts_.log] {
    const auto tidied = archive.tidy(files);
    if (!tidied) {
      log.error("a log cannot be compressed and stays as it is until the next start",
                {{"why", tidied.error().message()}});
    }
  };
  parts_.disk.submit(work);
}

// What is not secured is written again, for the file takes it back
// (log_file.h).
bool EventLog::fail(const Error& error) {
  is_failing_ = true;
  parts_.log.error(
      "a log cannot be written; its events wait: free the disk, "
      "or mend the path",
      {{"why", error.message()}});
  follower_.go_back(secured_);
  return false;
}

}  // namespace posthaste
