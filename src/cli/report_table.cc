#include "cli/report_table.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <iterator>

namespace posthaste {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostSenders = 40;

std::string day_of(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) return "-";
  return fmt::format("{:%Y-%m-%d}", parts);
}

// "12,345"
std::string with_commas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

// Never "100 %" while one fails, nor "0 %" while one passes.
std::string share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  if (part == whole) return "100 %";
  if (part == 0) return "0 %";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return fmt::format("{:.1f} %", std::clamp(percent, 0.1, 99.9));
}

std::string share_of(const ordered_json& check) {
  const auto passed = check.value("passed", std::uint64_t{0});
  return share(passed, passed + check.value("failed", std::uint64_t{0}));
}

std::string count_of(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", with_commas(count), count == 1 ? one : many);
}

void add_sender(const ordered_json& sender, const std::string& domain, std::string& out) {
  const std::string name = sender.value("name", "");
  const ordered_json& aligned = sender["aligned"];
  const std::string since = aligned.contains("failing_since")
                                ? day_of(aligned["failing_since"].get<std::int64_t>())
                                : std::string("-");
  fmt::format_to(std::back_inserter(out), "  {:<30} {:<26} {:>10} {:>8} {:>8} {:>8}  {:<11} {}\n",
                 name.empty() ? "(nobody)" : name, sender.value("source_ip", ""),
                 with_commas(sender.value("messages", std::uint64_t{0})), share_of(aligned),
                 share_of(sender["dkim"]), share_of(sender["spf"]), since,
                 day_of(sender.value("last_seen", std::int64_t{0})));
  const auto note = [&](const std::string& text) {
    fmt::format_to(std::back_inserter(out), "    {}\n", text);
  };
  const std::string from = sender.value("header_from", "");
  if (from != domain) note("From: " + from);
  for (const char* check : {"dkim", "spf"}) {
    const std::string detail = sender[check].value("detail", "");
    if (!detail.empty()) note(fmt::format("{}: {}", check, detail));
  }
  const auto rejected = sender.value("rejected", std::uint64_t{0});
  const auto quarantined = sender.value("quarantined", std::uint64_t{0});
  if (rejected > 0) note(with_commas(rejected) + " rejected by the receivers");
  if (quarantined > 0) note(with_commas(quarantined) + " put among spam by the receivers");
}

void add_domain(const ordered_json& domain, std::string& out) {
  const std::string name = domain.value("domain", "");
  const auto messages = domain.value("messages", std::uint64_t{0});
  const auto failures = domain.value("failure_reports", std::uint64_t{0});
  auto to = std::back_inserter(out);
  if (domain.value("reports", std::uint64_t{0}) == 0) {
    fmt::format_to(to, "{}   {}, no aggregate report\n\n", name,
                   count_of(failures, "failure report", "failure reports"));
    return;
  }
  fmt::format_to(to, "{}   policy {}   {} of {}   {} to {}\n", name,
                 domain.value("policy", "").empty() ? "unknown" : domain.value("policy", ""),
                 count_of(domain.value("reports", std::uint64_t{0}), "report", "reports"),
                 count_of(domain["reporters"].size(), "receiver", "receivers"),
                 day_of(domain.value("begin", std::int64_t{0})),
                 day_of(domain.value("end", std::int64_t{0})));
  fmt::format_to(to, "{} in its name, {} aligned", count_of(messages, "message", "messages"),
                 share(domain.value("aligned", std::uint64_t{0}), messages));
  if (failures > 0) {
    fmt::format_to(to, "; {}", count_of(failures, "failure report", "failure reports"));
  }
  out += "\n\n";
  fmt::format_to(to, "  {:<30} {:<26} {:>10} {:>8} {:>8} {:>8}  {:<11} {}\n", "WHO", "FROM WHERE",
                 "MESSAGES", "ALIGNED", "DKIM", "SPF", "FAILS SINCE", "LAST SEEN");
  const ordered_json& senders = domain["senders"];
  for (std::size_t i = 0; i < std::min(senders.size(), kMostSenders); ++i) {
    add_sender(senders[i], name, out);
  }
  if (senders.size() > kMostSenders) {
    fmt::format_to(to, "  and {} more: --json has them all\n", senders.size() - kMostSenders);
  }
  out += '\n';
}

void add_tls(const ordered_json& domain, std::string& out) {
  const auto good = domain.value("successful", std::uint64_t{0});
  const auto bad = domain.value("failed", std::uint64_t{0});
  auto to = std::back_inserter(out);
  fmt::format_to(to, "TLS to {}   {} good, {} failed ({} good)   {}\n", domain.value("domain", ""),
                 count_of(good, "session", "sessions"), with_commas(bad), share(good, good + bad),
                 count_of(domain["reporters"].size(), "reporter", "reporters"));
  if (domain["failures"].empty()) {
    out += '\n';
    return;
  }
  fmt::format_to(to, "\n  {:<30} {:<40} {:>10}  {:<11} {}\n", "WHAT FAILS", "AT HOST", "SESSIONS",
                 "FIRST", "LAST");
  for (const ordered_json& failure : domain["failures"]) {
    fmt::format_to(to, "  {:<30} {:<40} {:>10}  {:<11} {}\n", failure.value("result_type", ""),
                   failure.value("receiving_host", ""),
                   with_commas(failure.value("sessions", std::uint64_t{0})),
                   failure.value("first", "").substr(0, 10),
                   failure.value("last", "").substr(0, 10));
  }
  out += '\n';
}

}  // namespace

std::string report_table(const ordered_json& summary) {
  std::string out;
  for (const ordered_json& domain : summary["domains"]) add_domain(domain, out);
  for (const ordered_json& domain : summary["tls"]) add_tls(domain, out);
  if (out.empty()) return "No reports in this time: ask for more --days, or import some.\n";
  // What reports hold was written by strangers: nothing in it may steer the terminal.
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f; }, '?');
  out.pop_back();
  return out;
}

}  // namespace posthaste
