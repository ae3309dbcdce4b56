#include "reputation/postmaster_tools.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "reputation/json_field.h"
#include "reputation/reputation_error.h"

namespace posthaste {

namespace asio = boost::asio;
using nlohmann::json;
using std::chrono::sys_days;

namespace {

// More pages than a real answer has; a server that never ends its list ends here.
constexpr int kMostPages = 100;
constexpr int kPageSize = 200;  // the most there may be

// What is asked for, by the name under which its value comes back.
struct Metric {
  const char* name;
  const char* standard;
  const char* filter;
};

constexpr std::array kMetrics{
    Metric{"spam_rate", "SPAM_RATE", ""},
    Metric{"spf_success_rate", "AUTH_SUCCESS_RATE", "auth_type = \"spf\""},
    Metric{"dkim_success_rate", "AUTH_SUCCESS_RATE", "auth_type = \"dkim\""},
    Metric{"dmarc_success_rate", "AUTH_SUCCESS_RATE", "auth_type = \"dmarc\""},
    Metric{"tls_rate", "TLS_ENCRYPTION_RATE", "traffic_direction = \"outbound\""},
    Metric{"reject_rate", "DELIVERY_ERROR_RATE", "error_type = \"reject\""},
    Metric{"temp_fail_rate", "DELIVERY_ERROR_RATE", "error_type = \"temp_fail\""},
    Metric{"low_ip_reputation_rate", "DELIVERY_ERROR_RATE",
           "error_type = \"reject\" AND error_reason = \"low_ip_reputation\""},
    Metric{"low_domain_reputation_rate", "DELIVERY_ERROR_RATE",
           "error_type = \"reject\" AND error_reason = \"low_domain_reputation\""},
    Metric{"ip_in_rbls_rate", "DELIVERY_ERROR_RATE",
           "error_type = \"reject\" AND error_reason = \"ip_in_rbls\""},
    Metric{"spammy_content_rate", "DELIVERY_ERROR_RATE",
           "error_type = \"reject\" AND error_reason = \"spammy_content\""},
};

Error bad_answer(const char* what) {
  return reputation_error(ReputationErrc::bad_answer,
                          std::string("Postmaster Tools: the ") + what + " cannot be read");
}

std::string bare_name(const std::string& name) {
  constexpr std::string_view kPrefix = "domains/";
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

std::optional<sys_days> read_date(const json& date) {
  const auto year = number_field(date, "year").value_or(0);
  const auto month = number_field(date, "month").value_or(0);
  const auto day = number_field(date, "day").value_or(0);
  if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return {};
  const std::chrono::year_month_day full{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!full.ok()) return {};
  return sys_days(full);
}

// A zero may be left out of JSON: {"value": {}} is 0.
std::optional<double> read_value(const json& value) {
  for (const char* name : {"doubleValue", "floatValue"}) {
    const auto found = value.find(name);
    if (found != value.end() && found->is_number()) return found->get<double>();
  }
  if (value.contains("intValue")) {
    const auto number = number_field(value, "intValue");
    if (!number) return std::nullopt;
    return static_cast<double>(*number);
  }
  return value.empty() ? std::optional(0.0) : std::nullopt;
}

json date_json(sys_days day) {
  const std::chrono::year_month_day date(day);
  return {{"year", static_cast<int>(date.year())},
          {"month", static_cast<unsigned>(date.month())},
          {"day", static_cast<unsigned>(date.day())}};
}

PostmasterDay& day_in(std::vector<PostmasterDay>& days, sys_days day) {
  const auto at = std::lower_bound(days.begin(), days.end(), day,
                                   [](const auto& one, auto other) { return one.day < other; });
  if (at != days.end() && at->day == day) return *at;
  return *days.insert(at, PostmasterDay{day, {}});
}

void read_verdict(const json& data, const char* name, const char* requirement,
                  std::vector<PostmasterRule>& rules) {
  const json& verdict = object_field(data, name);
  const std::string status = text_field(object_field(verdict, "status"), "status");
  if (status.empty()) return;
  const auto same = std::find_if(rules.begin(), rules.end(), [&](const PostmasterRule& rule) {
    return rule.requirement == requirement;
  });
  PostmasterRule rule{requirement, status, text_field(verdict, "reason")};
  if (same == rules.end()) {
    rules.push_back(std::move(rule));
  } else {
    *same = std::move(rule);
  }
}

}  // namespace

Result<PostmasterDomains> parse_postmaster_domains(std::string_view text) {
  const json body = json::parse(text, nullptr, false);
  if (!body.is_object()) return bad_answer("list of domains");
  PostmasterDomains domains;
  for (const json& one : list_field(body, "domains")) {
    const std::string name = bare_name(text_field(one, "name"));
    const bool is_ours = text_field(one, "verificationState") != "UNVERIFIED" &&
                         text_field(one, "permission") != "NONE";
    if (!name.empty() && is_ours) domains.names.push_back(name);
  }
  domains.next_page = text_field(body, "nextPageToken");
  return domains;
}

Result<std::vector<PostmasterRule>> parse_postmaster_rules(std::string_view text) {
  const json body = json::parse(text, nullptr, false);
  if (!body.is_object()) return bad_answer("compliance status");
  // Of the domain itself where Google has it, else of the registered domain above.
  const json& own = object_field(body, "subdomainComplianceData");
  const json& data = own.empty() ? object_field(body, "complianceData") : own;
  std::vector<PostmasterRule> rules;
  for (const json& row : list_field(data, "rowData")) {
    const std::string requirement = text_field(row, "requirement");
    const std::string status = text_field(object_field(row, "status"), "status");
    if (!requirement.empty() && !status.empty()) rules.push_back({requirement, status, ""});
  }
  read_verdict(data, "oneClickUnsubscribeVerdict", "ONE_CLICK_UNSUBSCRIBE", rules);
  read_verdict(data, "honorUnsubscribeVerdict", "HONOR_UNSUBSCRIBE", rules);
  return rules;
}

Result<std::string> parse_postmaster_stats(std::string_view text,
                                           std::vector<PostmasterDay>& days) {
  const json body = json::parse(text, nullptr, false);
  if (!body.is_object()) return bad_answer("statistics");
  for (const json& stat : list_field(body, "domainStats")) {
    const auto day = read_date(object_field(stat, "date"));
    const std::string metric = text_field(stat, "metric");
    const auto value = read_value(object_field(stat, "value"));
    if (!day || metric.empty() || !value) continue;
    day_in(days, *day).figures[metric] = *value;
  }
  return text_field(body, "nextPageToken");
}

std::string postmaster_query(sys_days first, sys_days last, const std::string& page) {
  json metrics = json::array();
  for (const Metric& metric : kMetrics) {
    json one = {{"name", metric.name}, {"baseMetric", {{"standardMetric", metric.standard}}}};
    if (*metric.filter != '\0') one["filter"] = metric.filter;
    metrics.push_back(std::move(one));
  }
  json range = {{"start", date_json(first)}, {"end", date_json(last)}};
  json body = {{"metricDefinitions", std::move(metrics)},
               {"timeQuery", {{"dateRanges", {{"dateRanges", json::array({std::move(range)})}}}}},
               {"aggregationGranularity", "DAILY"},
               {"pageSize", kPageSize}};
  if (!page.empty()) body["pageToken"] = page;
  return body.dump();
}

asio::awaitable<Result<std::vector<std::string>>> PostmasterTools::domains() {
  std::vector<std::string> all;
  std::string page;
  for (int count = 0; count < kMostPages; ++count) {
    std::string path = "/v2/domains?pageSize=" + std::to_string(kPageSize);
    if (!page.empty()) path += "&pageToken=" + percent_encoded(page);
    auto answer = co_await api_.get(std::move(path));
    if (!answer) co_return answer.error();
    auto domains = parse_postmaster_domains(answer->body);
    if (!domains) co_return domains.error();
    all.insert(all.end(), domains->names.begin(), domains->names.end());
    page = domains->next_page;
    if (page.empty()) co_return all;
  }
  co_return bad_answer("list of domains: it has no end, and so");
}

asio::awaitable<Result<PostmasterDomain>> PostmasterTools::domain(std::string name, sys_days first,
                                                                  sys_days last) {
  PostmasterDomain result;
  result.domain = name;
  const std::string path = "/v2/domains/" + percent_encoded(name);
  std::string page;
  for (int count = 0; count < kMostPages; ++count) {
    std::string target = path + "/domainStats:query";
    std::string query = postmaster_query(first, last, page);
    auto answer = co_await api_.post(std::move(target), std::move(query));
    if (!answer) co_return answer.error();
    auto next = parse_postmaster_stats(answer->body, result.days);
    if (!next) co_return next.error();
    page = *next;
    if (page.empty()) break;
  }
  std::string target = path + "/complianceStatus";
  auto answer = co_await api_.get(std::move(target));
  if (!answer) co_return answer.error();
  auto rules = parse_postmaster_rules(answer->body);
  if (!rules) co_return rules.error();
  result.rules = std::move(*rules);
  co_return result;
}

}  // namespace posthaste
