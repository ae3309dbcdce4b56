#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/screen_keys.h"
#include "cli/top_rates.h"

namespace posthaste {

// The tables of `posthaste top`: a heading and a line for each row, all of at most so many columns
// (0: as many as it takes). `rates` has as many as `rows`.

// Providers or sources.
std::vector<ScreenLine> way_table(const std::string& title, const std::vector<TopRow>& rows,
                                  const std::vector<std::optional<TopRates>>& rates,
                                  std::size_t columns);
std::vector<ScreenLine> queue_table(const std::vector<TopRow>& rows,
                                    const std::vector<std::optional<TopRates>>& rates,
                                    std::size_t columns);

}  // namespace posthaste
