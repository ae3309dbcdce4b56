#include "identity/doctor/dmarc_edit.h"

#include <fmt/format.h>

#include <optional>
#include <set>

#include "identity/dmarc/dmarc_record.h"

namespace posthaste {
namespace {

// What a receiver takes of a tag's value; nothing where it takes none.
std::optional<std::string> sound_value(const std::string& tag, const std::string& value) {
  const std::string_view policy = tag == "p" ? "" : "p=none; ";
  const auto record = parse_dmarc_record(fmt::format("v=DMARC1; {}{}={}", policy, tag, value));
  if (record->problems.empty() && record->obsolete_tags.empty()) return value;
  std::string uris;
  for (const auto* list : {&record->aggregate_reports, &record->failure_reports}) {
    for (const DmarcReportUri& one : *list) uris += (uris.empty() ? "" : ",") + one.uri;
  }
  if (uris.empty()) return std::nullopt;
  return uris;
}

}  // namespace

DmarcEdit DmarcEdit::of(std::string_view text) {
  DmarcEdit edit;
  for (DmarcTag& tag : split_dmarc_record(text)) {
    const bool is_tag = tag.text.find('=') != std::string_view::npos && tag.name != "v";
    if (is_tag) edit.tags_.emplace_back(std::move(tag.name), tag.value);
  }
  return edit;
}

void DmarcEdit::set(std::string_view tag, std::string value) {
  for (auto& [name, old] : tags_) {
    if (name != tag) continue;
    old = std::move(value);
    return;
  }
  tags_.emplace(tag == "p" ? tags_.begin() : tags_.end(), tag, std::move(value));
}

void DmarcEdit::remove(std::string_view tag) {
  std::erase_if(tags_, [&](const auto& one) { return one.first == tag; });
}

void DmarcEdit::remove_malformed() {
  std::set<std::string> seen;
  std::vector<std::pair<std::string, std::string>> sound;
  for (const auto& [tag, value] : tags_) {
    std::optional<std::string> kept = sound_value(tag, value);
    if (kept && seen.insert(tag).second) sound.emplace_back(tag, std::move(*kept));
  }
  tags_ = std::move(sound);
}

std::string DmarcEdit::text() const {
  std::string result = "v=DMARC1";
  for (const auto& [tag, value] : tags_) result.append("; ").append(tag).append("=").append(value);
  return result;
}

}  // namespace posthaste
