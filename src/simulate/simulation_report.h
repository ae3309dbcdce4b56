#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "simulate/simulation.h"

namespace posthaste {

// All days of a simulation, for people and programs.
class SimulationReport {
 public:
  explicit SimulationReport(std::uint64_t volume) : volume_(volume) {}

  void add_day(std::vector<SimulatedDay> providers, std::vector<ShapingChange> changes);

  // The first day, from 1, on which 95 % of the volume went out; nullopt: none did.
  std::optional<std::int64_t> full_on() const;

  struct Sums {
    std::uint64_t offered = 0;
    std::uint64_t delivered = 0;
    std::uint64_t deferrals = 0;
    std::uint64_t bounced = 0;
    std::uint64_t failed = 0;
    std::uint64_t left_over = 0;
    std::uint64_t blocked_sources = 0;

    void operator+=(const SimulatedDay& day);
  };
  Sums sums() const;

  std::string table() const;
  nlohmann::ordered_json json() const;

 private:
  struct Day {
    std::vector<SimulatedDay> providers;
    std::vector<ShapingChange> changes;  // of warm-up
  };
  static Sums sums_of(const Day& day);

  std::uint64_t volume_;
  std::vector<Day> days_;
};

}  // namespace posthaste
