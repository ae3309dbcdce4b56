#include "shape/warmup_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "shape/shape_state.pb.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration_cast;

constexpr std::string_view kPrefix = "shape/warmup/";
constexpr std::string_view kCell = "shape/warmup/cell/";
constexpr std::string_view kSource = "shape/warmup/source/";
constexpr std::string_view kMix = "shape/warmup/mix/";
constexpr std::int64_t kMixDays = 7;
// Fewer say nothing about a share.
constexpr std::uint64_t kFewestForMix = 200;
constexpr auto kKeepEvery = 10min;
constexpr auto kLookEvery = 10s;

std::int64_t day_of(WallTime time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

std::string shown(const std::string& provider) {
  return provider.empty() ? "others" : provider;
}

bool are_same(const MeterLimits& a, const MeterLimits& b) {
  const bool is_closed_alike =
      a.closed.has_value() == b.closed.has_value() &&
      (!a.closed || (a.closed->because == b.closed->because &&
                     std::chrono::abs(a.closed->until - b.closed->until) < 1s));
  return is_closed_alike && a.messages == b.messages && a.daily_messages == b.daily_messages &&
         a.names.daily_messages == b.names.daily_messages;
}

}  // namespace

void WarmupBook::restore(std::string_view key, std::string_view value) {
  if (!key.starts_with(kPrefix)) return;
  if (!key.starts_with(kMix)) {
    kept_.emplace(key, value);
    return;
  }
  record::MixRecord record;
  if (!record.ParseFromArray(value.data(), static_cast<int>(value.size()))) return;
  Mix& mix = mixes_[std::string(key.substr(kMix.size()))];
  for (const auto& one : record.days()) {
    mix.days.push_back({one.day(), {one.messages().begin(), one.messages().end()}});
  }
}

void WarmupBook::set_rules(const ShapingRules& rules) {
  std::map<std::string, Source> before = std::exchange(sources_, {});
  looks_at_ = {};
  for (const SourceConfig& block : rules.sources.sources()) {
    if (!block.warmup) continue;
    auto known = before.extract(block.name);
    Source& source = sources_[block.name];
    if (!known.empty()) source = std::move(known.mapped());
    source.config = *block.warmup;
    source.schedule = std::make_shared<const WarmupSchedule>(*block.warmup);
    source.pools.clear();
    for (const PoolConfig& pool : rules.sources.pools()) {
      const bool holds_it = rules.sources.pool(pool.name).weight_of(SourceName(block.name)) > 0;
      if (holds_it) source.pools.push_back(pool.name);
    }
    if (source.pools.empty()) source.pools.emplace_back();
    for (auto& [provider, cell] : source.cells) {
      cell.cell->set({source.schedule, source.config.closed_loop, source.config.min_daily});
    }
  }
}

void WarmupBook::open(const std::string& name, Source& source) {
  if (source.total) return;
  source.total = make_meter_("warmup/" + name, "warm-up of source \"" + name + '"');
  const auto kept = kept_.find(std::string(kSource) + name);
  record::WarmupSourceRecord record;
  if (kept == kept_.end() || !record.ParseFromString(kept->second)) return;
  source.began = WallTime(std::chrono::microseconds(record.began()));
  source.is_began_written = true;
}

// Days between the start and the first message here were spent elsewhere.
std::int64_t WarmupBook::first_day(const Source& source) const {
  if (!source.config.start) return 0;
  const auto began = source.began.value_or(clock_.wall());
  const auto since = day_of(began) - source.config.start->day.time_since_epoch().count();
  return std::max<std::int64_t>(0, since);
}

WarmupBook::Cell& WarmupBook::cell(const std::string& name, Source& source,
                                   const std::string& provider, double factor) {
  open(name, source);
  Cell& cell = source.cells[provider];
  if (cell.cell) return cell;
  const WarmupCell::Settings settings{source.schedule, source.config.closed_loop,
                                      source.config.min_daily};
  cell.cell = std::make_shared<WarmupCell>(clock_, settings, first_day(source), factor);
  cell.meter = make_meter_("warmup/" + name + "/" + provider,
                           "warm-up of source \"" + name + "\" to " + shown(provider));
  const auto kept = kept_.find(fmt::format("{}{}/{}", kCell, name, provider));
  if (kept != kept_.end() && cell.cell->restore(kept->second)) {
    cell.written = kept->second;
  } else {
    has_new_ = true;
  }
  std::vector<Change> changes;
  update(name, source, changes);
  return cell;
}

void WarmupBook::resume() {
  for (const auto& [key, value] : kept_) {
    if (!key.starts_with(kCell)) continue;
    const std::string rest = key.substr(kCell.size());
    const std::size_t slash = rest.find('/');
    const auto known = sources_.find(rest.substr(0, slash));
    if (slash == std::string::npos || known == sources_.end()) continue;
    cell(known->first, known->second, rest.substr(slash + 1), 1);
  }
}

WarmupPlace WarmupBook::place(const SourceConfig& block, const std::string& provider,
                              const ProviderConfig* provider_block) {
  const auto known = sources_.find(block.name);
  if (known == sources_.end()) return {};
  Source& source = known->second;
  const double factor = provider_block == nullptr ? 1 : provider_block->warmup_factor.value_or(1);
  const Cell& found = cell(block.name, source, provider, factor);
  return {found.cell, found.meter, source.total};
}

void WarmupBook::expect(const std::string& pool, const std::string& provider, std::uint64_t count) {
  Mix& mix = mixes_[pool];
  const std::int64_t today = day_of(clock_.wall());
  if (mix.days.empty() || mix.days.back().day < today) mix.days.push_back({today, {}});
  while (mix.days.front().day <= today - kMixDays) mix.days.pop_front();
  mix.days.back().messages[provider] += count;
  mix.is_written = false;
}

void WarmupBook::listed(const std::string& name, const std::string& why) {
  const auto known = sources_.find(name);
  if (known == sources_.end()) return;
  for (auto& [provider, one] : known->second.cells) {
    const bool is_red = one.cell->closed_until() && *one.cell->closed_until() > clock_.wall();
    if (!is_red) one.cell->blocked(24h, why);
  }
  looks_at_ = {};
}

void WarmupBook::count_later(const std::string& name, const std::string& provider,
                             const WarmupTally& tally) {
  const auto known = sources_.find(name);
  if (known == sources_.end()) return;
  const auto one = known->second.cells.find(provider);
  if (one == known->second.cells.end()) return;
  one->second.cell->count(tally);
  looks_at_ = {};
}

double WarmupBook::share_of(const std::string& name, const std::string& provider) const {
  const auto known = sources_.find(name);
  if (known == sources_.end()) return 1;
  std::uint64_t all = 0;
  std::uint64_t own = 0;
  const std::int64_t today = day_of(clock_.wall());
  for (const std::string& pool : known->second.pools) {
    const auto mix = mixes_.find(pool);
    if (mix == mixes_.end()) continue;
    for (const MixDay& day : mix->second.days) {
      if (day.day <= today - kMixDays) continue;
      for (const auto& [one, count] : day.messages) {
        all += count;
        if (one == provider) own += count;
      }
    }
  }
  return all < kFewestForMix ? 1 : static_cast<double>(own) / static_cast<double>(all);
}

std::optional<std::uint64_t> WarmupBook::total_cap(const Source& source) const {
  std::int64_t day = source.cells.empty() ? first_day(source) : 0;
  for (const auto& [provider, cell] : source.cells) day = std::max(day, cell.cell->day());
  return source.schedule->on_day(day);
}

std::optional<MeterLimits::Closed> WarmupBook::closed(const Source& source,
                                                      const WarmupCell* cell) const {
  const WallTime now = clock_.wall();
  std::optional<WallTime> until;
  std::string because;
  auto keep_later = [&](std::optional<WallTime> time, std::string why) {
    if (!time || *time <= now || (until && *time <= *until)) return;
    until = time;
    because = std::move(why);
  };
  if (source.config.start) {
    keep_later(WallTime(source.config.start->day),
               "before its start on " + source.config.start->to_string());
  }
  if (source.config.window) {
    keep_later(source.config.window->opens_at(now),
               "outside its hours " + source.config.window->to_string() + " UTC");
  }
  if (cell != nullptr) keep_later(cell->closed_until(), cell->reason());
  if (!until) return std::nullopt;
  return MeterLimits::Closed{clock_.now() + duration_cast<Clock::duration>(*until - now), because};
}

MeterLimits WarmupBook::limits_of(const Source& source, std::int64_t day,
                                  std::optional<std::uint64_t> cap,
                                  std::optional<std::uint64_t> hourly) const {
  MeterLimits limits;
  limits.daily_messages = cap;
  limits.names.daily_messages = fmt::format("on day {}: messages a day", day + 1);
  limits.names.messages = fmt::format("on day {}: evenly", day + 1);
  if (hourly) {
    limits.messages = Rate(*hourly, 1h);
  } else if (cap) {
    const Duration span = source.config.window ? Duration(source.config.window->length()) : 24h;
    limits.messages = Rate(*cap, span);
  }
  const auto& lines = source.config.lines;
  const auto written = lines.find(source.config.preset ? "preset" : "schedule");
  const ConfigLocation where = written == lines.end() ? source.config.where : written->second;
  for (const std::string& name :
       {limits.names.daily_messages, limits.names.messages, std::string("closed")}) {
    limits.lines[name] = where;
  }
  return limits;
}

bool WarmupBook::set_if_new(LimitMeter& meter, MeterLimits limits) const {
  if (are_same(meter.limits(), limits)) return false;
  meter.set(std::move(limits));
  return true;
}

void WarmupBook::update(const std::string& name, Source& source, std::vector<Change>& changes) {
  const auto total = total_cap(source);
  std::int64_t day = 0;
  double use = 0;
  if (total) {
    use = static_cast<double>(source.total->sent_in_a_day()) / static_cast<double>(*total);
  }
  for (auto& [provider, one] : source.cells) {
    WarmupCell& cell = *one.cell;
    cell.tick(share_of(name, provider), use);
    day = std::max(day, cell.day());
    MeterLimits limits = limits_of(source, cell.day(), cell.cap(), cell.hourly_cap());
    limits.closed = closed(source, &cell);
    const bool is_set = set_if_new(*one.meter, std::move(limits));
    auto change = cell.take_change();
    if (is_set || change) changes.push_back({name, provider, change.value_or(""), one.meter});
  }
  const auto now_total = total_cap(source);
  MeterLimits limits = limits_of(source, day, now_total, std::nullopt);
  // The cells have the pace; two of them, one below the other, would cost what neither forbids.
  limits.messages = Rate();
  limits.closed = closed(source, nullptr);
  if (set_if_new(*source.total, std::move(limits))) {
    changes.push_back({name, "", "", source.total});
  }
}

std::vector<WarmupBook::Change> WarmupBook::tick() {
  std::vector<Change> changes;
  if (clock_.now() < looks_at_) return changes;
  looks_at_ = clock_.now() + kLookEvery;
  for (auto& [name, source] : sources_) {
    if (!source.total) continue;
    if (!source.began && source.total->sent_in_a_day() > 0) source.began = clock_.wall();
    update(name, source, changes);
  }
  return changes;
}

void WarmupBook::keep(const Keeper& keeper, Keep which) {
  if (which == Keep::now_and_then) {
    if (clock_.now() < keeps_at_ && !has_new_) return;
    keeps_at_ = clock_.now() + kKeepEvery;
  }
  has_new_ = false;
  for (auto& [name, source] : sources_) {
    if (source.began && !source.is_began_written) {
      record::WarmupSourceRecord record;
      record.set_began(source.began->time_since_epoch().count());
      keeper(std::string(kSource) + name, record.SerializeAsString(), nullptr);
      source.is_began_written = true;
    }
    for (auto& [provider, cell] : source.cells) {
      std::string now = cell.cell->encode();
      if (now == cell.written) continue;
      keeper(fmt::format("{}{}/{}", kCell, name, provider), now, nullptr);
      cell.written = std::move(now);
    }
  }
  for (auto& [pool, mix] : mixes_) {
    if (std::exchange(mix.is_written, true)) continue;
    record::MixRecord record;
    for (const MixDay& day : mix.days) {
      auto* one = record.add_days();
      one->set_day(day.day);
      one->mutable_messages()->insert(day.messages.begin(), day.messages.end());
    }
    keeper(std::string(kMix) + pool, record.SerializeAsString(), nullptr);
  }
}

std::vector<WarmupBook::Status> WarmupBook::status() const {
  std::vector<Status> all;
  for (const auto& [name, source] : sources_) {
    if (source.cells.empty()) {
      Status status;
      status.source = name;
      status.day = first_day(source) + 1;
      status.days = source.schedule->days();
      status.cap = status.source_cap = total_cap(source);
      status.where = source.config.where;
      all.push_back(std::move(status));
    }
    for (const auto& [provider, one] : source.cells) {
      Status status;
      status.source = name;
      status.has_begun = true;
      status.provider = provider;
      status.state = one.cell->state();
      status.reason = one.cell->reason();
      status.day = one.cell->day() + 1;
      status.days = source.schedule->days();
      status.cap = one.cell->cap();
      status.source_cap = total_cap(source);
      status.sent = one.meter->sent_in_a_day();
      status.share = share_of(name, provider);
      status.window = one.cell->window();
      status.closed_until = one.cell->closed_until();
      status.where = source.config.where;
      all.push_back(std::move(status));
    }
  }
  return all;
}

}  // namespace posthaste
