#include "cli/top_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/printable.h"
#include "cli/api_client.h"
#include "cli/screen_text.h"
#include "cli/top_table.h"

namespace posthaste {
namespace {

constexpr std::size_t kCourse = 60;  // samples
constexpr std::size_t kTotalLines = 4;
constexpr std::size_t kLabel = 11;
constexpr std::size_t kValue = 11;
constexpr std::size_t kMaxBars = 24;
constexpr const char* kKeys = "q quit  p providers  s sources  u queues  j/k choose  space pause";

void remember(std::deque<double>& course, double value) {
  course.push_back(value);
  if (course.size() > kCourse) course.pop_front();
}

std::string bars(const std::deque<double>& course, std::size_t columns) {
  // One value is no course.
  const std::size_t shown = course.size() < 2 ? 0 : std::min({columns, kMaxBars, course.size()});
  return sparkline({course.end() - static_cast<std::ptrdiff_t>(shown), course.end()});
}

std::string age(double seconds) {
  return seconds < 60 ? fmt::format("{:.0f}s", std::floor(seconds)) : human_age(seconds);
}

// Left and right of a line; the right one gives way.
std::string ends(const std::string& left, const std::string& right, std::size_t columns) {
  const std::size_t needed = columns_of(left) + columns_of(right) + 2;
  if (needed > columns) return pad_right(left, columns);
  return left + std::string(columns - needed + 2, ' ') + right;
}

// All that is known of what holds a row back.
std::string story(const TopRow& row) {
  std::string text;
  auto add = [&text](const std::string& what) { text += (text.empty() ? "" : "; ") + what; };
  for (const TopReason& held : row.held_by) {
    add(with_separators(held.messages) + " held back by " + held.reason);
  }
  for (const std::string& loop : row.loops) add("closed loop " + loop);
  if (!row.next.empty()) add("next at " + row.next + " UTC");
  if (!row.last_failure.empty()) add("last failure: " + row.last_failure);
  return text.empty() ? "nothing holds it back" : text;
}

// The letter that does the same as the key.
char letter_of(const Key& key) {
  switch (key.name) {
    case KeyName::up:
      return 'k';
    case KeyName::down:
      return 'j';
    case KeyName::page_up:
      return 'b';
    case KeyName::page_down:
      return 'f';
    case KeyName::home:
      return 'g';
    case KeyName::end:
      return 'G';
    case KeyName::character:
      break;
  }
  return key.character;
}

struct Layout {
  std::size_t table = 0;    // rows of it, the heading aside
  std::size_t details = 0;  // lines of them, 0: none
  bool has_totals = true;
};

// On a low screen the details go first, then the totals.
Layout layout(std::size_t rows) {
  constexpr std::size_t kFixed = 4;  // title, tabs, heading, keys
  Layout layout;
  layout.has_totals = rows >= kFixed + kTotalLines + 4;
  layout.details = rows >= 34 ? 6 : rows >= 20 ? 4 : 0;
  const std::size_t totals = layout.has_totals ? kTotalLines + 1 : 0;
  const std::size_t taken = kFixed + totals + layout.details;
  layout.table = rows > taken ? rows - taken : 0;
  return layout;
}

}  // namespace

void TopView::show(TopFigures figures) {
  if (is_paused_) return;
  figures_ = std::move(figures);
  remember(course_.queued, static_cast<double>(figures_.now.queued));
  if (!figures_.totals) return;
  remember(course_.received, figures_.received);
  remember(course_.delivered, figures_.totals->delivered);
  remember(course_.deferred, figures_.totals->deferred);
  remember(course_.failed, figures_.totals->failed);
}

const std::vector<TopRow>& TopView::rows(List list) const {
  if (list == List::providers) return figures_.now.providers;
  return list == List::sources ? figures_.now.sources : figures_.now.queues;
}

const std::vector<std::optional<TopRates>>& TopView::rates(List list) const {
  if (list == List::providers) return figures_.providers;
  return list == List::sources ? figures_.sources : figures_.queues;
}

std::size_t TopView::chosen() const {
  const std::string& name = chosen_[static_cast<std::size_t>(list_)];
  const std::vector<TopRow>& all = rows(list_);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const TopRow& row) { return row.name == name; });
  return found == all.end() ? 0 : static_cast<std::size_t>(found - all.begin());
}

void TopView::choose(std::size_t row) {
  const std::vector<TopRow>& all = rows(list_);
  if (all.empty()) return;
  chosen_[static_cast<std::size_t>(list_)] = all[std::min(row, all.size() - 1)].name;
}

void TopView::move(std::ptrdiff_t by) {
  choose(static_cast<std::size_t>(
      std::max<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(chosen()) + by)));
}

bool TopView::press(const Key& key) {
  constexpr std::ptrdiff_t kPage = 10;
  switch (letter_of(key)) {
    case 'q':
    case 'Q':
      return false;
    case 'p':
      list_ = List::providers;
      break;
    case 's':
      list_ = List::sources;
      break;
    case 'u':
      list_ = List::queues;
      break;
    case '\t':
      list_ = static_cast<List>((static_cast<std::size_t>(list_) + 1) % chosen_.size());
      break;
    case 'k':
      move(-1);
      break;
    case 'j':
      move(1);
      break;
    case 'b':
      move(-kPage);
      break;
    case 'f':
      move(kPage);
      break;
    case 'g':
      choose(0);
      break;
    case 'G':
      choose(rows(list_).size());
      break;
    case ' ':
      is_paused_ = !is_paused_;
      break;
    default:
      break;
  }
  return true;
}

std::string TopView::title(std::size_t columns) const {
  const TopSample& now = figures_.now;
  std::string right = "every " + interval_;
  if (!now.time.empty()) {
    right = fmt::format("up {}  {} UTC  {}", age(now.uptime), now.time, right);
  }
  return ends("posthaste top  " + server_ + (is_paused_ ? "  PAUSED" : ""), right, columns);
}

std::vector<std::string> TopView::totals(std::size_t columns) const {
  const TopSample& now = figures_.now;
  const std::size_t half = columns > 2 ? (columns - 2) / 2 : 0;
  const std::size_t room = half > kLabel + kValue + 2 ? half - kLabel - kValue - 2 : 0;
  auto cell = [&](const char* label, const std::string& value,
                  const std::deque<double>& course = {}) {
    const std::string text =
        pad_right(label, kLabel) + pad_left(value, kValue) + "  " + bars(course, room);
    return pad_right(text, half) + "  ";
  };
  auto rate = [&](double value) {
    return figures_.totals ? rate_number(value) + "/s" : std::string("-");
  };
  const TopRates rates = figures_.totals.value_or(TopRates{});
  const std::string oldest = now.oldest ? age(*now.oldest) : "-";
  std::vector<std::string> lines = {
      cell("in", rate(figures_.received), course_.received) +
          cell("delivered", rate(rates.delivered), course_.delivered),
      cell("deferred", rate(rates.deferred), course_.deferred) +
          cell("failed", rate(rates.failed), course_.failed),
      cell("queued", with_separators(now.queued), course_.queued) + cell("oldest", oldest),
      cell("connections", with_separators(now.connections)) +
          cell("suspensions", with_separators(now.suspensions))};
  for (std::string& line : lines) line.erase(line.find_last_not_of(' ') + 1);
  return lines;
}

std::string TopView::tabs() const {
  const TopSample& now = figures_.now;
  auto tab = [this](List list, std::string text) {
    return list == list_ ? "[" + text + "]" : " " + std::move(text) + " ";
  };
  std::string queues = fmt::format("queues {}", now.queues.size());
  if (now.queue_count > now.queues.size()) {
    queues = fmt::format("queues: {} {} of {}", now.are_queues_longest ? "longest" : "busiest",
                         now.queues.size(), with_separators(now.queue_count));
  }
  return tab(List::providers, fmt::format("providers {}", now.providers.size())) + "  " +
         tab(List::sources, fmt::format("sources {}", now.sources.size())) + "  " +
         tab(List::queues, queues);
}

std::vector<ScreenLine> TopView::table(List list, std::size_t columns) const {
  return list == List::queues ? queue_table(rows(list), rates(list), columns)
                              : way_table(list == List::providers ? "PROVIDER" : "SOURCE",
                                          rows(list), rates(list), columns);
}

std::vector<ScreenLine> TopView::details(std::size_t columns, std::size_t height) const {
  std::vector<ScreenLine> lines;
  if (height == 0) return lines;
  const std::vector<TopRow>& all = rows(list_);
  const std::string name = all.empty() ? "" : " " + all[chosen()].name + " ";
  std::string rule = "──" + name;
  while (columns_of(rule) < columns) rule += "─";
  lines.push_back({pad_right(rule, columns), LineStyle::faint});
  if (!all.empty()) {
    for (std::string& line : wrap(story(all[chosen()]), columns, height - 1)) {
      lines.push_back({std::move(line)});
    }
  }
  lines.resize(height);
  return lines;
}

std::vector<ScreenLine> TopView::render(ScreenSize size) const {
  const Layout plan = layout(size.rows);
  std::vector<ScreenLine> lines{{title(size.columns), LineStyle::title}};
  if (plan.has_totals) {
    for (std::string& line : totals(size.columns)) lines.push_back({std::move(line)});
    lines.emplace_back();
  }
  std::vector<ScreenLine> all = table(list_, size.columns);
  const std::size_t count = all.size() - 1;
  const std::size_t first =
      chosen() < plan.table ? 0 : std::min(chosen() + 1 - plan.table, count - plan.table);
  const std::size_t last = std::min(count, first + plan.table);
  const std::string where =
      count > plan.table ? fmt::format("{} to {} of {}", first + 1, last, count) : "";
  lines.push_back({ends(tabs(), where, size.columns)});
  lines.push_back(std::move(all.front()));
  for (std::size_t i = first; i < first + plan.table; ++i) {
    if (i >= count) {
      lines.emplace_back();
      continue;
    }
    ScreenLine& row = all[i + 1];
    if (i == chosen()) row = {pad_right(row.text, size.columns), LineStyle::selected};
    lines.push_back(std::move(row));
  }
  for (ScreenLine& line : details(size.columns, plan.details)) lines.push_back(std::move(line));
  lines.push_back(trouble_.empty() ? ScreenLine{kKeys, LineStyle::faint}
                                   : ScreenLine{printable(trouble_), LineStyle::warning});
  for (ScreenLine& line : lines) {
    if (columns_of(line.text) > size.columns) line.text = pad_right(line.text, size.columns);
    if (line.style != LineStyle::selected) line.text.erase(line.text.find_last_not_of(' ') + 1);
  }
  lines.resize(size.rows);
  return lines;
}

std::vector<std::string> TopView::render_once() const {
  constexpr std::size_t kWidth = 80;
  std::vector<std::string> lines{title(kWidth)};
  for (std::string& line : totals(kWidth)) lines.push_back(std::move(line));
  for (const List list : {List::providers, List::sources, List::queues}) {
    lines.emplace_back();
    for (ScreenLine& line : table(list, 0)) lines.push_back(std::move(line.text));
  }
  return lines;
}

}  // namespace posthaste
