#include "identity/doctor/bimi_check.h"

#include <fmt/format.h>
#include <boost/algorithm/string/predicate.hpp>
#include <map>
#include <utility>
#include <vector>

#include "base/ascii.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr const char* kWhyBimi =
    "Gmail, Yahoo, Apple and Fastmail show the logo of a sender with a sound record; Gmail and "
    "Apple "
    "want a certificate (a=) too.";

std::map<std::string, std::string, std::less<>> tags_of(std::string_view text) {
  std::map<std::string, std::string, std::less<>> tags;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view part = text.substr(0, end);
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos) {
      tags.emplace(trim_blanks(part.substr(0, equals)), trim_blanks(part.substr(equals + 1)));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return tags;
}

bool is_file(const std::string& url, std::string_view ending) {
  return boost::istarts_with(url, "https://") && boost::iends_with(url, ending);
}

// What is wrong with a record; "" when nothing is.
std::string problem_of(std::string_view text) {
  auto tags = tags_of(text);
  if (!trim_blanks(text).starts_with("v=BIMI1")) return "it does not begin with v=BIMI1";
  // A record may say on purpose that there is no logo.
  if (tags.contains("l") && tags["l"].empty() && tags["a"].empty()) return {};
  if (!is_file(tags["l"], ".svg")) return "l= is not an https: address of an SVG";
  if (!is_file(tags["a"], ".pem")) return "a= is not an https: address of a certificate";
  return {};
}

}  // namespace

std::string bimi_record(const std::string& domain) {
  return fmt::format("v=BIMI1; l=https://{0}/bimi/logo.svg; a=https://{0}/bimi/certificate.pem",
                     domain);
}

asio::awaitable<void> check_bimi(Examination& exam, std::string domain, bool is_enforced) {
  const std::string name = "default._bimi." + domain;
  if (!is_enforced) {
    exam.skip("bimi", "a logo needs a DMARC policy of quarantine or reject");
    co_return;
  }
  const DnsResult result = co_await exam.look_up(name, RecordType::txt);
  if (result.is_temporary_failure()) {
    exam.skip("bimi", fmt::format("DNS does not answer for {}", name));
    co_return;
  }
  const std::vector<std::string> texts = result.strings();
  std::string problem;
  if (texts.empty()) problem = "no BIMI record for " + domain;
  if (texts.size() > 1) problem = fmt::format("{} records at {}: none counts", texts.size(), name);
  if (texts.size() == 1) problem = problem_of(texts.front());
  if (problem.empty()) {
    exam.pass("bimi", "a logo is published");
    co_return;
  }
  Remedy remedy;
  std::string kept;
  for (const std::string& text : texts) {
    if (kept.empty() && problem_of(text).empty()) {
      kept = text;
    } else {
      remedy.remove.push_back(txt_record(name, text));
    }
  }
  if (kept.empty()) remedy.publish.push_back(txt_record(name, bimi_record(domain)));
  remedy.advice =
      "The SVG is of the profile Tiny PS, the certificate a VMC or CMC for it; put both "
      "where the record says.";
  exam.add({"bimi", Severity::info,
            texts.size() == 1 ? fmt::format("{}: {}", name, problem) : problem, kWhyBimi,
            std::move(remedy)});
}

}  // namespace posthaste
