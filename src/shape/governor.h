#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "route/destination.h"
#include "route/source.h"
#include "shape/cell_control.h"
#include "shape/limit_meter.h"
#include "shape/response_rule.h"
#include "shape/shaping_rules.h"
#include "shape/suspension.h"
#include "shape/warmup_book.h"
#include "spool/queued_message.h"

namespace posthaste {

// One source towards one site: what a connection is, as far as limits go.
struct SendingCell {
  SourceName source;
  SiteName site;
  std::string provider;  // "": nobody's
  Limits limits;         // in force, from all levels

  std::shared_ptr<LimitMeter> own;   // of the source to the site
  std::shared_ptr<LimitMeter> pair;  // of the source to the provider, or to the site if nobody's
  std::shared_ptr<LimitMeter> provider_total;  // null: nobody's
  std::shared_ptr<CellControl> control;        // moves the limits of `pair`
  WarmupPlace warmup;                          // of a source that warms up

  // Those that a message must pass; null where there is none.
  std::array<LimitMeter*, 5> sending_meters() const {
    return {own.get(), pair.get(), provider_total.get(), warmup.own.get(), warmup.total.get()};
  }
};

// A reply that matched a rule.
struct RuleMatch {
  const ResponseRuleConfig* rule = nullptr;
  std::string reply;
  std::string host = {};  // that said so
};

// What became of one message, as far as pace is concerned.
struct CellOutcome {
  enum class Kind : std::uint8_t {
    delivered,
    deferred,  // by a reply that speaks of pace or reputation
    other
  };
  Kind kind = Kind::other;
  Duration took{0};
  std::string reply;
  std::vector<RuleMatch> matches;
  WarmupTally recipients;
};

// A limit that the closed loop or a rule has moved, or a suspension.
struct ShapingChange {
  std::string source;
  std::string site;
  std::string provider;
  std::string tenant;
  std::string campaign;
  std::string what;  // "rate 9.5/s: deferred: 421 4.7.28 …"
};

// The one answer to "may this source open or send to this site now, and if not, which limit says so
// until when". Holds the limits of classes, tenants, campaigns, sources, sites and providers, and
// the suspensions.
//
//   auto cell = governor.cell(SourceName("a"), destination);
//   if (auto refusal = governor.refusal_to_open(*cell)) return wait_for(*refusal);
//   auto connection = governor.open(*cell);            // held while it is open
//   …
//   if (auto refusal = governor.take_token(message.queue, *cell)) return wait_for(*refusal);
//
// Lives on the queue loop; not thread-safe.
class Governor {
 public:
  // Writes a value down for the next run, or strikes it out, and says on the queue loop when that
  // is on disk.
  using Keeper = std::function<void(std::string key, std::optional<std::string> value,
                                    std::function<void(bool is_written)> applied)>;
  // Room was made in a meter that had none.
  using OnFree = std::function<void(const LimitMeter& meter)>;

  Governor(Clock& clock, std::shared_ptr<const ShapingRules> rules);
  Governor(const Governor&) = delete;
  Governor& operator=(const Governor&) = delete;

  void set_keeper(Keeper keeper) { keeper_ = std::move(keeper); }
  void set_on_free(OnFree on_free) { on_free_ = std::move(on_free); }
  using OnChange = std::function<void(const ShapingChange& change)>;
  void set_on_change(OnChange on_change) { on_change_ = std::move(on_change); }

  // What is under way in some meters. Gives itself back. The governor outlives it.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept { *this = std::move(other); }
    Hold& operator=(Hold&& other) noexcept;
    ~Hold() { give_back(); }
    explicit operator bool() const { return governor_ != nullptr; }
    void give_back();

   private:
    friend class Governor;
    Governor* governor_ = nullptr;
    std::array<std::shared_ptr<LimitMeter>, 3> meters_;
  };

  // The cell, made when it is new. It lives as long as somebody holds it, and longer where what it
  // sent still counts.
  std::shared_ptr<SendingCell> cell(const SourceName& source, const Destination& destination);

  std::optional<LimitRefusal> refusal_to_open(const SendingCell& cell);
  // Requires: the refusal is empty.
  Hold open(const SendingCell& cell);

  // Whether mail of this queue could go from the source to the site now. Takes nothing.
  std::optional<LimitRefusal> refusal_to_send(const QueueName& queue, const SendingCell& cell);
  // A delivery under way, counted for class, tenant and campaign.
  Hold start(const QueueName& queue);
  // Whether class, tenant and campaign may have one delivery more under way.
  std::optional<LimitRefusal> refusal_to_start(const QueueName& queue);
  // Takes the right to send one message, or says why not.
  std::optional<LimitRefusal> take_token(const QueueName& queue, const SendingCell& cell);

  // --- what replies say
  void on_outcome(const SendingCell& cell, const QueueName& queue, const CellOutcome& outcome);
  // A connection could not be had while `open` were; `matches` are the rules for what was said.
  void on_connection_refused(const SendingCell& cell, std::uint32_t open, const std::string& reply);
  void on_session_reply(const SendingCell& cell, const RuleMatch& match);

  // What the closed loops hold back now: those that are free are left out.
  struct HeldPace {
    std::string source;
    std::string towards;         // a provider, or a site that is nobody's
    std::optional<double> rate;  // messages a second
    std::optional<std::uint32_t> connections;
    std::string why;
  };
  std::vector<HeldPace> held_paces() const;

  // --- warm-up
  // So many messages have come for the provider of this site, whatever source will carry them.
  void expect(const QueueName& queue, const Destination& destination, std::uint64_t count);
  const WarmupBook& warmup() const { return warmup_; }
  // WarmupBook::listed; the meters follow at the next tick.
  void on_listed(const std::string& source, const std::string& why) { warmup_.listed(source, why); }
  // WarmupBook::count_later; the meters follow at the next tick.
  void on_later_outcome(const std::string& source, const std::string& provider,
                        const WarmupTally& tally) {
    warmup_.count_later(source, provider, tally);
  }

  // --- suspensions
  // Returns whether it changed anything.
  bool suspend(Suspension suspension);
  // Ends those within the scope. Whoever waits for them is to ask again.
  std::vector<Suspension> resume(const MailScope& scope);
  std::vector<Suspension> suspensions() const { return book_.list(); }
  // Whether mail of one class, tenant and campaign may differ by its domain.
  bool suspends_domains() const { return book_.has_domains(); }

  // New limits; what is under way and what was sent still counts.
  void set_rules(std::shared_ptr<const ShapingRules> rules);
  const ShapingRules& rules() const { return *rules_; }
  std::shared_ptr<const ShapingRules> shared_rules() const { return rules_; }

  // --- over restarts
  // What an earlier run kept, by its keys. Before anything else is asked.
  using Kept = std::vector<std::pair<std::string, std::string>>;
  void restore(const Kept& kept);
  // About once a second: writes down what changed, ends what is over, forgets what is idle.
  void tick();
  // At a stop, when nothing is sent any more.
  void keep_all();

 private:
  // Class, tenant and campaign of a queue's mail.
  struct Flow {
    std::array<std::shared_ptr<LimitMeter>, 3> meters;
  };

  Flow& flow(const QueueName& queue);
  std::shared_ptr<LimitMeter> meter(std::string key, std::string label, MeterLimits limits);
  void configure_cell(SendingCell& cell, const Destination& destination);
  std::optional<LimitRefusal> suspended(const QueueName* queue, const SendingCell& cell);
  void act_on(const SendingCell& cell, const QueueName* queue, const RuleMatch& match);
  void suspend_by(const RuleMatch& match, const SendingCell& cell, const QueueName* queue);
  // Takes the limits of the cell's control over, and tells of a change.
  void follow(const SendingCell& cell);
  void follow_warmup();
  void promise_if_low(LimitMeter& meter);
  void write_down(LimitMeter& meter, const LimitMeter::Kept& kept,
                  std::function<void(bool)> applied);
  void keep_suspension(const Suspension& suspension);
  void forget_suspension(const Suspension& suspension);
  void forget_idle();

  Clock& clock_;
  std::shared_ptr<const ShapingRules> rules_;
  Keeper keeper_;
  OnFree on_free_;
  OnChange on_change_;
  SuspensionBook book_;
  WarmupBook warmup_;
  RuleHits hits_;
  std::unordered_map<std::string, std::shared_ptr<CellControl>> controls_;  // by the pair's key
  std::unordered_map<std::string, std::shared_ptr<LimitMeter>> meters_;
  std::unordered_map<std::string, Flow> flows_;
  struct KnownCell {
    std::shared_ptr<SendingCell> cell;
    Destination destination;
  };
  std::unordered_map<std::string, KnownCell> cells_;

  // Of the earlier run.
  std::unordered_map<std::string, LimitMeter::Kept> kept_;
  bool has_run_before_ = false;
  bool ended_well_ = false;
  Clock::time_point started_;
  std::unordered_map<const LimitMeter*, std::optional<WallTime>> written_;  // as last kept
  Clock::time_point forgets_at_{};
};

}  // namespace posthaste
