#include "shape/governor.h"

#include <algorithm>
#include <utility>

namespace posthaste {
namespace {

using std::chrono::duration_cast;

// The one that lasts longer; one without an end gives way, for who waits asks again.
void keep_longer(std::optional<LimitRefusal>& kept, std::optional<LimitRefusal> other) {
  if (!other) return;
  const bool is_longer = !kept || (other->until && (!kept->until || *other->until > *kept->until));
  if (is_longer) kept = std::move(other);
}

std::string flow_key(const QueueName& queue) {
  return queue.remote_queue + '\n' + queue.tenant.value() + '\n' + queue.campaign.value();
}

MeterLimits limits_of(const SenderLimits& block) {
  MeterLimits limits;
  limits.concurrency = block.concurrency;
  limits.messages = block.message_rate.value_or(Rate());
  limits.daily_messages = block.daily_messages;
  limits.lines = block.lines;
  return limits;
}

MeterLimits limits_of(const RemoteQueueConfig* block) {
  MeterLimits limits;
  limits.names.messages = "rate";
  if (block == nullptr) return limits;
  if (block->concurrency > 0) limits.concurrency = block->concurrency;
  limits.messages = block->rate;
  limits.lines = block->lines;
  return limits;
}

MeterLimits limits_of(const Limits& block) {
  MeterLimits limits;
  limits.names.concurrency = "connections";
  limits.concurrency = block.connections;
  limits.openings = block.connection_rate.value_or(Rate());
  limits.messages = block.message_rate.value_or(Rate());
  limits.daily_messages = block.daily_messages;
  limits.lines = block.lines;
  return limits;
}

MeterLimits limits_of(const CellControl& control) {
  MeterLimits limits;
  limits.names = {"connections", "connection_rate", "rate", "daily"};
  limits.concurrency = control.connections();
  limits.messages = control.message_rate();
  return limits;
}

MeterLimits limits_of(const ProviderConfig& block) {
  MeterLimits limits;
  limits.names = {"provider_connections", "provider_connection_rate", "provider_message_rate",
                  "provider_daily_messages"};
  limits.concurrency = block.provider_connections;
  limits.openings = block.provider_connection_rate.value_or(Rate());
  limits.messages = block.provider_message_rate.value_or(Rate());
  limits.daily_messages = block.provider_daily_messages;
  limits.lines = block.lines;
  return limits;
}

}  // namespace

Governor::Hold& Governor::Hold::operator=(Hold&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  governor_ = std::exchange(other.governor_, nullptr);
  meters_ = std::move(other.meters_);
  return *this;
}

void Governor::Hold::give_back() {
  Governor* const governor = std::exchange(governor_, nullptr);
  if (governor == nullptr) return;
  for (auto& meter : meters_) {
    if (!meter) continue;
    const bool was_full = meter->refusal_to_hold().has_value();
    meter->release();
    if (was_full && governor->on_free_) governor->on_free_(*meter);
    meter.reset();
  }
}

Governor::Governor(Clock& clock, std::shared_ptr<const ShapingRules> rules)
    : clock_(clock),
      rules_(std::move(rules)),
      warmup_(clock,
              [this](std::string key, std::string label) {
                return meter(std::move(key), std::move(label), {});
              }),
      hits_(clock),
      started_(clock.now()) {
  warmup_.set_rules(*rules_);
}

std::shared_ptr<LimitMeter> Governor::meter(std::string key, std::string label,
                                            MeterLimits limits) {
  auto& known = meters_[key];
  if (!known) {
    known = std::make_shared<LimitMeter>(clock_, key, std::move(label));
    known->set(std::move(limits));
    const auto kept = kept_.find(key);
    if (kept != kept_.end()) {
      known->restore(kept->second, ended_well_);
      kept_.erase(kept);
    } else if (has_run_before_ && !(ended_well_ && known->must_be_kept())) {
      known->restore_unknown(started_);
    }
  } else {
    known->set(std::move(limits));
  }
  return known;
}

Governor::Flow& Governor::flow(const QueueName& queue) {
  const std::string key = flow_key(queue);
  const auto known = flows_.find(key);
  if (known != flows_.end()) return known->second;
  Flow fresh;
  fresh.meters[0] =
      meter("queue/" + queue.remote_queue, "remote_queue \"" + queue.remote_queue + '"',
            limits_of(rules_->queues->find(queue.remote_queue)));
  const std::string& tenant = queue.tenant.value();
  if (const TenantConfig* block = rules_->tenant(queue.tenant)) {
    fresh.meters[1] = meter("tenant/" + tenant, "tenant \"" + tenant + '"', limits_of(*block));
  }
  if (const CampaignConfig* block = rules_->campaign(queue.tenant, queue.campaign)) {
    fresh.meters[2] = meter("campaign/" + tenant + "/" + block->name,
                            "campaign \"" + block->name + '"', limits_of(*block));
  }
  return flows_.emplace(key, std::move(fresh)).first->second;
}

void Governor::configure_cell(SendingCell& cell, const Destination& destination) {
  const ProviderConfig* provider = rules_->provider_of(destination);
  cell.provider = provider == nullptr ? "" : provider->name;
  cell.limits = rules_->limits_of(cell.source, destination);
  const std::string& source = cell.source.value();
  const std::string& site = cell.site.value();
  cell.own = meter("cell/" + source + "/" + site, "source \"" + source + "\" to " + site,
                   limits_of(cell.limits));
  const std::string& towards = provider == nullptr ? site : cell.provider;
  const std::string pair_key = "pair/" + source + "/" + towards;
  auto& control = controls_[pair_key];
  if (!control) control = std::make_shared<CellControl>(clock_);
  cell.control = control;
  const std::string label = "closed loop of source \"" + source + "\" to " + towards;
  cell.pair = meter(pair_key, label, limits_of(*control));
  cell.provider_total = nullptr;
  cell.warmup = {};
  if (const SourceConfig* block = rules_->sources.find(cell.source)) {
    cell.warmup = warmup_.place(*block, cell.provider, provider);
  }
  if (provider == nullptr) return;
  cell.provider_total = meter("provider/" + provider->name, "provider \"" + provider->name + '"',
                              limits_of(*provider));
}

std::shared_ptr<SendingCell> Governor::cell(const SourceName& source,
                                            const Destination& destination) {
  KnownCell& known = cells_[source.value() + '\n' + destination.limits_site().value()];
  if (!known.cell) {
    known.cell = std::make_shared<SendingCell>();
    known.cell->source = source;
    known.cell->site = destination.limits_site();
    known.destination = destination;
    configure_cell(*known.cell, destination);
  }
  return known.cell;
}

std::optional<LimitRefusal> Governor::suspended(const QueueName* queue, const SendingCell& cell) {
  if (book_.empty()) return std::nullopt;
  MailScope mail;
  mail.source = cell.source.value();
  mail.site = cell.site.value();
  mail.provider = cell.provider;
  if (queue != nullptr) {
    mail.remote_queue = queue->remote_queue;
    mail.tenant = queue->tenant.value();
    mail.campaign = queue->campaign.value();
    mail.domain = queue->domain.ascii();
    mail.pool = rules_->pool_of(*queue).name;
  }
  const WallTime now = clock_.wall();
  const Suspension* found = book_.find(mail, now);
  if (found == nullptr) return std::nullopt;
  LimitRefusal refusal;
  refusal.limit =
      "suspended (" + found->scope.to_string() + ") by " + found->by + ": " + found->reason;
  if (found->until) {
    refusal.until = clock_.now() + duration_cast<Clock::duration>(*found->until - now);
  }
  return refusal;
}

std::optional<LimitRefusal> Governor::refusal_to_open(const SendingCell& cell) {
  std::optional<LimitRefusal> refusal = suspended(nullptr, cell);
  for (LimitMeter* meter : {cell.own.get(), cell.pair.get(), cell.provider_total.get()}) {
    if (meter != nullptr) keep_longer(refusal, meter->refusal_to_open());
  }
  return refusal;
}

Governor::Hold Governor::open(const SendingCell& cell) {
  Hold hold;
  hold.governor_ = this;
  hold.meters_ = {cell.own, cell.pair, cell.provider_total};
  for (const auto& meter : hold.meters_) {
    if (!meter) continue;
    meter->count_opening();
    meter->hold();
  }
  return hold;
}

std::optional<LimitRefusal> Governor::refusal_to_send(const QueueName& queue,
                                                      const SendingCell& cell) {
  std::optional<LimitRefusal> refusal = suspended(&queue, cell);
  auto ask = [&](LimitMeter* meter) {
    if (meter == nullptr) return;
    promise_if_low(*meter);
    keep_longer(refusal, meter->refusal_to_send());
  };
  for (const auto& meter : flow(queue).meters) ask(meter.get());
  for (LimitMeter* meter : cell.sending_meters()) ask(meter);
  return refusal;
}

std::optional<LimitRefusal> Governor::refusal_to_start(const QueueName& queue) {
  std::optional<LimitRefusal> refusal;
  for (const auto& meter : flow(queue).meters) {
    if (meter) keep_longer(refusal, meter->refusal_to_hold());
  }
  return refusal;
}

Governor::Hold Governor::start(const QueueName& queue) {
  Hold hold;
  hold.governor_ = this;
  hold.meters_ = flow(queue).meters;
  for (const auto& meter : hold.meters_) {
    if (meter) meter->hold();
  }
  return hold;
}

std::optional<LimitRefusal> Governor::take_token(const QueueName& queue, const SendingCell& cell) {
  if (auto refusal = refusal_to_send(queue, cell)) return refusal;
  for (const auto& meter : flow(queue).meters) {
    if (meter) meter->count_message();
  }
  for (LimitMeter* meter : cell.sending_meters()) {
    if (meter != nullptr) meter->count_message();
  }
  if (cell.warmup.cell) cell.warmup.cell->count_sent();
  return std::nullopt;
}

void Governor::follow(const SendingCell& cell) {
  CellControl& control = *cell.control;
  const auto change = control.take_change();
  if (!change) return;
  cell.pair->set(limits_of(control));
  if (on_free_) on_free_(*cell.pair);
  if (on_change_) {
    on_change_({cell.source.value(), cell.site.value(), cell.provider, "", "", *change});
  }
}

std::vector<Governor::HeldPace> Governor::held_paces() const {
  std::vector<HeldPace> held;
  for (const auto& [key, control] : controls_) {
    if (!control->rate() && !control->connections()) continue;
    // "pair/SOURCE/TOWARDS"
    const std::size_t source = key.find('/') + 1;
    const std::size_t towards = key.find('/', source) + 1;
    held.push_back({key.substr(source, towards - source - 1), key.substr(towards), control->rate(),
                    control->connections(), control->state()});
  }
  return held;
}

bool Governor::suspend(Suspension suspension) {
  suspension.since = clock_.wall();
  const auto [in_force, is_changed] = book_.add(std::move(suspension));
  if (is_changed) keep_suspension(in_force);
  return is_changed;
}

std::vector<Suspension> Governor::resume(const MailScope& scope) {
  std::vector<Suspension> ended = book_.end_within(scope);
  for (const Suspension& one : ended) forget_suspension(one);
  return ended;
}

void Governor::set_rules(std::shared_ptr<const ShapingRules> rules) {
  rules_ = std::move(rules);
  // Flows find their blocks again when they are next asked.
  flows_.clear();
  for (auto& [key, meter] : meters_) {
    if (key.starts_with("tenant/") || key.starts_with("campaign/")) meter->set({});
  }
  warmup_.set_rules(*rules_);
  for (auto& [key, known] : cells_) configure_cell(*known.cell, known.destination);
}

}  // namespace posthaste
