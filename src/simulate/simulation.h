#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "base/clock.h"
#include "shape/governor.h"
#include "sink/persona.h"

namespace posthaste {

// A mailbox provider, as the simulation knows it.
struct SimulatedProvider {
  std::string name;                // as in the provider block; "": others, who are nobody's
  std::string mx_host;             // that the provider block matches
  double share = 0;                // of the mail
  Persona persona;                 // whose reputation block says what it takes, and its words
  bool has_feedback_loop = false;  // tells of complaints
};

// The mail that is to go out.
struct SimulatedMail {
  std::uint64_t volume = 0;  // messages a day, from the first day on
  // The share of recipients that do not exist, on each day from 0.
  std::function<double(std::int64_t day)> bad_share = [](std::int64_t) { return 0.004; };
  Duration latency = std::chrono::milliseconds(300);  // of one message over one connection
  std::uint64_t seed = 1;
};

// What one day brought for one provider.
struct SimulatedDay {
  std::int64_t day = 0;  // from 0
  std::string provider;
  std::uint64_t offered = 0;
  std::uint64_t delivered = 0;
  std::uint64_t deferrals = 0;  // refusals after which a message waits
  std::uint64_t bounced = 0;    // recipients that do not exist
  std::uint64_t failed = 0;     // refused for good for the sender's reputation
  std::uint64_t waiting = 0;    // at the end of the day
  std::uint64_t left_over =
      0;  // beyond what the addresses could carry: it goes elsewhere or expires
  std::optional<std::uint64_t> cap;  // of all sources that warm up; not set: none
  std::uint64_t blocked_sources = 0;
  std::vector<std::string> states;  // "a: green on day 3" of each source
};

// Runs the shaping code against modelled providers: the governor decides when what may go, as in
// the server; the providers' personas answer; time is simulated. No sockets, no threads.
//
// Each source has as many connections to a provider as the governor lets it open, and each of them
// carries a message in `latency`. Mail that was deferred comes back after the retry schedule of the
// remote_queue "outbound". More than a day's mail that waits is left over.
class Simulation {
 public:
  Simulation(std::shared_ptr<const ShapingRules> rules, std::vector<SimulatedProvider> providers,
             SimulatedMail mail, WallTime start);
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  ~Simulation();

  // The next day; one entry for each provider.
  std::vector<SimulatedDay> run_day();
  // What the governor has changed on the way, since the last call.
  std::vector<ShapingChange> take_changes();

 private:
  struct Provider;
  struct Cell;
  struct Turn {
    Clock::time_point when;
    Cell* cell;
    bool operator>(const Turn& other) const { return when > other.when; }
  };

  void advance_to(Clock::time_point when);
  void arrive(Provider& provider);
  Clock::time_point send(Cell& cell);
  void judge(Cell& cell, std::uint32_t attempts);
  void refuse(Cell& cell, const PersonaReply& reply, std::uint32_t attempts);
  void open_connection(Cell& cell);
  void end_day(Provider& provider, SimulatedDay& day);

  ManualClock clock_;
  std::shared_ptr<const ShapingRules> rules_;
  SimulatedMail mail_;
  Governor governor_;
  QueueName queue_;
  std::vector<std::unique_ptr<Provider>> providers_;
  std::vector<std::unique_ptr<Cell>> cells_;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
  Clock::time_point next_tick_;
  std::int64_t day_ = 0;
  Clock::time_point day_began_;
  std::uint64_t random_;
  std::vector<ShapingChange> changes_;
};

// The large providers with the personas that are shipped, and the shares of a list of consumers;
// `rules` say by which MX hosts they are known. Shares are this program's assumption.
std::vector<SimulatedProvider> usual_providers();

}  // namespace posthaste
