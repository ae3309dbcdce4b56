#include "cli/top_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cli/screen_text.h"

namespace posthaste {
namespace {

// The first column is a name, the last says what holds it back, those between are numbers.
using Cells = std::vector<std::string>;

constexpr std::size_t kLeastName = 12;

std::string rate_cell(const std::optional<TopRates>& rates, double TopRates::*which) {
  return rates ? rate_number((*rates).*which) : "-";
}

std::string growth_cell(const std::optional<TopRates>& rates) {
  if (!rates) return "-";
  const std::string text = rate_number(std::abs(rates->growth));
  if (text == "0") return text;
  return (rates->growth > 0 ? "+" : "-") + text;
}

// The first thing that a person should know.
std::string held_cell(const TopRow& row, const std::optional<TopRates>& rates) {
  if (!row.held_by.empty()) return row.held_by.front().reason;
  if (!row.loops.empty()) return row.loops.front();
  const bool is_failing = rates && rates->deferred + rates->failed > 0;
  return is_failing ? row.last_failure : "";
}

std::vector<std::size_t> widths_of(const std::vector<Cells>& lines) {
  std::vector<std::size_t> widths(lines.front().size(), 0);
  for (const Cells& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(line[i]));
    }
  }
  return widths;
}

std::string joined(const Cells& line, const std::vector<std::size_t>& widths) {
  // The end of a queue's name, its domain, tells most.
  std::string text = keep_end(line.front(), widths.front());
  for (std::size_t i = 1; i + 1 < line.size(); ++i) text += "  " + pad_left(line[i], widths[i]);
  return text + "  " + line.back();
}

// `lines` are the heading and the rows.
std::vector<ScreenLine> aligned(const std::vector<Cells>& lines, const std::vector<TopRow>& rows,
                                std::size_t columns) {
  std::vector<std::size_t> widths = widths_of(lines);
  if (columns > 0) widths.front() = std::min(widths.front(), std::max(kLeastName, columns * 3 / 8));
  std::vector<ScreenLine> table;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string text = joined(lines[i], widths);
    if (columns > 0 && columns_of(text) > columns) text = pad_right(text, columns);
    text.erase(text.find_last_not_of(' ') + 1);
    LineStyle style = LineStyle::heading;
    if (i > 0) style = rows[i - 1].held_by.empty() ? LineStyle::plain : LineStyle::held;
    table.push_back({std::move(text), style});
  }
  return table;
}

}  // namespace

std::vector<ScreenLine> way_table(const std::string& title, const std::vector<TopRow>& rows,
                                  const std::vector<std::optional<TopRates>>& rates,
                                  std::size_t columns) {
  std::vector<Cells> lines{
      {title, "DELIV/S", "DEFER/S", "FAIL/S", "CONN", "WAITING", "HELD BACK BY"}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TopRow& row = rows[i];
    lines.push_back({row.name, rate_cell(rates[i], &TopRates::delivered),
                     rate_cell(rates[i], &TopRates::deferred),
                     rate_cell(rates[i], &TopRates::failed), with_separators(row.connections),
                     with_separators(row.waiting), held_cell(row, rates[i])});
  }
  return aligned(lines, rows, columns);
}

std::vector<ScreenLine> queue_table(const std::vector<TopRow>& rows,
                                    const std::vector<std::optional<TopRates>>& rates,
                                    std::size_t columns) {
  std::vector<Cells> lines{
      {"QUEUE", "WAITING", "CHANGE/S", "DELIV/S", "DEFER/S", "NEXT", "HELD BACK BY"}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TopRow& row = rows[i];
    lines.push_back({row.name, with_separators(row.waiting), growth_cell(rates[i]),
                     rate_cell(rates[i], &TopRates::delivered),
                     rate_cell(rates[i], &TopRates::deferred), row.next.empty() ? "now" : row.next,
                     held_cell(row, rates[i])});
  }
  return aligned(lines, rows, columns);
}

}  // namespace posthaste
