#include "identity/doctor/dmarc_edit.h"

#include <algorithm>
#include <array>
#include <set>

#include "identity/dkim/dkim_canonical.h"

namespace posthaste {
namespace {

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

bool is_one_of(std::string_view value, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), ascii_lower(value)) != known.end();
}

bool is_report_list(std::string_view value) {
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(','), value.size());
    const std::string_view uri = without_blanks(value.substr(0, end));
    if (uri.find(':') == std::string_view::npos || uri.find(' ') != std::string_view::npos) {
      return false;
    }
    if (uri.starts_with("mailto:") && uri.find('@') == std::string_view::npos) return false;
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return true;
}

bool is_well_formed(std::string_view tag, std::string_view value) {
  if (tag == "p" || tag == "sp" || tag == "np") {
    return is_one_of(value, {"none", "quarantine", "reject"});
  }
  if (tag == "adkim" || tag == "aspf") return is_one_of(value, {"r", "s"});
  if (tag == "psd") return is_one_of(value, {"y", "n", "u"});
  if (tag == "t") return is_one_of(value, {"y", "n"});
  if (tag == "rua" || tag == "ruf") return is_report_list(value);
  if (tag == "fo") return value.find_first_not_of("01dsDS: ") == std::string_view::npos;
  return false;
}

}  // namespace

DmarcEdit DmarcEdit::of(std::string_view text) {
  DmarcEdit edit;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    std::string tag = ascii_lower(without_blanks(part.substr(0, equals)));
    if (tag == "v") continue;
    edit.tags_.emplace_back(std::move(tag), without_blanks(part.substr(equals + 1)));
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
  std::erase_if(tags_, [&](const auto& one) {
    return !is_well_formed(one.first, one.second) || !seen.insert(one.first).second;
  });
}

std::string DmarcEdit::text() const {
  std::string result = "v=DMARC1";
  for (const auto& [tag, value] : tags_) result.append("; ").append(tag).append("=").append(value);
  return result;
}

}  // namespace posthaste
