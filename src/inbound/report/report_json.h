#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "inbound/report/report_mail.h"

namespace posthaste {

// A report as `posthaste report parse` and events tell it: `kind` first (complaint, dmarc_failure,
// dmarc_aggregate, tls_report), then the fields that are there, named as in docs/guide/reports.md.
nlohmann::ordered_json to_json(const Report& report);

// One line; what is no UTF-8 is replaced.
std::string dump_report_json(const nlohmann::ordered_json& json);

}  // namespace posthaste
