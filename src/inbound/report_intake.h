#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "inbound/feedback/complaint_clue.h"
#include "inbound/report/report_mail.h"
#include "inbound/report/report_store.h"
#include "inbound/waiting_room.h"
#include "mail/envelope.h"
#include "platform/io/blocking_pool.h"
#include "platform/log.h"
#include "platform/metrics.h"

namespace posthaste {

// One complaint, and how to find the message it is about.
struct ReceivedComplaint {
  Feedback feedback;
  std::vector<ComplaintClue> clues;  // in the order in which to try them
};

// What a received mail was.
struct IntakeOutcome {
  enum class Kind : std::uint8_t {
    taken,         // reports were in it; those to keep are stored
    not_a_report,  // for others to look at
    refused,       // it should be a report and cannot be read, or is made to do harm
    busy,          // too much waits already, or the disk fails: the sender is to try again (4xx)
  };
  Kind kind = Kind::not_a_report;
  std::string reason;  // of refused and busy: "what is wrong: what to do"
  std::size_t stored = 0;
  std::size_t duplicates = 0;
  std::vector<ReceivedComplaint> complaints;  // to be told as events by the caller, which matches
};

// Takes what comes to the addresses of reports: reads it, stores what is history and hands back the
// complaints. Works on one thread of its own, so that a flood of reports takes nothing from mail;
// what waits for that thread is bounded, and more is told to come again.
//
//   IntakeOutcome outcome = co_await intake.take(body);
//
// Any loop may call take(). Owned by the server; stop() before the store goes.
class ReportIntake {
 public:
  struct Parts {
    ReportStore& store;
    Clock& clock;
    Metrics& metrics;
    Log log;
  };
  struct Options {
    std::size_t max_waiting = 64;                          // mails
    std::size_t max_waiting_octets = 64U << 20U;           // of them all
    std::chrono::days retention = std::chrono::days(400);  // of what is stored
  };
  ReportIntake(Parts parts, Options options);
  // Requires: stop() was called, and no take() is under way.
  ~ReportIntake() = default;

  boost::asio::awaitable<IntakeOutcome> take(SharedBody mail);

  // Finishes what was taken.
  void stop() { pool_.join(); }

 private:
  IntakeOutcome read_and_store(const std::string& mail);
  void keep(ReportReading reading, IntakeOutcome& outcome);
  void expire_old(WallTime now);
  void count(const IntakeOutcome& outcome);

  Parts parts_;
  Options options_;
  WaitingRoom room_;
  WallTime expired_at_{};  // the pool's thread only
  BlockingPool pool_{1, ThreadPriority::background};
};

}  // namespace posthaste
