// mail-auth's cases: DNS and questions in a format of its own, which only looks like YAML.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <boost/asio/ip/address.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "identity/spf/spf_fixture.h"
#include "identity/spf/spf_macro.h"
#include "platform/dns/dns_name.h"
#include "platform/dns/json_resolver.h"
#include "platform/dns/reverse_name.h"

namespace posthaste {
namespace {

using nlohmann::json;

const std::string kCorpus = std::string(POSTHASTE_CORPORA) + "/spf/mail-auth/";
constexpr std::array kFiles{"a",       "all", "basic", "examples", "exists", "exp",
                            "include", "ip",  "macro", "mx",       "ptr",    "redirect"};

struct Case {
  std::string file;
  std::string test;  // the last "name:"
  std::string domain;
  std::string sender;
  std::string ip;
  std::string expected;
};

// Where the file asks for another answer than RFC 7208; the case stays, with its reason.
std::string reason_against(const Case& c) {
  // RFC 7208 §5: an IPv4 client is compared with ip4 networks only; "ip6:::ffff:10.1.2.3" is none.
  if (c.test == "IPv6 match" && c.ip == "10.1.2.3") return "an ip6 network holds no IPv4 client";
  // RFC 7208 §5.7: the lookup is of type A, even for a name that has AAAA records only.
  if (c.test == "Exists" && c.domain == "ip6.test.org") return "exists asks for A only";
  if (c.test == "Macro expansion 2" && c.ip == "2001:db8::cb01") return "exists asks for A only";
  // RFC 7208 §4.6: an error of syntax anywhere in the record is an error, behind "all" too.
  if (c.test == "All test" && c.domain == "test.org") return "\"ip:\" is no mechanism";
  // RFC 7208 §4.6.4: ten names that do not exist are more void lookups than two.
  if (c.domain == "ok.test.org") return "ten void lookups are too many";
  return "";
}

// The DNS of one test and the cases asked of it, built line by line.
class MailAuthFile {
 public:
  explicit MailAuthFile(std::string name) : name_(std::move(name)) {
    std::ifstream file(kCorpus + name_ + ".yml");
    for (std::string line; std::getline(file, line);) read(line);
  }

  int right() const { return right_; }
  int all() const { return all_; }
  int against() const { return against_; }

 private:
  void read(std::string line) {
    boost::trim(line);
    if (line.starts_with("- ")) line = line.substr(2);
    if (line == "---") dns_ = json::object();
    if (line.empty() || line.front() == '#' || line.find(':') == std::string::npos) return;
    const std::size_t colon = line.find(':');
    const std::string key = line.substr(0, colon);
    std::string value = line.substr(colon + 1);
    boost::trim(value);
    if (key == "name") current_.test = value;
    if (key == "domain") current_.domain = value;
    if (key == "sender") current_.sender = value;
    if (key == "ip") current_.ip = value;
    if (key == "expect") return judge(value);
    if (const std::size_t space = value.find(' '); space != std::string::npos) {
      add_record(key, value.substr(0, space), value.substr(space + 1));
    }
  }

  void add_record(const std::string& key, const std::string& owner, const std::string& data) {
    if (!normalize_dns_name(owner)) return;  // what no zone can hold
    if (key == "spf" || key == "exp") {
      dns_[owner + " TXT"] = json::array({"\"" + data + "\""});
      return;
    }
    if (key != "a" && key != "aaaa" && key != "mx" && key != "ptr") return;
    std::vector<std::string> items;
    boost::split(items, data, boost::is_any_of(","));
    json records = json::array();
    for (std::string& item : items) {
      boost::trim(item);
      records.push_back(key == "mx" ? add_exchange(owner, item, records.size()) : item);
    }
    const std::map<std::string, std::string> types{
        {"a", "A"}, {"aaaa", "AAAA"}, {"mx", "MX"}, {"ptr", "PTR"}};
    const std::string name =
        key == "ptr" ? reverse_name(boost::asio::ip::make_address(owner)) : owner;
    dns_[name + " " + types.at(key)] = records;
  }

  // The file gives addresses of exchanges; they get names here.
  std::string add_exchange(const std::string& owner, const std::string& address, std::size_t n) {
    const std::string host = "mx" + std::to_string(n) + ".for." + owner;
    const bool is_v4 = address.find(':') == std::string::npos;
    dns_[host + (is_v4 ? " A" : " AAAA")] = json::array({address});
    return std::to_string(n) + " " + host;
  }

  // HELO first; MAIL FROM when that passes.
  void judge(const std::string& expected) {
    current_.file = name_;
    current_.expected = expected;
    json dns = dns_;
    for (const std::string& name : {current_.domain, std::string("_dns_error.test.org")}) {
      if (name.starts_with("_dns_error")) dns[name + " TXT"] = "SERVFAIL";
    }
    Result<JsonResolver> resolver = JsonResolver::parse(dns.dump());
    ASSERT_TRUE(resolver) << resolver.error().message();
    SpfVerdict verdict =
        SpfRun::check({.address = current_.ip, .helo = current_.domain}, *resolver);
    if (verdict.result == SpfResult::pass && !current_.sender.empty()) {
      verdict = SpfRun::check(
          {.address = current_.ip, .helo = current_.domain, .mail_from = current_.sender},
          *resolver);
    }
    std::string found(to_string(verdict.result));
    if (expected.find(' ') != std::string::npos) found += " " + verdict.explanation;
    const bool is_right = found == expected;
    const std::string reason = reason_against(current_);
    EXPECT_EQ(is_right, reason.empty())
        << name_ << ", " << current_.test << ", " << current_.domain << " from " << current_.ip
        << ": " << found << ", not " << expected << "; " << verdict.problem << reason;
    right_ += is_right ? 1 : 0;
    against_ += reason.empty() ? 0 : 1;
    ++all_;
  }

  std::string name_;
  json dns_ = json::object();
  Case current_;
  int right_ = 0;
  int all_ = 0;
  int against_ = 0;
};

TEST(SpfCorpus, JudgesTheCasesOfMailAuthByRfc7208) {
  if (!std::ifstream(kCorpus + "a.yml")) GTEST_SKIP() << "no corpus at " << kCorpus;
  int right = 0;
  int all = 0;
  int against = 0;
  for (const char* name : kFiles) {
    const MailAuthFile file(name);
    EXPECT_GT(file.all(), 0) << name;
    right += file.right();
    all += file.all();
    against += file.against();
  }
  std::cout << "SPF cases of mail-auth: " << right << " of " << all << " as expected, " << against
            << " where the expectation is against RFC 7208\n";
  EXPECT_EQ(all, 163);
}

}  // namespace
}  // namespace posthaste
