// What the governor keeps over restarts, and what it forgets.
#include <algorithm>
#include <charconv>
#include <utility>

#include "shape/governor.h"
#include "shape/shape_state.pb.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kMeter = "shape/meter/";
constexpr std::string_view kSuspension = "shape/suspension/";
constexpr const char* kEndedWell = "shape/ended_well";
constexpr auto kForgetEvery = 60s;

std::int64_t micros(WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

std::string encode(const LimitMeter::Kept& kept) {
  record::MeterRecord record;
  record.set_last_message(kept.last_message ? micros(*kept.last_message) : 0);
  for (const auto& [slot, count] : kept.slots) {
    auto* one = record.add_slots();
    one->set_slot(slot);
    one->set_count(count);
  }
  return record.SerializeAsString();
}

std::optional<LimitMeter::Kept> decode(std::string_view text) {
  record::MeterRecord record;
  if (!record.ParseFromArray(text.data(), static_cast<int>(text.size()))) return std::nullopt;
  LimitMeter::Kept kept;
  if (record.last_message() != 0) {
    kept.last_message = WallTime(std::chrono::duration_cast<WallTime::duration>(
        std::chrono::microseconds(record.last_message())));
  }
  for (const auto& one : record.slots()) kept.slots.emplace_back(one.slot(), one.count());
  return kept;
}

std::string suspension_key(const Suspension& suspension) {
  return std::string(kSuspension) + std::to_string(suspension.number);
}

}  // namespace

void Governor::restore(const Kept& kept) {
  for (const auto& [key, value] : kept) {
    has_run_before_ = true;
    if (key == kEndedWell) {
      ended_well_ = value == "1";
    } else if (key.starts_with(kMeter)) {
      if (auto record = decode(value)) kept_.emplace(key.substr(kMeter.size()), *record);
    } else if (key.starts_with(kSuspension)) {
      auto suspension = Suspension::decode(value);
      const std::string_view number = std::string_view(key).substr(kSuspension.size());
      if (!suspension) continue;
      std::from_chars(number.data(), number.data() + number.size(), suspension->number);
      book_.restore(std::move(*suspension));
    } else {
      warmup_.restore(key, value);
    }
  }
  warmup_.resume();
  if (keeper_) keeper_(kEndedWell, "0", nullptr);
}

void Governor::write_down(LimitMeter& meter, const LimitMeter::Kept& kept,
                          std::function<void(bool)> applied) {
  written_[&meter] = kept.last_message;
  keeper_(std::string(kMeter) + meter.key(), encode(kept), std::move(applied));
}

void Governor::promise_if_low(LimitMeter& meter) {
  if (!meter.needs_promise()) return;
  const LimitMeter::Kept kept = meter.keep();
  if (!keeper_) {
    meter.kept(true);
    return;
  }
  write_down(meter, kept, [this, held = meter.shared_from_this()](bool is_written) {
    held->kept(is_written);
    if (is_written && on_free_) on_free_(*held);
  });
}

void Governor::tick() {
  for (const Suspension& ended : book_.end_expired(clock_.wall())) forget_suspension(ended);
  if (keeper_) {
    for (auto& [key, meter] : meters_) {
      if (!meter->must_be_kept()) continue;
      // A promise on its way will be followed by another record soon enough.
      const LimitMeter::Kept now = meter->keep_with_promise();
      const auto last = written_.find(meter.get());
      if (now.last_message && (last == written_.end() || last->second != now.last_message)) {
        write_down(*meter, now, nullptr);
      }
    }
  }
  for (auto& [key, known] : cells_) {
    known.cell->control->tick();
    follow(*known.cell);
  }
  follow_warmup();
  if (clock_.now() < forgets_at_) return;
  forgets_at_ = clock_.now() + kForgetEvery;
  forget_idle();
}

void Governor::keep_all() {
  if (!keeper_) return;
  for (auto& [key, meter] : meters_) {
    if (meter->must_be_kept()) write_down(*meter, meter->keep_at_end(), nullptr);
  }
  warmup_.keep(keeper_, WarmupBook::Keep::everything);
  keeper_(kEndedWell, "1", nullptr);
}

void Governor::forget_idle() {
  hits_.forget_old();
  std::erase_if(cells_, [](const auto& one) {
    const KnownCell& known = one.second;
    const CellControl& control = *known.cell->control;
    return known.cell.use_count() == 1 && known.cell->own->is_idle() && !control.rate() &&
           !control.connections();
  });
  std::erase_if(controls_, [](const auto& one) {
    const CellControl& control = *one.second;
    return one.second.use_count() == 1 && !control.rate() && !control.connections();
  });
  std::erase_if(flows_, [](const auto& one) {
    return std::all_of(one.second.meters.begin(), one.second.meters.end(),
                       [](const auto& meter) { return !meter || meter->is_idle(); });
  });
  std::erase_if(meters_, [this](const auto& one) {
    const bool is_forgotten = one.second.use_count() == 1 && one.second->is_idle();
    if (is_forgotten && written_.erase(one.second.get()) > 0) {
      keeper_(std::string(kMeter) + one.first, std::nullopt, nullptr);
    }
    return is_forgotten;
  });
}

void Governor::keep_suspension(const Suspension& suspension) {
  if (keeper_) keeper_(suspension_key(suspension), suspension.encode(), nullptr);
}

void Governor::forget_suspension(const Suspension& suspension) {
  if (keeper_) keeper_(suspension_key(suspension), std::nullopt, nullptr);
}

}  // namespace posthaste
