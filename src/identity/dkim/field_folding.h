#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

// Appends the names of "h=", folded before the name that would pass the margin.
void append_folded_names(const std::vector<std::string_view>& names, std::string& out);

// Appends base64 in lines that keep the margin.
void append_folded_base64(std::string_view base64, std::string& out);

}  // namespace posthaste
