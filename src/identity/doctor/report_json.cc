#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "identity/doctor/report_text.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

ordered_json to_json(const DoctorRecord& record) {
  return {{"name", record.name},
          {"type", to_string(record.type)},
          {"data", record.data},
          {"zone", zone_line(record)}};
}

ordered_json to_json(const Remedy& remedy) {
  ordered_json document = ordered_json::object();
  for (const DoctorRecord& record : remedy.remove) document["remove"].push_back(to_json(record));
  for (const DoctorRecord& record : remedy.publish) document["publish"].push_back(to_json(record));
  for (const RemedySetting& setting : remedy.settings) {
    document["settings"].push_back(
        {{"option", setting.option}, {"key", setting.key}, {"value", setting.value}});
  }
  for (const std::string& command : remedy.commands) document["commands"].push_back(command);
  for (const RemedyFile& file : remedy.files) {
    document["files"].push_back({{"url", file.url}, {"text", file.text}});
  }
  if (!remedy.advice.empty()) document["advice"] = remedy.advice;
  return document;
}

ordered_json to_json(const Finding& finding) {
  ordered_json document = {{"check", finding.check},
                           {"severity", to_string(finding.severity)},
                           {"found", finding.found}};
  if (!finding.why.empty()) document["why"] = finding.why;
  if (!finding.remedy.empty()) document["remedy"] = to_json(finding.remedy);
  return document;
}

}  // namespace

std::string report_json(const DoctorReport& report) {
  ordered_json document = {{"ok", report.is_healthy()},
                           {"errors", report.count(Severity::error)},
                           {"warnings", report.count(Severity::warning)},
                           {"infos", report.count(Severity::info)},
                           {"sections", ordered_json::array()}};
  for (const DoctorSection& section : report.sections) {
    ordered_json one = {{"title", section.title},
                        {"subject", section.subject},
                        {"findings", ordered_json::array()}};
    for (const Finding& finding : section.findings) one["findings"].push_back(to_json(finding));
    document["sections"].push_back(std::move(one));
  }
  // What strangers publish may be no UTF-8.
  return dump_json(document);
}

}  // namespace posthaste
