#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "cli/screen_keys.h"
#include "cli/top_rates.h"

namespace posthaste {

// What `posthaste top` shows: totals with their recent course, one of three lists, and all that is
// known of the row that is chosen. Does no I/O.
//
//   view.show(figures);
//   for (const ScreenLine& line : view.render({80, 24})) …
class TopView {
 public:
  enum class List { providers, sources, queues };

  // `server` is what people call it, `interval` as in "2s".
  TopView(std::string server, std::string interval)
      : server_(std::move(server)), interval_(std::move(interval)) {}

  // Nothing new is shown while it is paused.
  void show(TopFigures figures);
  // "": all is well. Stands in the last line until it is.
  void set_trouble(std::string what) { trouble_ = std::move(what); }

  // Whether to go on; false: it was the key to end.
  bool press(const Key& key);
  bool is_paused() const { return is_paused_; }

  // Exactly so many rows, each of at most so many columns.
  std::vector<ScreenLine> render(ScreenSize size) const;
  // Totals and all three lists, whole, for those who read no screen.
  std::vector<std::string> render_once() const;

 private:
  struct Totals {
    std::deque<double> received;
    std::deque<double> delivered;
    std::deque<double> deferred;
    std::deque<double> failed;
    std::deque<double> queued;
  };

  const std::vector<TopRow>& rows(List list) const;
  const std::vector<std::optional<TopRates>>& rates(List list) const;
  void move(std::ptrdiff_t by);
  void choose(std::size_t row);
  std::size_t chosen() const;
  std::string title(std::size_t columns) const;
  std::vector<std::string> totals(std::size_t columns) const;
  std::string tabs() const;
  std::vector<ScreenLine> table(List list, std::size_t columns) const;
  std::vector<ScreenLine> details(std::size_t columns, std::size_t height) const;

  std::string server_;
  std::string interval_;
  std::string trouble_;
  bool is_paused_ = false;
  List list_ = List::providers;
  std::array<std::string, 3> chosen_;  // the name of the row, for each list
  TopFigures figures_;
  Totals course_;
};

}  // namespace posthaste
