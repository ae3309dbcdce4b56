#include "base/clock.h"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace posthaste {

namespace asio = boost::asio;

std::string to_rfc3339(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(seconds - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     (time - seconds).count());
}

Clock::time_point SystemClock::now() const {
  return std::chrono::steady_clock::now();
}

WallTime SystemClock::wall() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

asio::awaitable<void> SystemClock::sleep_until(time_point time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

ManualClock::ManualClock() : now_(std::chrono::hours(24)) {}

WallTime ManualClock::wall() const {
  using namespace std::chrono;
  constexpr sys_days kStart = year(2026) / January / 1;
  return kStart + duration_cast<microseconds>(now_.time_since_epoch() - hours(24));
}

asio::awaitable<void> ManualClock::sleep_until(time_point time) {
  if (time <= now_) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor, time_point::max());
  const auto place = std::find_if(sleepers_.begin(), sleepers_.end(),
                                  [time](const Sleeper& other) { return other.until > time; });
  const auto self = sleepers_.insert(place, Sleeper{time, &timer});
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  sleepers_.erase(self);
}

void ManualClock::advance(duration by) {
  now_ += by;
  for (const Sleeper& sleeper : sleepers_) {
    if (sleeper.until <= now_) sleeper.timer->cancel();
  }
}

Clock::time_point ManualClock::next_wakeup() const {
  return sleepers_.empty() ? time_point::max() : sleepers_.front().until;
}

}  // namespace posthaste
