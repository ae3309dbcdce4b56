#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "platform/config_schema.h"
#include "sink/recent_map.h"
#include "sink/window_count.h"

namespace posthaste {

// The reputation block of a persona: what the provider thinks of each address that sends to it.
struct ReputationConfig {
  // A provider's day. A shorter one, with hours that are a 24th of it, makes weeks pass in minutes.
  Duration day = std::chrono::hours(24);
  std::uint64_t first = 500;  // messages a day from an address without history
  double growth = 2;          // a day's allowance, times the best of the last seven days
  std::uint64_t ceiling = 5'000'000;
  double burst = 4;  // an hour's allowance, times its even part of the day's

  double unknown_share = 0.02;     // of recipients; more lowers the score
  double complaints = 0;           // of accepted messages that people report
  double complaint_share = 0.003;  // of accepted messages; more lowers the score
  double excess_share = 1;         // refused for pace, of a day's allowance; more lowers the score
  std::uint32_t window = 500;      // recipients by which the shares are told
  double recovery = 0.1;           // of the score, a day
  double poor_below = 0;           // the score; its deferrals are said in `poor`
  double block_below = 0.3;        // the score
  Duration block_time = std::chrono::hours(24);

  std::vector<std::string> deferral = {"421 4.7.0 Too much mail from {client}, try again later"};
  std::vector<std::string> poor = {"421 4.7.0 {client} has a bad reputation, try again later"};
  std::vector<std::string> block = {"550 5.7.1 {client} is blocked for its reputation"};
};

const BlockSchema<ReputationConfig>& reputation_schema();

// Remembers what each client address has sent, and grants it as much as its history and its score
// allow: a new address a little, one that sent well yesterday more today, one that writes to
// unknown users or is complained of less, and at last nothing.
//
//   if (reputation.take(client, now) == Answer::accept) …  // for each message
//   reputation.count_recipient(client, is_unknown, now);
//   reputation.count_accepted(client, now);  // or nothing, when it was not
//   reputation.give_back(client);            // either way
//
// Never more are accepted in any hour or any day, whenever it begins, than the allowance says at
// its end. Knows no sockets and no threads, so that a simulation drives the same. Holds 100,000
// addresses at most; the one that was idle for longest is forgotten first.
class SenderReputation {
 public:
  enum class Answer : std::uint8_t { accept, defer, block };

  explicit SenderReputation(ReputationConfig config) : config_(std::move(config)) {}

  // May one more message come from this address now? Takes nothing.
  Answer ask(std::string_view client, Clock::time_point now);
  // As well, and holds one of the allowance until give_back(): messages may be under way at once.
  Answer take(std::string_view client, Clock::time_point now);
  void give_back(std::string_view client);

  // Returns whether the recipient reports it as unwanted.
  bool count_accepted(std::string_view client, Clock::time_point now);
  void count_recipient(std::string_view client, bool is_unknown, Clock::time_point now);

  struct View {
    std::string client;
    double score = 1;
    std::uint64_t allowance = 0;       // messages in any day
    std::uint64_t hour_allowance = 0;  // messages in any hour
    std::uint64_t today = 0;
    std::uint64_t last_hour = 0;
    std::uint64_t accepted = 0;
    std::uint64_t deferred = 0;
    std::uint64_t blocked = 0;  // messages refused while blocked
    std::uint64_t blocks = 0;   // times it was blocked
    std::uint64_t unknown = 0;
    std::uint64_t complaints = 0;
    bool is_blocked = false;
    Duration blocked_for{0};  // from now on
  };
  View view(std::string_view client, Clock::time_point now);
  // All addresses, the most recent first.
  std::vector<View> views(Clock::time_point now, std::size_t max);

 private:
  struct Account {
    explicit Account(Duration provider_day)
        : last_day(provider_day), last_hour(provider_day / 24) {}

    std::optional<Clock::time_point> since;  // not set: it is new
    std::int64_t day = 0;
    std::deque<std::uint64_t> best;  // accepted on the last seven days, today not among them
    std::uint64_t today = 0;
    WindowCount last_day;
    WindowCount last_hour;
    std::uint64_t held = 0;  // granted, and neither accepted nor given back
    std::uint64_t refused_today = 0;
    double score = 1;
    std::optional<Clock::time_point> blocked_until;
    std::uint32_t window_recipients = 0;
    std::uint32_t window_unknown = 0;
    std::uint32_t window_accepted = 0;
    double window_complaints = 0;
    double complaints_owed = 0;
    View totals;
  };

  Account& account(std::string_view client, Clock::time_point now);
  void pass_time(Account& account, Clock::time_point now) const;
  void judge_window(Account& account, Clock::time_point now) const;
  void lower(Account& account, double by, Clock::time_point now) const;
  double allowance(const Account& account) const;
  double hour_allowance(const Account& account) const;
  View view_of(const std::string& client, Account& account, Clock::time_point now) const;

  ReputationConfig config_;
  RecentMap<Account> accounts_{100'000};
};

}  // namespace posthaste
