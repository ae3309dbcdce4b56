#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthaste {

// A part of a hundred, as configurations write it: "5%", "0.1%". Exact to a ten-thousandth of a
// per cent; 0 to 100.
class Percent {
 public:
  constexpr Percent() = default;
  // Of a million.
  constexpr explicit Percent(std::uint32_t millionths) : millionths_(millionths) {}

  static Result<Percent> parse(std::string_view text);
  // The shortest form that parse reads back.
  std::string to_string() const;
  static std::string config_type_name() { return "percentage"; }

  constexpr std::uint32_t millionths() const { return millionths_; }
  // 0 to 1.
  constexpr double share() const { return millionths_ / 1e6; }
  auto operator<=>(const Percent&) const = default;

 private:
  std::uint32_t millionths_ = 0;
};

}  // namespace posthaste
