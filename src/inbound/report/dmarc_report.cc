#include "inbound/report/dmarc_report.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "inbound/report/report_error.h"
#include "inbound/report/report_xml.h"

namespace posthaste {
namespace {

constexpr int kBrokenDepth = 8;

// The end of the year 9999: what others print can show no later time.
constexpr std::int64_t kMaxTime = 253'402'300'799;

// "1538690400", "1538690400.0": what follows the digits is dropped. From 0 to `max`.
std::int64_t number_of(const std::string& text, std::int64_t max) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return text.starts_with('-') ? 0 : max;
  return error == std::errc() ? std::clamp<std::int64_t>(value, 0, max) : 0;
}

// Results are written in any case ("Pass").
std::string lower_text(const pugi::xml_node& node, std::string_view name) {
  return lowered(child_text(node, name));
}

// The first of this name, as many as are kept.
template <class Function>
void each_child(const pugi::xml_node& node, std::string_view name, Function function) {
  std::size_t left = kMaxReportList;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() != pugi::node_element || local_name(child) != name) continue;
    if (left-- == 0) return;
    function(child);
  }
}

// RFC 9990 §3.1.1.3
void read_metadata(const pugi::xml_node& metadata, DmarcReport& report) {
  report.org_name = child_text(metadata, "org_name");
  report.email = child_text(metadata, "email");
  report.extra_contact_info = child_text(metadata, "extra_contact_info");
  report.report_id = child_text(metadata, "report_id");
  report.generator = child_text(metadata, "generator");
  const pugi::xml_node range = find_child(metadata, "date_range");
  report.begin = number_of(child_text(range, "begin"), kMaxTime);
  report.end = number_of(child_text(range, "end"), kMaxTime);
  each_child(metadata, "error",
             [&](const pugi::xml_node& error) { report.errors.push_back(text_of(error)); });
}

void read_policy(const pugi::xml_node& policy, DmarcReport& report) {
  report.domain = lower_text(policy, "domain");
  report.p = lower_text(policy, "p");
  report.sp = lower_text(policy, "sp");
  report.np = lower_text(policy, "np");
  report.adkim = lower_text(policy, "adkim");
  report.aspf = lower_text(policy, "aspf");
  report.fo = lower_text(policy, "fo");
  report.pct = child_text(policy, "pct");
  report.testing = lower_text(policy, "testing");
  report.discovery_method = lower_text(policy, "discovery_method");
}

DmarcReportRecord read_record(const pugi::xml_node& node) {
  DmarcReportRecord record;
  const pugi::xml_node row = find_child(node, "row");
  record.source_ip = child_text(row, "source_ip");
  record.count = static_cast<std::uint64_t>(number_of(child_text(row, "count"), kMaxReportCount));
  const pugi::xml_node evaluated = find_child(row, "policy_evaluated");
  record.disposition = lower_text(evaluated, "disposition");
  record.dkim = lower_text(evaluated, "dkim");
  record.spf = lower_text(evaluated, "spf");
  each_child(evaluated, "reason", [&](const pugi::xml_node& reason) {
    record.reasons.push_back({lower_text(reason, "type"), child_text(reason, "comment")});
  });
  // The example of RFC 7489 and the schema beside it disagreed on the name.
  pugi::xml_node identifiers = find_child(node, "identifiers");
  if (!identifiers) identifiers = find_child(node, "identities");
  record.header_from = lower_text(identifiers, "header_from");
  record.envelope_from = lower_text(identifiers, "envelope_from");
  record.envelope_to = lower_text(identifiers, "envelope_to");
  const pugi::xml_node results = find_child(node, "auth_results");
  each_child(results, "dkim", [&](const pugi::xml_node& dkim) {
    record.dkim_results.push_back({lower_text(dkim, "domain"), child_text(dkim, "selector"),
                                   lower_text(dkim, "result"), child_text(dkim, "human_result")});
  });
  each_child(results, "spf", [&](const pugi::xml_node& spf) {
    record.spf_results.push_back({lower_text(spf, "domain"), lower_text(spf, "scope"),
                                  lower_text(spf, "result"), child_text(spf, "human_result")});
  });
  return record;
}

// Of a broken report, a record counts when what it counts came through.
bool is_whole(const DmarcReportRecord& record) {
  return !record.source_ip.empty() && record.count > 0 &&
         !(record.dkim.empty() && record.spf.empty());
}

// Of a broken report also what an element that was never closed swallowed. False when there are
// more than `left` rows.
bool read_records(const pugi::xml_node& parent, int depth, DmarcReport& report, std::size_t& left) {
  for (const pugi::xml_node& child : parent.children()) {
    if (local_name(child) == "record") {
      DmarcReportRecord record = read_record(child);
      if (record.rows() > left) return false;
      if (report.is_well_formed || is_whole(record)) {
        left -= record.rows();
        report.records.push_back(std::move(record));
      }
    }
    const bool may_hold_records = !report.is_well_formed && depth > 0;
    if (may_hold_records && !read_records(child, depth - 1, report, left)) return false;
  }
  return true;
}

}  // namespace

std::uint64_t DmarcReport::messages() const {
  std::uint64_t sum = 0;
  for (const DmarcReportRecord& record : records) sum += record.count;
  return sum;
}

std::uint64_t DmarcReport::messages_aligned() const {
  std::uint64_t sum = 0;
  for (const DmarcReportRecord& record : records) {
    if (record.is_aligned()) sum += record.count;
  }
  return sum;
}

std::size_t DmarcReport::rows() const {
  std::size_t sum = 0;
  for (const DmarcReportRecord& record : records) sum += record.rows();
  return sum;
}

Result<DmarcReport> read_dmarc_report(std::string_view xml, std::size_t max_rows) {
  ReportXml read;
  if (auto tree = read_report_xml(xml, read); !tree) return tree.error();
  const pugi::xml_node feedback = find_element(read.tree, "feedback");
  if (!feedback) {
    return {ReportErrc::no_report, "the XML has no <feedback>: not an aggregate DMARC report"};
  }
  DmarcReport report;
  report.is_well_formed = read.is_well_formed;
  report.problem = read.problem;
  report.xml_namespace = feedback.attribute("xmlns").as_string();
  const auto child = report.is_well_formed ? &find_child : &find_element;
  const pugi::xml_node metadata = child(feedback, "report_metadata");
  read_metadata(metadata, report);
  read_policy(child(feedback, "policy_published"), report);
  std::size_t left = max_rows;
  if (!read_records(feedback, kBrokenDepth, report, left)) {
    return {ReportErrc::too_large, "the mail has more than " + std::to_string(kMaxReportRows) +
                                       " records and results: the sender must split the report"};
  }
  if (report.domain.empty() && !report.records.empty()) {
    report.domain = report.records.front().header_from;
  }
  const bool says_whose = !report.domain.empty() && (metadata || !report.records.empty());
  if (!says_whose || (!report.is_well_formed && report.records.empty())) {
    const std::string what = report.is_well_formed
                                 ? std::string("the report names no domain and has no record")
                                 : "the XML is broken (" + report.problem + ")";
    return {ReportErrc::bad_report, what + ": ask its sender to mend it"};
  }
  return report;
}

bool looks_like_dmarc_report(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (begin == std::string_view::npos) return false;
  // UTF-16 begins with a mark of its own.
  return text[begin] == '<' || text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
}

}  // namespace posthaste
