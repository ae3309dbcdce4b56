#include "sink/sender_reputation.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace posthaste {
namespace {

constexpr std::size_t kDaysRemembered = 7;
// The most that one window of bad recipients costs.
constexpr double kMostLost = 0.3;
// How far above the line an address stands after a block.
constexpr double kSecondChance = 0.05;

}  // namespace

SenderReputation::Account& SenderReputation::account(std::string_view client,
                                                     Clock::time_point now) {
  Account& one = accounts_.use(client, config_.day);
  pass_time(one, now);
  return one;
}

void SenderReputation::pass_time(Account& account, Clock::time_point now) const {
  if (!account.since) account.since = now;
  for (const std::int64_t day = (now - *account.since) / config_.day; account.day < day;
       ++account.day) {
    const double limit = config_.excess_share * allowance(account);
    if (static_cast<double>(account.refused_today) > limit) lower(account, 0.1, now);
    account.best.push_back(std::exchange(account.today, 0));
    if (account.best.size() > kDaysRemembered) account.best.pop_front();
    account.refused_today = 0;
    account.score = std::min(1.0, account.score + config_.recovery);
    // After a long rest the days are all alike.
    if (day - account.day > 60) account.day = day - 60;
  }
  if (account.blocked_until && now >= *account.blocked_until) {
    account.blocked_until.reset();
    account.score = std::max(account.score, config_.block_below + kSecondChance);
  }
}

double SenderReputation::allowance(const Account& account) const {
  std::uint64_t best = 0;
  for (const std::uint64_t one : account.best) best = std::max(best, one);
  const double earned =
      std::max(static_cast<double>(config_.first), config_.growth * static_cast<double>(best));
  return std::min(earned, static_cast<double>(config_.ceiling)) * account.score;
}

double SenderReputation::hour_allowance(const Account& account) const {
  return std::max(1.0, allowance(account) * config_.burst / 24);
}

SenderReputation::Answer SenderReputation::ask(std::string_view client, Clock::time_point now) {
  Account& one = account(client, now);
  if (one.blocked_until) {
    ++one.totals.blocked;
    return Answer::block;
  }
  const auto with_one_more = [&](WindowCount& count) {
    return static_cast<double>(count.count(now) + one.held + 1);
  };
  const bool has_room = with_one_more(one.last_day) <= allowance(one) &&
                        with_one_more(one.last_hour) <= hour_allowance(one);
  if (has_room) return Answer::accept;
  ++one.refused_today;
  ++one.totals.deferred;
  return Answer::defer;
}

SenderReputation::Answer SenderReputation::take(std::string_view client, Clock::time_point now) {
  const Answer answer = ask(client, now);
  if (answer == Answer::accept) ++account(client, now).held;
  return answer;
}

void SenderReputation::give_back(std::string_view client) {
  // It may have been forgotten meanwhile.
  Account* const one = accounts_.find(client);
  if (one != nullptr && one->held > 0) --one->held;
}

bool SenderReputation::count_accepted(std::string_view client, Clock::time_point now) {
  Account& one = account(client, now);
  ++one.today;
  one.last_day.add(now);
  one.last_hour.add(now);
  ++one.totals.accepted;
  ++one.window_accepted;
  one.complaints_owed += config_.complaints;
  if (one.complaints_owed < 1) return false;
  one.complaints_owed -= 1;
  one.window_complaints += 1;
  ++one.totals.complaints;
  return true;
}

void SenderReputation::count_recipient(std::string_view client, bool is_unknown,
                                       Clock::time_point now) {
  Account& one = account(client, now);
  ++one.window_recipients;
  if (is_unknown) {
    ++one.window_unknown;
    ++one.totals.unknown;
  }
  if (one.window_recipients >= config_.window) judge_window(one, now);
}

void SenderReputation::judge_window(Account& account, Clock::time_point now) const {
  const double unknown = account.window_unknown / static_cast<double>(account.window_recipients);
  const double complaints =
      account.window_complaints / std::max(1.0, static_cast<double>(account.window_accepted));
  // Twice the share costs a tenth.
  auto lost = [](double share, double most) {
    return share <= most ? 0 : (share / most - 1) * 0.1;
  };
  const double by =
      lost(unknown, config_.unknown_share) + lost(complaints, config_.complaint_share);
  account.window_recipients = 0;
  account.window_unknown = 0;
  account.window_accepted = 0;
  account.window_complaints = 0;
  if (by > 0) lower(account, std::min(by, kMostLost), now);
}

void SenderReputation::lower(Account& account, double by, Clock::time_point now) const {
  account.score = std::max(0.0, account.score - by);
  if (account.score >= config_.block_below || account.blocked_until) return;
  account.blocked_until = now + config_.block_time;
  ++account.totals.blocks;
}

SenderReputation::View SenderReputation::view_of(const std::string& client, Account& account,
                                                 Clock::time_point now) const {
  View view = account.totals;
  view.client = client;
  view.score = account.score;
  view.allowance = static_cast<std::uint64_t>(allowance(account));
  view.hour_allowance = static_cast<std::uint64_t>(hour_allowance(account));
  view.today = account.today;
  view.last_hour = account.last_hour.count(now);
  view.is_blocked = account.blocked_until.has_value();
  if (view.is_blocked) view.blocked_for = *account.blocked_until - now;
  return view;
}

SenderReputation::View SenderReputation::view(std::string_view client, Clock::time_point now) {
  return view_of(std::string(client), account(client, now), now);
}

std::vector<SenderReputation::View> SenderReputation::views(Clock::time_point now,
                                                            std::size_t max) {
  std::vector<View> views;
  for (auto& [client, one] : accounts_) {
    if (views.size() >= max) break;
    pass_time(one, now);
    views.push_back(view_of(client, one, now));
  }
  return views;
}

}  // namespace posthaste
