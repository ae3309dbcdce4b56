#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "base/units.h"
#include "blast/latency_histogram.h"
#include "platform/io/loop_pool.h"
#include "platform/io/stream.h"
#include "platform/io/task_group.h"

namespace posthaste {

struct LoadOptions {
  Endpoint server;
  std::uint64_t messages = 1000;
  std::size_t sessions = 10;
  std::size_t threads = 1;
  Bytes size = Bytes(10'240);
  Rate rate;                  // unlimited: as fast as the server answers
  std::uint32_t domains = 1;  // recipients are userK@dNN.test
  std::uint32_t tenants = 0;  // of that many, each message has one in its X-Tenant; 0: none
  bool pipelining = false;
  bool reconnects = false;  // go on while the server is away
  std::string sender = "blast@sender.test";
  std::string id_prefix;  // makes ids of several runs distinct
  std::string ids_file;   // the id of each acknowledged message is appended, a line each
  std::optional<Clock::duration> time_limit;
};

struct LoadResult {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // the server said no
  std::uint64_t failed = 0;   // the connection broke before an answer: fate unknown
  std::uint64_t connections = 0;
  Clock::duration took{};
  // From the moment a message was to be sent (with a rate: by the schedule, whether or not a
  // session was free) to its 250.
  LatencyHistogram latency;
  std::string first_failure;
};

// Generates mail: `sessions` connections spread over `threads` loops share the messages. Every
// message has an X-Blast-Id and a Message-ID of its own; an id is never used twice, for a failed
// message is followed by a new one.
class Load {
 public:
  Load(LoadOptions options, Clock& clock);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load();

  // Blocks until all is sent. `progress` is told once a second how many were accepted.
  Result<LoadResult> run(const std::function<void(std::uint64_t accepted)>& progress);

 private:
  class Session;
  struct Worker;

  // The number of the next message to send and when it is due; nothing when all are given out.
  struct Turn {
    std::uint64_t number;
    Clock::time_point due;
  };
  std::optional<Turn> next_turn();
  bool is_over() const;
  void acknowledge(const std::string& id);

  LoadOptions options_;
  Clock& clock_;
  Clock::time_point began_;
  std::string body_;
  int ids_descriptor_ = -1;
  std::atomic<std::uint64_t> given_out_{0};
  std::atomic<std::uint64_t> wanted_{0};  // grows by one for each failed message
  std::atomic<std::uint64_t> accepted_{0};
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace posthaste
