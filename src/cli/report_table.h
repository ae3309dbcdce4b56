#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace posthaste {

// `report summary` for people: a table of the document that the API answers with.
std::string report_table(const nlohmann::ordered_json& summary);

}  // namespace posthaste
