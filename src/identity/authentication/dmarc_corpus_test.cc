// rspamd's cases of DMARC, with the DKIM and SPF that they rest on, all from the same DNS.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "identity/dkim/dkim_verifier.h"
#include "identity/dkim/dns_key_source.h"
#include "identity/dmarc/author_domain.h"
#include "identity/dmarc/dmarc.h"
#include "identity/spf/spf.h"
#include "platform/dns/json_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

using nlohmann::json;

const std::string kCorpus = std::string(POSTHASTE_CORPORA) + "/dmarc/";

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result.push_back('\\');
    result.push_back(c);
  }
  return result + "\"";
}

JsonResolver read_dns() {
  json dns = json::object();
  std::ifstream file(kCorpus + "dns.jsonl");
  for (std::string line; std::getline(file, line);) {
    const json entry = json::parse(line);
    const std::string name = entry["name"].get<std::string>();
    const std::string type = entry["type"].get<std::string>();
    const std::string rcode = entry["rcode"].get<std::string>();
    // Some names of other tests are in U-labels, which DNS has not.
    if (std::any_of(name.begin(), name.end(), [](char c) { return c < 0; })) continue;
    json& answer = dns[name + " " + type];
    if (rcode == "nxdomain") answer = "NXDOMAIN";
    if (rcode == "norec") answer = "NODATA";
    if (rcode == "timeout") answer = "TIMEOUT";
    if (rcode != "noerror") continue;
    answer = json::array();
    for (const json& reply : entry["replies"]) {
      answer.push_back(type == "txt" ? json(quoted(reply.get<std::string>())) : reply);
    }
  }
  Result<JsonResolver> resolver = JsonResolver::parse(dns.dump());
  EXPECT_TRUE(resolver) << (resolver ? "" : resolver.error().message());
  return std::move(*resolver);
}

struct Mail {
  SharedBody message;
  std::string ip;
  std::string mail_from;
};

boost::asio::awaitable<void> judge(Mail mail, Resolver& resolver, Clock& clock,
                                   DmarcVerdict& verdict) {
  DmarcQuery query;
  query.from_domain = find_author_domain(*mail.message).domain;
  DnsKeySource keys(resolver);
  const auto signatures = co_await verify_dkim(mail.message, clock.wall(), keys);
  for (const DkimVerdict& signature : signatures) {
    if (signature.result == DkimResult::pass) query.dkim_domains.push_back(signature.domain);
  }
  if (!mail.ip.empty()) {
    SpfQuery spf{.address = mail.ip, .helo = "mail.example.org", .mail_from = mail.mail_from};
    const SpfVerdict found = co_await check_spf(std::move(spf), resolver, clock);
    if (found.result == SpfResult::pass) query.spf_domain = found.domain;
  }
  verdict = co_await evaluate_dmarc(std::move(query), resolver);
}

DmarcVerdict judge(Mail mail, Resolver& resolver) {
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  ManualClock clock;
  DmarcVerdict verdict;
  group.spawn(judge(std::move(mail), resolver, clock, verdict));
  loop.run();
  return verdict;
}

SharedBody read_message(const std::string& file) {
  std::ifstream in(kCorpus + "messages/" + file, std::ios::binary);
  return std::make_shared<const std::string>(std::istreambuf_iterator<char>(in),
                                             std::istreambuf_iterator<char>());
}

TEST(DmarcCorpus, JudgesTheCasesOfRspamdAsItsAuthorsDo) {
  std::ifstream cases(kCorpus + "cases.jsonl");
  if (!cases) GTEST_SKIP() << "no corpus at " << kCorpus;
  JsonResolver resolver = read_dns();
  int right = 0;
  int all = 0;
  int skipped = 0;
  int by_suffix_list = 0;
  for (std::string line; std::getline(cases, line);) {
    const json c = json::parse(line);
    // RFC 9989 §A.6, not done: the two cases of pct=0, a tag that the standard has taken out.
    if (c["uses_pct"].get<bool>()) {
      ++skipped;
      continue;
    }
    const DmarcVerdict verdict = judge({.message = read_message(c["file"].get<std::string>()),
                                        .ip = c["ip"].is_null() ? "" : c["ip"].get<std::string>(),
                                        .mail_from = c["mail_from"].get<std::string>()},
                                       resolver);
    const bool is_right = to_string(verdict.result) == c["result"].get<std::string>() &&
                          (c["disposition"].is_null() ||
                           to_string(verdict.disposition) == c["disposition"].get<std::string>());
    EXPECT_TRUE(is_right) << c["name"] << ": " << to_string(verdict.result) << ", "
                          << to_string(verdict.disposition) << ", not " << c["result"] << ", "
                          << c["disposition"] << "; " << verdict.problem;
    right += is_right ? 1 : 0;
    by_suffix_list += verdict.is_by_suffix_list ? 1 : 0;
    ++all;
  }
  std::cout << "DMARC cases of rspamd: " << right << " of " << all << " right (" << by_suffix_list
            << " of them by the public suffix list of RFC 7489), " << skipped
            << " on pct skipped\n";
  EXPECT_EQ(all, 15);
}

}  // namespace
}  // namespace posthaste
