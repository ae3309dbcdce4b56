#include "report/outcome_rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace posthaste {
namespace {

// No window has more slices than end in this; what ended before is out of every one of them.
constexpr std::int64_t kMostJudged = RateWindow::kSlices + 2;
constexpr std::size_t kForgottenPart = 8;

// Mail of nobody's provider, as the counters name it.
std::string shown_provider(const std::string& provider) {
  return provider.empty() ? "default" : provider;
}

std::string key_of(const RateSubject& subject) {
  return fmt::format("{}/{}\n{}", to_string(subject.scope), subject.owner, subject.name);
}

}  // namespace

std::string RateChange::to_string() const {
  const std::string what = fmt::format("{}: {} {:.3g} % ({} of {} in {})", subject.to_string(),
                                       posthaste::to_string(kind), 100 * sum.share(), sum.part,
                                       sum.whole, posthaste::to_string(window));
  if (went_over_budget) return fmt::format("{}, the budget is {}", what, threshold.to_string());
  if (now == AlertLevel::ok) {
    return fmt::format("{}, no longer {}", what, posthaste::to_string(before));
  }
  return fmt::format("{}, {} from {} on", what, posthaste::to_string(now), threshold.to_string());
}

AlertLevel OutcomeRates::Window::level() const {
  if (page.is_raised()) return AlertLevel::page;
  if (warn.is_raised()) return AlertLevel::warn;
  const bool is_pending =
      warn.state() == RateAlarm::State::pending || page.state() == RateAlarm::State::pending;
  return is_pending ? AlertLevel::pending : AlertLevel::ok;
}

AlertLevel OutcomeRates::Window::level_to_come() const {
  if (page.state() != RateAlarm::State::quiet) return AlertLevel::page;
  return warn.state() != RateAlarm::State::quiet ? AlertLevel::warn : AlertLevel::ok;
}

bool OutcomeRates::Cell::has_alarm() const {
  return std::any_of(windows.begin(), windows.end(), [](const Window& window) {
    return window.warn.is_raised() || window.page.is_raised() || window.budget.is_raised();
  });
}

std::uint64_t OutcomeRates::Cell::mail(WallTime now) const {
  std::uint64_t sum = 0;
  for (const Window& window : windows) sum += window.counts.sum(window.counts.slice_of(now)).whole;
  return sum;
}

OutcomeRates::OutcomeRates(std::shared_ptr<const RateRules> rules) : rules_(std::move(rules)) {}

OutcomeRates::Cell OutcomeRates::make_cell(const RateSubject& subject) const {
  Cell cell;
  cell.subject = subject;
  const RateBudget* const budget = rules_->budget_of(subject);
  if (budget != nullptr && budget->action != BudgetAction::none) cell.budget = budget;
  for (std::size_t i = 0; i < rules_->rules().size(); ++i) {
    const RateRules::Rule& rule = rules_->rules()[i];
    if (!rule.holds_for(subject.scope)) continue;
    cell.windows.push_back({i, RateWindow(rule.window), {}, {}, {}});
  }
  return cell;
}

OutcomeRates::Cell& OutcomeRates::cell(const RateSubject& subject) {
  std::string key = key_of(subject);
  const auto known = cells_.find(key);
  if (known != cells_.end()) return known->second;
  while (cells_.size() >= rules_->alert().max_cells) forget_least();
  return cells_.emplace(std::move(key), make_cell(subject)).first->second;
}

bool OutcomeRates::adds_to(RateScope scope, const RateOutcome& outcome) const {
  const auto& rules = rules_->rules();
  return std::any_of(rules.begin(), rules.end(), [&](const RateRules::Rule& rule) {
    return rule.holds_for(scope) && outcome.part_of(rule.kind) + outcome.whole_of(rule.kind) > 0;
  });
}

void OutcomeRates::count_for(const RateSubject& subject, const RateOutcome& outcome) {
  if (!adds_to(subject.scope, outcome)) return;
  Cell& one = cell(subject);
  one.last = outcomes_;
  one.is_changed = true;
  for (Window& window : one.windows) {
    const RateKind kind = rules_->rules()[window.rule].kind;
    const std::uint32_t part = outcome.part_of(kind);
    const std::uint32_t whole = outcome.whole_of(kind);
    if (part + whole > 0) window.counts.add(outcome.time, *now_, part, whole);
  }
}

void OutcomeRates::count(const RateOutcome& outcome) {
  if (!now_) advance(outcome.time);
  ++outcomes_;
  if (!outcome.source.empty()) {
    const std::string provider = shown_provider(outcome.provider);
    count_for({RateScope::source, "", outcome.source}, outcome);
    count_for({RateScope::provider, "", provider}, outcome);
    count_for({RateScope::cell, outcome.source, provider}, outcome);
  }
  if (!outcome.tenant.empty()) count_for({RateScope::tenant, "", outcome.tenant}, outcome);
  if (!outcome.campaign.empty()) {
    count_for({RateScope::campaign, outcome.tenant, outcome.campaign}, outcome);
  }
}

void OutcomeRates::advance(WallTime now) {
  if (now_ && now <= *now_) return;
  const WallTime before = now_.value_or(now);
  now_ = now;
  // The slice of each rule that ends next.
  std::vector<std::int64_t> next;
  for (const RateRules::Rule& rule : rules_->rules()) {
    const RateWindow window(rule.window);
    next.push_back(std::max(window.slice_of(before), window.slice_of(now) - kMostJudged));
  }
  while (true) {
    std::optional<std::pair<WallTime, std::size_t>> first;
    for (std::size_t i = 0; i < next.size(); ++i) {
      const std::pair one(RateWindow(rules_->rules()[i].window).end_of(next[i]), i);
      if (one.first <= now && (!first || one < *first)) first = one;
    }
    if (!first) return;
    judge(first->second, next[first->second]++, first->first);
  }
}

void OutcomeRates::judge(std::size_t rule, std::int64_t last, WallTime end) {
  for (auto known = cells_.begin(); known != cells_.end();) {
    Cell& cell = known->second;
    bool is_empty = false;
    for (Window& window : cell.windows) {
      if (window.rule != rule) continue;
      const RateSum sum = window.counts.sum(last);
      judge(cell, window, sum, end);
      is_empty = sum.whole == 0 && cell.mail(end) == 0 && !cell.has_alarm();
    }
    if (is_empty) forgotten_.push_back(known->first);
    known = is_empty ? cells_.erase(known) : std::next(known);
  }
}

void OutcomeRates::judge(Cell& cell, Window& window, const RateSum& sum, WallTime end) {
  const RateRules::Rule& rule = rules_->rules()[window.rule];
  const auto state = [&window] {
    return std::tuple(window.warn.state(), window.page.state(), window.budget.state());
  };
  const auto before = state();
  window.warn.judge(sum, rule.limits.warn, rule.limits.min_count);
  window.page.judge(sum, rule.limits.page, rule.limits.min_count);
  const Percent budget = cell.budget == nullptr ? Percent() : allowed(*cell.budget, rule.kind);
  window.budget.judge(sum, budget, rule.limits.min_count);
  if (state() != before) cell.is_changed = true;
  RateChange change{cell.subject, rule.kind, rule.window, sum};
  change.time = end;
  tell_level(cell, change);
  change.threshold = budget;
  tell_budget(cell, std::move(change));
}

void OutcomeRates::tell_level(Cell& cell, RateChange change) {
  AlertLevel raised = AlertLevel::ok;
  AlertLevel kept = AlertLevel::ok;
  const RateLimits* limits = nullptr;
  for (const Window& window : cell.windows) {
    const RateRules::Rule& rule = rules_->rules()[window.rule];
    if (rule.kind != change.kind) continue;
    limits = &rule.limits;
    if (window.level() > AlertLevel::pending) raised = std::max(raised, window.level());
    kept = std::max(kept, window.level_to_come());
  }
  AlertLevel& told = cell.told[static_cast<std::size_t>(change.kind)];
  change.before = told;
  change.now = std::max(raised, std::min(told, kept));
  if (change.now == change.before) return;
  told = change.now;
  cell.is_changed = true;
  change.threshold = change.now == AlertLevel::page ? limits->page : limits->warn;
  changes_.push_back(std::move(change));
}

void OutcomeRates::tell_budget(Cell& cell, RateChange change) {
  bool is_raised = false;
  bool is_kept = false;
  for (const Window& window : cell.windows) {
    if (rules_->rules()[window.rule].kind != change.kind) continue;
    is_raised = is_raised || window.budget.is_raised();
    is_kept = is_kept || window.budget.state() != RateAlarm::State::quiet;
  }
  const auto kind = static_cast<std::size_t>(change.kind);
  const bool was_over = cell.over_budget[kind];
  const bool is_over = is_raised || (was_over && is_kept);
  if (is_over == was_over) return;
  cell.over_budget[kind] = is_over;
  cell.is_changed = true;
  if (!is_over) return;
  change.before = change.now = cell.told[kind];
  change.went_over_budget = true;
  changes_.push_back(std::move(change));
}

void OutcomeRates::forget_least() {
  using Rank = std::tuple<bool, std::uint64_t, std::uint64_t, std::string>;
  std::vector<Rank> ranks;
  ranks.reserve(cells_.size());
  for (const auto& [key, cell] : cells_) {
    ranks.emplace_back(cell.has_alarm(), cell.mail(*now_), cell.last, key);
  }
  const std::size_t count = std::max<std::size_t>(1, ranks.size() / kForgottenPart);
  const auto end = ranks.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(ranks.begin(), end, ranks.end());
  for (auto one = ranks.begin(); one <= end; ++one) {
    cells_.erase(std::get<std::string>(*one));
    forgotten_.push_back(std::move(std::get<std::string>(*one)));
  }
}

std::vector<RateRow> OutcomeRates::rows(const Wants& wants) const {
  std::vector<RateRow> rows;
  if (!now_) return rows;
  for (const auto& [key, cell] : cells_) {
    for (const Window& window : cell.windows) {
      if (wants && !wants(cell.subject.scope, window.level())) continue;
      const RateRules::Rule& rule = rules_->rules()[window.rule];
      const RateSum sum = window.counts.sum(window.counts.slice_of(*now_));
      if (sum.whole == 0 && window.level() == AlertLevel::ok) continue;
      RateRow row{cell.subject, rule.kind, rule.window, sum, rule.limits.warn, rule.limits.page};
      if (cell.budget != nullptr) row.budget = allowed(*cell.budget, rule.kind);
      row.min_count = rule.limits.min_count;
      row.level = window.level();
      row.is_over_budget = window.budget.is_raised();
      rows.push_back(std::move(row));
    }
  }
  std::sort(rows.begin(), rows.end(), [](const RateRow& a, const RateRow& b) {
    const auto rank = [](const RateRow& row) {
      return std::tuple(row.is_over_budget, row.level, measured_share(row.sum), row.sum.share());
    };
    const auto name = [](const RateRow& row) {
      return std::tie(row.subject.scope, row.subject.owner, row.subject.name, row.kind, row.window);
    };
    return rank(a) != rank(b) ? rank(a) > rank(b) : name(a) < name(b);
  });
  return rows;
}

}  // namespace posthaste
