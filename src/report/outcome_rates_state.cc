// What the rates keep over restarts.
#include <algorithm>

#include "report/outcome_rates.h"
#include "report/rate_state.pb.h"

namespace posthaste {
namespace {

RateAlarm::State alarm_state(std::uint32_t number) {
  return number <= 2 ? static_cast<RateAlarm::State>(number) : RateAlarm::State::quiet;
}

// "campaign/acme\nspring".
std::optional<RateSubject> subject_of(std::string_view key) {
  const std::size_t slash = key.find('/');
  const std::size_t line = key.find('\n');
  if (slash == std::string_view::npos || line == std::string_view::npos || line < slash) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < kRateScopes; ++i) {
    const auto scope = static_cast<RateScope>(i);
    if (key.substr(0, slash) != to_string(scope)) continue;
    return RateSubject{scope, std::string(key.substr(slash + 1, line - slash - 1)),
                       std::string(key.substr(line + 1))};
  }
  return std::nullopt;
}

std::vector<RateWindow::Slice> slices_of(const record::RateWindowRecord& record) {
  std::vector<RateWindow::Slice> slices;
  const int count = std::min({record.numbers_size(), record.parts_size(), record.wholes_size()});
  for (int i = 0; i < count; ++i) {
    slices.push_back({record.numbers(i), record.parts(i), record.wholes(i)});
  }
  return slices;
}

}  // namespace

std::string OutcomeRates::encode(const Cell& cell) const {
  record::RateCellRecord record;
  for (const Window& window : cell.windows) {
    const RateRules::Rule& rule = rules_->rules()[window.rule];
    record::RateWindowRecord& one = *record.add_windows();
    one.set_kind(static_cast<std::uint32_t>(rule.kind));
    one.set_length(rule.window.count());
    for (const RateWindow::Slice& slice : window.counts.slices()) {
      one.add_numbers(slice.number);
      one.add_parts(slice.part);
      one.add_wholes(slice.whole);
    }
    one.set_warn(static_cast<std::uint32_t>(window.warn.state()));
    one.set_page(static_cast<std::uint32_t>(window.page.state()));
    one.set_budget(static_cast<std::uint32_t>(window.budget.state()));
  }
  for (const AlertLevel level : cell.told) record.add_told(static_cast<std::uint32_t>(level));
  for (const bool is_over : cell.over_budget) record.add_over_budget(is_over);
  return record.SerializeAsString();
}

std::vector<OutcomeRates::Record> OutcomeRates::take_records() {
  std::vector<Record> records;
  // One that came back since is written below.
  for (const std::string& key : std::exchange(forgotten_, {})) {
    if (!cells_.contains(key)) records.push_back({std::string(kPrefix) + key, std::nullopt});
  }
  for (auto& [key, cell] : cells_) {
    if (!std::exchange(cell.is_changed, false)) continue;
    records.push_back({std::string(kPrefix) + key, encode(cell)});
  }
  return records;
}

void OutcomeRates::restore(std::string_view key, std::string_view value) {
  if (!key.starts_with(kPrefix)) return;
  key.remove_prefix(kPrefix.size());
  const auto subject = subject_of(key);
  record::RateCellRecord record;
  if (!subject || !record.ParseFromArray(value.data(), static_cast<int>(value.size()))) return;
  Cell cell = make_cell(*subject);
  for (const record::RateWindowRecord& one : record.windows()) {
    for (Window& window : cell.windows) {
      const RateRules::Rule& rule = rules_->rules()[window.rule];
      const bool is_same = static_cast<std::uint32_t>(rule.kind) == one.kind() &&
                           rule.window.count() == one.length();
      if (!is_same) continue;
      window.counts.restore(slices_of(one));
      window.warn.restore(alarm_state(one.warn()));
      window.page.restore(alarm_state(one.page()));
      window.budget.restore(alarm_state(one.budget()));
    }
  }
  const int told = std::min<int>(record.told_size(), kRateKinds);
  for (int i = 0; i < told; ++i) {
    const std::uint32_t level = std::min<std::uint32_t>(record.told(i), 3);
    cell.told[static_cast<std::size_t>(i)] = static_cast<AlertLevel>(level);
  }
  const int budgets = std::min<int>(record.over_budget_size(), kRateKinds);
  for (int i = 0; i < budgets; ++i) {
    cell.over_budget[static_cast<std::size_t>(i)] = record.over_budget(i);
  }
  cells_.insert_or_assign(std::string(key), std::move(cell));
}

void OutcomeRates::set_rules(std::shared_ptr<const RateRules> rules) {
  std::vector<Record> records;
  for (const auto& [key, cell] : cells_) {
    records.push_back({std::string(kPrefix) + key, encode(cell)});
  }
  rules_ = std::move(rules);
  for (const Record& record : records) {
    const std::string& key = record.key;
    restore(key, *record.value);
  }
  for (auto& [key, cell] : cells_) cell.is_changed = true;
}

}  // namespace posthaste
