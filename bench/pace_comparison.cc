// Four ways to find a provider's pace, against the same hidden limit that halves after an hour and
// comes back after two: limits that stay as they are, a pause after each refusal (as most mailers
// do), and the closed loop. Prints one JSON object: for each way messages accepted and deferred, by
// minute. The sender begins over-eager, with always more mail than may go.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "shape/cell_control.h"
#include "shape/pace_fixture.h"
#include "shape/token_bucket.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr auto kStep = 5ms;
constexpr int kMinutes = 180;
constexpr double kLimit = 20;  // a second, counted over a minute
constexpr double kMost = 200;  // what the sender's connections carry

double limit_at(Duration since) {
  const bool is_halved = since >= 60min && since < 120min;
  return 60 * (is_halved ? kLimit / 2 : kLimit);
}

// Decides when a message may go, and hears what became of it.
class Pacer {
 public:
  virtual ~Pacer() = default;
  virtual bool may_send() = 0;
  virtual void on_delivered() = 0;
  virtual void on_deferred() = 0;
  virtual void tick() {}
};

class StaticPacer final : public Pacer {
 public:
  StaticPacer(Clock& clock, Rate rate) : tokens_(clock, rate) {}
  bool may_send() override { return !tokens_.take_or_wait_until(); }
  void on_delivered() override {}
  void on_deferred() override {}

 private:
  TokenBucket tokens_;
};

// After a refusal nothing for a minute, twice as long after the next, up to an hour; a success
// begins anew.
class PausingPacer final : public Pacer {
 public:
  explicit PausingPacer(Clock& clock) : clock_(clock) {}
  bool may_send() override { return clock_.now() >= until_; }
  void on_delivered() override { pause_ = 1min; }
  void on_deferred() override {
    until_ = clock_.now() + std::chrono::duration_cast<Clock::duration>(pause_);
    pause_ = std::min<Duration>(pause_ * 2, 1h);
  }

 private:
  Clock& clock_;
  Duration pause_ = 1min;
  Clock::time_point until_{};
};

class LoopPacer final : public Pacer {
 public:
  explicit LoopPacer(Clock& clock) : control_(clock), tokens_(clock, Rate()) {}
  bool may_send() override {
    tokens_.set_rate(control_.message_rate());
    return !tokens_.take_or_wait_until();
  }
  void on_delivered() override { control_.on_delivered(200ms); }
  void on_deferred() override { control_.on_deferred("421 4.7.28 rate"); }
  void tick() override { control_.tick(); }

 private:
  CellControl control_;
  TokenBucket tokens_;
};

nlohmann::ordered_json run(ManualClock& clock, Pacer& pacer) {
  HiddenLimit provider{1min, limit_at, {}};
  const auto start = clock.now();
  std::vector<int> accepted(kMinutes, 0);
  std::vector<int> deferred(kMinutes, 0);
  std::vector<int> asked(kMinutes * 60, 0);  // by second
  double budget = 0;
  for (std::int64_t step = 0; clock.now() - start < kMinutes * 1min; ++step) {
    const Duration since = clock.now() - start;
    const auto minute = static_cast<std::size_t>(since / 1min);
    const double a_step = kMost * std::chrono::duration<double>(kStep).count();
    budget = std::min(budget + a_step, a_step + 1);
    while (budget >= 1 && pacer.may_send()) {
      budget -= 1;
      ++asked[static_cast<std::size_t>(since / 1s)];
      if (provider.take(clock.now(), since)) {
        ++accepted[minute];
        pacer.on_delivered();
      } else {
        ++deferred[minute];
        pacer.on_deferred();
      }
    }
    if (step % 200 == 0) pacer.tick();
    clock.advance(kStep);
  }
  // The first ten minutes are those of finding the limit.
  const int busiest = *std::max_element(asked.begin() + 600, asked.end());
  return {{"accepted", accepted}, {"deferred", deferred}, {"busiest_second", busiest}};
}

template <class Made>
void add(nlohmann::ordered_json& all, const std::string& name, Made make) {
  ManualClock clock;
  const std::unique_ptr<Pacer> pacer = make(clock);
  all[name] = run(clock, *pacer);
}

}  // namespace
}  // namespace posthaste

int main() {
  using namespace posthaste;
  nlohmann::ordered_json all;
  add(all, "static, far too fast", [](Clock& clock) {
    return std::make_unique<StaticPacer>(clock, Rate(60, std::chrono::seconds(1)));
  });
  add(all, "static, careful", [](Clock& clock) {
    return std::make_unique<StaticPacer>(clock, Rate(9, std::chrono::seconds(1)));
  });
  add(all, "pause after refusals",
      [](Clock& clock) { return std::make_unique<PausingPacer>(clock); });
  add(all, "closed loop", [](Clock& clock) { return std::make_unique<LoopPacer>(clock); });
  std::vector<double> limits;
  for (int minute = 0; minute < kMinutes; ++minute) {
    limits.push_back(limit_at(std::chrono::minutes(minute)));
  }
  all["limit"] = limits;
  std::puts(all.dump().c_str());
}
