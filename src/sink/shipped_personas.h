#pragma once

#include <span>
#include <string_view>

namespace posthaste {

// A file of conf/personas, which is part of the program.
struct ShippedPersona {
  const char* name;
  const char* file;
  std::string_view text;
};

std::span<const ShippedPersona> shipped_personas();

}  // namespace posthaste
