#include "simulate/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "deliver/verdict.h"
#include "shape/retry_schedule.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr auto kDay = 24h;
constexpr auto kTick = 30s;
constexpr auto kTickOfLoops = 5s;  // while a closed loop is at work
// Who is refused without being told until when asks again.
constexpr auto kAskAgain = 1s;
constexpr std::uint32_t kMostConnections = 200;

std::uint64_t next_random(std::uint64_t& state) {
  // SplitMix64: fast, and the same everywhere.
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

bool happens(std::uint64_t& state, double probability) {
  return static_cast<double>(next_random(state) >> 11) * 0x1.0p-53 < probability;
}

void replace_client(std::string& text, const std::string& client) {
  const std::string_view name = "{client}";
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) {
    text.replace(at, name.size(), client);
  }
}

Persona shipped(const std::string& name) {
  PersonaOrErrors loaded = load_persona(name);
  return std::get<Persona>(std::move(loaded));
}

}  // namespace

struct Simulation::Provider {
  explicit Provider(SimulatedProvider is_in)
      : is(std::move(is_in)), reputation(is.persona.reputation->config) {
    destination.site = SiteName(is.mx_host);
    destination.hosts = {{is.mx_host, 10, {{"192.0.2.1", 25}}, false}};
  }

  SimulatedProvider is;
  SenderReputation reputation;
  Destination destination;
  std::uint64_t arrived = 0;  // today
  // Messages that wait, by the attempts that were made; those that wait for their time.
  std::map<std::uint32_t, std::uint64_t> ready;
  std::multimap<Clock::time_point, std::uint32_t> later;
  std::map<std::string, std::uint64_t> blocks_before;
  SimulatedDay today;

  std::uint64_t waiting() const {
    std::uint64_t sum = later.size();
    for (const auto& [attempts, count] : ready) sum += count;
    return sum;
  }
};

struct Simulation::Cell {
  Provider& provider;
  std::shared_ptr<SendingCell> cell;
  std::vector<Governor::Hold> connections;
  Clock::time_point reopens_at;
  std::uint32_t sent = 0;  // since a connection was last closed
};

Simulation::Simulation(std::shared_ptr<const ShapingRules> rules,
                       std::vector<SimulatedProvider> providers, SimulatedMail mail, WallTime start)
    : rules_(std::move(rules)),
      mail_(std::move(mail)),
      governor_(clock_, rules_),
      queue_{"outbound", TenantId(), CampaignId(), *Domain::parse("example.com")},
      random_(mail_.seed) {
  const auto ahead = start - clock_.wall();
  if (ahead > ahead.zero()) clock_.advance(ahead);
  governor_.set_on_change([this](const ShapingChange& change) { changes_.push_back(change); });
  for (SimulatedProvider& one : providers) {
    if (!one.persona.reputation) continue;
    providers_.push_back(std::make_unique<Provider>(std::move(one)));
  }
  for (const auto& provider : providers_) {
    for (const Pool::Member& member : rules_->pool_of(queue_).members) {
      auto cell = governor_.cell(member.source, provider->destination);
      cells_.push_back(
          std::make_unique<Cell>(Cell{*provider, std::move(cell), {}, clock_.now(), 0}));
      turns_.push({clock_.now(), cells_.back().get()});
    }
  }
  next_tick_ = clock_.now();
  day_began_ = clock_.now();
}

Simulation::~Simulation() = default;

void Simulation::advance_to(Clock::time_point when) {
  while (next_tick_ <= when) {
    if (next_tick_ > clock_.now()) clock_.advance(next_tick_ - clock_.now());
    governor_.tick();
    for (const auto& provider : providers_) arrive(*provider);
    const bool is_loop_at_work = std::any_of(cells_.begin(), cells_.end(), [](const auto& one) {
      return one->cell->control->rate() || one->cell->control->connections();
    });
    next_tick_ += is_loop_at_work ? kTickOfLoops : kTick;
  }
  if (when > clock_.now()) clock_.advance(when - clock_.now());
}

// The day's mail comes evenly.
void Simulation::arrive(Provider& provider) {
  const double part = std::chrono::duration<double>(clock_.now() - day_began_) / kDay;
  const double share = static_cast<double>(mail_.volume) * provider.is.share;
  const auto due = static_cast<std::uint64_t>(std::min(1.0, part) * share);
  if (due > provider.arrived) {
    const std::uint64_t fresh = due - provider.arrived;
    provider.arrived = due;
    provider.ready[0] += fresh;
    provider.today.offered += fresh;
    governor_.expect(queue_, provider.destination, fresh);
  }
  while (!provider.later.empty() && provider.later.begin()->first <= clock_.now()) {
    ++provider.ready[provider.later.begin()->second];
    provider.later.erase(provider.later.begin());
  }
  // More than a day's mail is not waited for.
  auto& first_attempts = provider.ready[0];
  const auto most = static_cast<std::uint64_t>(share);
  if (first_attempts > most) {
    provider.today.left_over += first_attempts - most;
    first_attempts = most;
  }
}

// One more, if it may have one.
void Simulation::open_connection(Cell& cell) {
  if (clock_.now() < cell.reopens_at || cell.connections.size() >= kMostConnections) return;
  if (const auto refusal = governor_.refusal_to_open(*cell.cell)) {
    cell.reopens_at = refusal->until.value_or(clock_.now() + kAskAgain);
    return;
  }
  cell.connections.push_back(governor_.open(*cell.cell));
}

// Sends a message if it may; returns when it is to be asked again.
Clock::time_point Simulation::send(Cell& cell) {
  Provider& provider = cell.provider;
  std::erase_if(provider.ready, [](const auto& one) { return one.second == 0; });
  if (provider.ready.empty()) return next_tick_;
  open_connection(cell);
  if (cell.connections.empty()) return clock_.now() + kAskAgain;
  if (const auto refusal = governor_.take_token(queue_, *cell.cell)) {
    const auto again = refusal->until.value_or(clock_.now() + kAskAgain);
    // Caps and suspensions may end before their time.
    return std::clamp<Clock::time_point>(again, clock_.now() + 1ms, clock_.now() + 10min);
  }
  // Those that waited longest first.
  const auto oldest = std::prev(provider.ready.end());
  const std::uint32_t attempts = oldest->first;
  --oldest->second;
  judge(cell, attempts);
  const auto most = cell.cell->limits.messages_per_connection;
  if (most && ++cell.sent >= *most) {
    cell.sent = 0;
    cell.connections.pop_back();
    cell.reopens_at = clock_.now() + kAskAgain;  // the others' turn
  }
  if (cell.connections.empty()) return cell.reopens_at;
  const auto each = mail_.latency / static_cast<std::int64_t>(cell.connections.size());
  return clock_.now() + std::chrono::duration_cast<Clock::duration>(each);
}

void Simulation::judge(Cell& cell, std::uint32_t attempts) {
  using Answer = SenderReputation::Answer;
  Provider& provider = cell.provider;
  const std::string& client = cell.cell->source.value();
  const auto now = clock_.now();
  const Answer answer = provider.reputation.ask(client, now);
  const PersonaReputation& words = *provider.is.persona.reputation;
  if (answer != Answer::accept) {
    refuse(cell, answer == Answer::defer ? words.deferral : words.block, attempts);
    return;
  }
  CellOutcome outcome;
  outcome.recipients.attempts = 1;
  // Who was told to come again exists.
  if (attempts == 0 && happens(random_, mail_.bad_share(day_))) {
    provider.reputation.count_recipient(client, true, now);
    outcome.recipients.hard = 1;
    ++provider.today.bounced;
  } else {
    provider.reputation.count_recipient(client, false, now);
    const bool is_reported = provider.reputation.count_accepted(client, now);
    outcome.kind = CellOutcome::Kind::delivered;
    outcome.took = mail_.latency;
    outcome.recipients.delivered = 1;
    outcome.recipients.complaints = is_reported && provider.is.has_feedback_loop ? 1 : 0;
    ++provider.today.delivered;
  }
  governor_.on_outcome(*cell.cell, queue_, outcome);
}

void Simulation::refuse(Cell& cell, const PersonaReply& words, std::uint32_t attempts) {
  Provider& provider = cell.provider;
  std::string wire = words.wire;
  replace_client(wire, cell.cell->source.value());
  std::string_view text = wire;
  ReplyParser parser;
  const auto reply = parser.parse(text);
  if (!reply || !*reply) return;
  Refusal refusal = judge_reply(SmtpStage::mail, **reply);
  CellOutcome outcome;
  apply_rules(rules_.get(), cell.cell->provider, provider.is.mx_host, refusal, outcome);
  governor_.on_outcome(*cell.cell, queue_, outcome);
  if (refusal.is_permanent) {
    ++provider.today.failed;
    return;
  }
  ++provider.today.deferrals;
  const RemoteQueueConfig* policy = rules_->queues->find(queue_.remote_queue);
  const RetryConfig retry = policy == nullptr ? RetryConfig() : policy->retry;
  const Duration wait = retry_interval(retry, attempts + 1, next_random(random_));
  provider.later.emplace(clock_.now() + std::chrono::duration_cast<Clock::duration>(wait),
                         attempts + 1);
}

void Simulation::end_day(Provider& provider, SimulatedDay& day) {
  day = std::exchange(provider.today, {});
  day.day = day_;
  day.provider = provider.is.name.empty() ? "others" : provider.is.name;
  day.waiting = provider.waiting();
  provider.arrived = 0;
  bool has_cap = true;
  std::uint64_t cap = 0;
  for (const auto& one : cells_) {
    if (&one->provider != &provider) continue;
    const std::string& source = one->cell->source.value();
    const auto view = provider.reputation.view(source, clock_.now());
    auto& before = provider.blocks_before[source];
    if (view.blocks > before) ++day.blocked_sources;
    before = view.blocks;
    const auto& warmup = one->cell->warmup.cell;
    has_cap = has_cap && warmup && warmup->cap();
    if (!warmup) continue;
    cap += warmup->cap().value_or(0);
    day.states.push_back(
        fmt::format("{}: {} on day {}", source, to_string(warmup->state()), warmup->day() + 1));
  }
  if (has_cap) day.cap = cap;
}

std::vector<SimulatedDay> Simulation::run_day() {
  const auto end = day_began_ + kDay;
  while (!turns_.empty() && turns_.top().when < end) {
    Turn turn = turns_.top();
    turns_.pop();
    advance_to(turn.when);
    turn.when = std::max(send(*turn.cell), clock_.now() + 1us);
    turns_.push(turn);
  }
  advance_to(end);
  std::vector<SimulatedDay> days(providers_.size());
  for (std::size_t i = 0; i < providers_.size(); ++i) end_day(*providers_[i], days[i]);
  day_began_ = end;
  ++day_;
  return days;
}

std::vector<ShapingChange> Simulation::take_changes() {
  return std::exchange(changes_, {});
}

std::vector<SimulatedProvider> usual_providers() {
  std::vector<SimulatedProvider> providers;
  providers.push_back({"google", "gmail-smtp-in.l.google.com", 0.50, shipped("gmail"), false});
  providers.push_back(
      {"outlook", "hotmail-com.olc.protection.outlook.com", 0.20, shipped("outlook"), true});
  providers.push_back({"yahoo", "mta5.am0.yahoodns.net", 0.15, shipped("yahoo"), true});
  providers.push_back({"", "mx.others.example", 0.15, shipped("strict"), false});
  return providers;
}

}  // namespace posthaste
