#include "inbound/report/report_json.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "inbound/feedback/complaint_clue.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

void put(ordered_json& json, const char* name, const std::string& value) {
  if (!value.empty()) json[name] = value;
}
void put(ordered_json& json, const char* name, const std::vector<std::string>& values) {
  if (!values.empty()) json[name] = values;
}

std::string snake_case(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c == '-' ? '_' : static_cast<char>(std::tolower(c));
  });
  return name;
}

ordered_json original_json(const FeedbackOriginal& original) {
  ordered_json json = ordered_json::object();
  put(json, "message_id", original.message_id);
  put(json, "header_from", original.header_from);
  put(json, "to", original.to);
  put(json, "subject", original.subject);
  put(json, "return_path", original.return_path);
  put(json, "own_id", original.own_id);
  put(json, "cfbl_feedback_id", original.cfbl_feedback_id);
  put(json, "feedback_id", original.feedback_id);
  put(json, "campaign_type", original.campaign_type);
  return json;
}

void put_fields(ordered_json& json, const Feedback& feedback) {
  json["feedback_type"] = feedback.feedback_type;
  put(json, "user_agent", feedback.user_agent);
  json["version"] = feedback.version;
  json["incidents"] = feedback.incidents;
  put(json, "original_envelope_id", feedback.original_envelope_id);
  put(json, "original_mail_from", feedback.original_mail_from);
  if (!feedback.original_rcpt_to.empty()) {
    json["original_rcpt_to"] = feedback.original_rcpt_to.front();
  }
  put(json, "removal_recipient", feedback.removal_recipient);
  if (feedback.arrival_date) json["arrival_date"] = *feedback.arrival_date;
  put(json, "reporting_mta", feedback.reporting_mta);
  put(json, "source_ip", feedback.source_ip);
  json["source_port"] = feedback.source_port;
  put(json, "authentication_results", feedback.authentication_results);
  put(json, "reported_domain", feedback.reported_domain);
  put(json, "reported_uri", feedback.reported_uri);
  put(json, "auth_failure", feedback.auth_failure);
  put(json, "delivery_result", feedback.delivery_result);
  put(json, "identity_alignment", feedback.identity_alignment);
  put(json, "dkim_domain", feedback.dkim_domain);
  put(json, "dkim_identity", feedback.dkim_identity);
  put(json, "dkim_selector", feedback.dkim_selector);
  put(json, "dkim_canonicalized_header", feedback.dkim_canonicalized_header);
  put(json, "dkim_canonicalized_body", feedback.dkim_canonicalized_body);
  put(json, "spf_dns", feedback.spf_dns);
}

ordered_json feedback_json(const Feedback& feedback) {
  ordered_json json;
  json["kind"] = feedback.is_authentication_failure() ? "dmarc_failure" : "complaint";
  json["form"] = to_string(feedback.form);
  put(json, "reporter", feedback.reporter);
  put_fields(json, feedback);
  if (!feedback.other_fields.empty()) {
    ordered_json others = ordered_json::object();
    for (const auto& [name, value] : feedback.other_fields) others[snake_case(name)] = value;
    json["other_fields"] = std::move(others);
  }
  put(json, "header_from", feedback.original.header_from);
  put(json, "recipients", feedback.recipients());
  if (auto original = original_json(feedback.original); !original.empty()) {
    json["original"] = std::move(original);
  }
  ordered_json clues = ordered_json::array();
  for (const ComplaintClue& clue : clues_of(feedback)) {
    clues.push_back({{"by", to_string(clue.kind)}, {"value", clue.value}});
  }
  json["clues"] = std::move(clues);
  return json;
}

ordered_json row_json(const DmarcReportRecord& record) {
  ordered_json json = {{"source_ip", record.source_ip},
                       {"count", record.count},
                       {"disposition", record.disposition},
                       {"dkim", record.dkim},
                       {"spf", record.spf},
                       {"header_from", record.header_from}};
  json["aligned"] = record.is_aligned();
  put(json, "envelope_from", record.envelope_from);
  put(json, "envelope_to", record.envelope_to);
  for (const DmarcOverride& reason : record.reasons) {
    json["reasons"].push_back({{"type", reason.type}, {"comment", reason.comment}});
  }
  for (const DmarcReportDkim& dkim : record.dkim_results) {
    json["auth_results"]["dkim"].push_back(
        {{"domain", dkim.domain}, {"selector", dkim.selector}, {"result", dkim.result}});
  }
  for (const DmarcReportSpf& spf : record.spf_results) {
    json["auth_results"]["spf"].push_back(
        {{"domain", spf.domain}, {"scope", spf.scope}, {"result", spf.result}});
  }
  return json;
}

ordered_json dmarc_json(const DmarcReport& report) {
  ordered_json json;
  json["kind"] = "dmarc_aggregate";
  json["well_formed"] = report.is_well_formed;
  put(json, "problem", report.problem);
  json["org_name"] = report.org_name;
  put(json, "email", report.email);
  put(json, "extra_contact_info", report.extra_contact_info);
  json["report_id"] = report.report_id;
  put(json, "namespace", report.xml_namespace);
  put(json, "generator", report.generator);
  put(json, "errors", report.errors);
  json["domain"] = report.domain;
  json["p"] = report.p;
  put(json, "sp", report.sp);
  put(json, "np", report.np);
  put(json, "adkim", report.adkim);
  put(json, "aspf", report.aspf);
  put(json, "fo", report.fo);
  put(json, "pct", report.pct);
  put(json, "testing", report.testing);
  put(json, "discovery_method", report.discovery_method);
  json["begin"] = report.begin;
  json["end"] = report.end;
  json["records"] = report.records.size();
  json["messages"] = report.messages();
  json["messages_aligned"] = report.messages_aligned();
  json["rows"] = ordered_json::array();
  for (const DmarcReportRecord& record : report.records) json["rows"].push_back(row_json(record));
  return json;
}

ordered_json failure_json(const TlsReportFailure& failure) {
  ordered_json json = {{"result_type", failure.result_type}, {"count", failure.count}};
  put(json, "sending_mta_ip", failure.sending_address);
  put(json, "receiving_mx_hostname", failure.receiving_host);
  put(json, "receiving_mx_helo", failure.receiving_helo);
  put(json, "receiving_ip", failure.receiving_address);
  put(json, "additional_information", failure.additional_information);
  put(json, "failure_reason_code", failure.reason_code);
  return json;
}

ordered_json tls_json(const ReceivedTlsReport& report) {
  ordered_json json;
  json["kind"] = "tls_report";
  json["well_formed"] = true;
  json["organization_name"] = report.organization_name;
  json["report_id"] = report.report_id;
  json["contact_info"] = nullptr;
  put(json, "contact_info", report.contact_info);
  json["start"] = report.start;
  json["end"] = report.end;
  json["policies"] = ordered_json::array();
  for (const TlsReportPolicy& policy : report.policies) {
    ordered_json one = {{"policy_type", policy.policy_type},
                        {"policy_domain", policy.policy_domain},
                        {"successful", policy.successful},
                        {"failed", policy.failed},
                        {"failures", ordered_json::array()}};
    for (const TlsReportFailure& failure : policy.failures) {
      one["failures"].push_back(failure_json(failure));
    }
    put(one, "policy_string", policy.policy_string);
    put(one, "mx_hosts", policy.mx_hosts);
    json["policies"].push_back(std::move(one));
  }
  return json;
}

struct ToJson {
  ordered_json operator()(const Feedback& report) const { return feedback_json(report); }
  ordered_json operator()(const DmarcReport& report) const { return dmarc_json(report); }
  ordered_json operator()(const ReceivedTlsReport& report) const { return tls_json(report); }
};

}  // namespace

ordered_json to_json(const Report& report) {
  return std::visit(ToJson(), report);
}

std::string dump_report_json(const ordered_json& json) {
  return dump_json(json);
}

}  // namespace posthaste
