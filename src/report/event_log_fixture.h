#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <future>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "platform/io/blocking_pool.h"
#include "report/event_log.h"
#include "report/log_archive.h"
#include "report/report_fixture.h"

namespace posthaste {

// A medium that knows how much of each file a power cut would leave.
class Medium {
 public:
  SyncFile sync() {
    return [this](int descriptor) {
      struct stat status {};
      if (fails || ::fstat(descriptor, &status) != 0) {
        errno = EIO;
        return -1;
      }
      synced_[status.st_ino] = static_cast<std::uintmax_t>(status.st_size);
      return 0;
    };
  }
  void cut_power(const std::filesystem::path& path) {
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    std::filesystem::resize_file(path, synced_[status.st_ino]);
  }

  bool fails = false;

 private:
  std::map<ino_t, std::uintmax_t> synced_;
};

// An event log that is started and stopped as often as a test wants.
class EventLogTest : public ReportTest {
 protected:
  // How long until what is told stands in the file, and until the cursor follows.
  static constexpr auto kTold = std::chrono::milliseconds(20);
  static constexpr auto kSecured = std::chrono::seconds(1);

  EventLogTest() {
    config.name = "events";
    config.path = folder.path() / "log" / "events.jsonl";
    std::filesystem::create_directories(config.path.parent_path());
  }
  ~EventLogTest() override {
    crash();
    disk.join();
  }

  std::unique_ptr<EventLog> make_log() {
    EventLog::Parts parts{
        *spool,       clock, tasks, disk, Log::to_stream(said, system_clock, LogLevel::info),
        medium.sync()};
    return std::make_unique<EventLog>(std::move(parts), config);
  }
  void start() {
    log = make_log();
    log->start();
    run();
  }
  // Ends as a server does that is told to.
  void stop() {
    log->finish();
    crash();
    settle();
  }
  // Ends without a word.
  void crash() {
    stop_tasks();
    log.reset();
  }
  // Lets the cursor follow to what was told, and compression begin.
  void secure() {
    advance(kSecured);
    settle();
    advance(kSecured);
  }
  // Returns when everything is done that was given to the pool, which has one thread.
  void finish_disk_work() {
    std::promise<void> done;
    disk.submit([&done] { done.set_value(); });
    done.get_future().wait();
  }

  static std::vector<int> ids_in(const std::filesystem::path& path) {
    std::vector<int> ids;
    std::istringstream lines(content_of(path));
    for (std::string line; std::getline(lines, line);) {
      ids.push_back(std::stoi(nlohmann::json::parse(line)["event_id"].get<std::string>()));
    }
    return ids;
  }
  std::vector<int> ids() const { return ids_in(config.path); }
  std::string cursor(const std::string& key = "cursor/log/events") const {
    const auto saved = spool->get_state(key);
    return saved && *saved ? **saved : "";
  }
  std::vector<std::filesystem::path> put_away() const { return LogArchive(config).files(); }

  LogConfig config;
  Medium medium;
  std::ostringstream said;  // read only when the pool is at rest
  BlockingPool disk{1};
  std::unique_ptr<EventLog> log;
};

}  // namespace posthaste
