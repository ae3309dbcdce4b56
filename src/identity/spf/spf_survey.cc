#include "identity/spf/spf_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>

#include "identity/spf/spf_lookup.h"
#include "identity/spf/spf_macro.h"
#include "identity/spf/spf_record.h"
#include "platform/dns/dns_name.h"
#include "platform/dns/lookup_all.h"

namespace posthaste {
namespace {

namespace ip = boost::asio::ip;

// A policy beyond these is broken whatever follows; the rest is not looked at.
constexpr int kMaxLookups = 60;
constexpr std::size_t kMaxNetworks = 5000;
constexpr std::size_t kMaxProblems = 100;

// Walks through one policy, record by record.
class Surveyor {
 public:
  Surveyor(Resolver& resolver, SpfSurvey& survey) : resolver_(resolver), survey_(survey) {}

  // The record of the domain that is surveyed, or one that it redirects to.
  boost::asio::awaitable<void> survey_own(std::string domain) {
    const std::vector<std::string> texts = co_await find_records(domain);
    if (path_.empty()) survey_.records = texts;
    if (texts.size() != 1) co_return;
    const SpfRecord record = parse(domain, texts.front());
    for (const SpfDirective& directive : record.directives) {
      if (directive.mechanism != SpfMechanism::all) continue;
      survey_.all_qualifier = directive.qualifier;
      break;
    }
    path_.push_back(domain);
    co_await survey_record(record, domain);
    const std::optional<std::string> target = redirect_target(record, domain);
    if (target) co_await survey_own(*target);
  }

 private:
  // All there are; when it is not one, that is a problem.
  boost::asio::awaitable<std::vector<std::string>> find_records(std::string domain) {
    const DnsResult answer = co_await resolver_.lookup(domain, RecordType::txt);
    note_failure(answer, domain);
    std::vector<std::string> texts = answer.strings();
    std::erase_if(texts, [](const std::string& text) { return !is_spf_record(text); });
    if (!answer.is_temporary_failure()) note_count(domain, texts.size());
    co_return texts;
  }

  void add_problem(std::string problem) {
    if (survey_.problems.size() < kMaxProblems) survey_.problems.push_back(std::move(problem));
  }

  void note_failure(const DnsResult& answer, const std::string& name) {
    if (!answer.is_temporary_failure()) return;
    survey_.is_temporary_failure = true;
    add_problem(fmt::format("DNS gives no answer for {} ({}): ask again", name, answer.why));
  }

  void note_count(const std::string& domain, std::size_t count) {
    if (count > 1) {
      add_problem(fmt::format("{} has {} SPF records: keep one", domain, count));
    } else if (count == 0 && !path_.empty()) {
      add_problem(
          fmt::format("{} refers to {}, which has no SPF record: remove the term, or publish "
                      "one there",
                      path_.back(), domain));
    }
  }

  SpfRecord parse(const std::string& domain, const std::string& text) {
    SpfRecord record = parse_spf_record(text);
    for (const std::string& problem : record.problems) {
      add_problem(fmt::format("in the record of {}, {}", domain, problem));
    }
    return record;
  }

  // Whether another term may be looked up; counts it.
  bool begin_term() {
    ++survey_.lookups;
    if (survey_.lookups == kMaxLookups + 1) {
      add_problem(fmt::format(
          "more than {} terms need DNS: the rest is not looked at; include fewer", kMaxLookups));
    }
    return survey_.lookups <= kMaxLookups;
  }

  // RFC 7208 §5.1: what stands after "all" is never reached.
  boost::asio::awaitable<void> survey_record(const SpfRecord& record, std::string domain) {
    for (const SpfDirective& directive : record.directives) {
      if (directive.mechanism == SpfMechanism::all) break;
      co_await survey_directive(directive, domain);
    }
  }

  boost::asio::awaitable<void> survey_directive(const SpfDirective& directive, std::string domain) {
    if (directive.mechanism == SpfMechanism::ip4) {
      add_network(directive, directive.network, directive.ip4_prefix);
      co_return;
    }
    if (directive.mechanism == SpfMechanism::ip6) {
      add_network(directive, directive.network, directive.ip6_prefix);
      co_return;
    }
    if (!begin_term()) co_return;
    if (directive.mechanism == SpfMechanism::ptr) survey_.uses_ptr = true;
    if (directive.domain && directive.domain->has_macros()) survey_.uses_macros = true;
    const bool is_resolvable = directive.mechanism != SpfMechanism::ptr &&
                               directive.mechanism != SpfMechanism::exists &&
                               !(directive.domain && depends_on_sender(*directive.domain));
    if (!is_resolvable) co_return;
    const std::string target = target_of(directive.domain, domain);
    const std::vector<std::string> hosts{target};
    if (directive.mechanism == SpfMechanism::a) co_await survey_hosts(directive, hosts);
    if (directive.mechanism == SpfMechanism::mx) co_await survey_mx(directive, target);
    if (directive.mechanism == SpfMechanism::include) co_await survey_include(directive, target);
  }

  // "%{d}" is known, and the other macros are not.
  static bool depends_on_sender(const SpfMacroString& text) {
    constexpr std::string_view kOthers = "slophivcrt";
    return std::any_of(kOthers.begin(), kOthers.end(),
                       [&text](char letter) { return text.uses(letter); });
  }

  static std::string target_of(const std::optional<SpfMacroString>& spec,
                               const std::string& domain) {
    if (!spec) return domain;
    SpfMacroValues values;
    values.domain = domain;
    return expand_domain(*spec, values);
  }

  boost::asio::awaitable<void> survey_hosts(const SpfDirective& directive,
                                            std::vector<std::string> names) {
    std::vector<DnsQuestion> questions;
    for (const std::string& name : names) {
      questions.push_back({name, RecordType::a});
      questions.push_back({name, RecordType::aaaa});
    }
    const std::vector<DnsResult> answers = co_await lookup_all(resolver_, questions);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      note_failure(answers[i], questions[i].name);
      const bool is_second = i % 2 == 1;
      if (is_second && is_void(answers[i - 1]) && is_void(answers[i])) {
        report_void(directive, questions[i].name);
      }
      for (const std::string& text : answers[i].strings()) {
        boost::system::error_code error;
        const ip::address address = ip::make_address(text, error);
        if (error) continue;
        add_network(directive, address,
                    address.is_v4() ? directive.ip4_prefix : directive.ip6_prefix);
      }
    }
  }

  static bool is_void(const DnsResult& answer) {
    return answer.status == DnsStatus::nodata || answer.status == DnsStatus::nxdomain;
  }

  void report_void(const SpfDirective& directive, const std::string& name) {
    // RFC 7208 §4.6.4: terms are counted; of "mx" it is the term's own question.
    if (directive.mechanism == SpfMechanism::a) ++survey_.void_lookups;
    add_problem(
        fmt::format("\"{}\" names {}, which has no address: remove it", directive.text, name));
  }

  boost::asio::awaitable<void> survey_mx(const SpfDirective& directive, std::string target) {
    const DnsResult answer = co_await resolver_.lookup(target, RecordType::mx);
    note_failure(answer, target);
    if (is_void(answer)) {
      ++survey_.void_lookups;
      add_problem(
          fmt::format("\"{}\" names {}, which has no MX: remove it", directive.text, target));
    }
    std::vector<std::string> hosts;
    for (const MxRecord& mx : answer.mx()) {
      if (!mx.is_null() && hosts.size() < kMaxSpfHosts) hosts.push_back(mx.exchange);
    }
    if (answer.mx().size() > kMaxSpfHosts) {
      add_problem(
          fmt::format("\"{}\" names {}, which has more than {} MX records: "
                      "name fewer hosts",
                      directive.text, target, kMaxSpfHosts));
    }
    co_await survey_hosts(directive, std::move(hosts));
  }

  boost::asio::awaitable<void> survey_include(const SpfDirective& directive, std::string target) {
    if (is_loop(target)) co_return;
    const std::vector<std::string> texts = co_await find_records(target);
    if (texts.size() != 1) co_return;
    const SpfRecord record = parse(target, texts.front());
    path_.push_back(target);
    // Only what an include lets pass can pass.
    const bool was_authorizing = is_authorizing_;
    is_authorizing_ = is_authorizing_ && directive.qualifier == '+';
    co_await survey_record(record, target);
    const std::optional<std::string> redirected = redirect_target(record, target);
    const SpfDirective as_include;
    if (redirected) co_await survey_include(as_include, *redirected);
    is_authorizing_ = was_authorizing;
    path_.pop_back();
  }

  // RFC 7208 §6.1: not where there is an "all".
  std::optional<std::string> redirect_target(const SpfRecord& record, const std::string& domain) {
    if (!record.redirect || record.has_all() || !begin_term()) return std::nullopt;
    if (record.redirect->has_macros()) survey_.uses_macros = true;
    if (depends_on_sender(*record.redirect)) return std::nullopt;
    const std::string target = target_of(record.redirect, domain);
    if (is_loop(target)) return std::nullopt;
    return target;
  }

  bool is_loop(const std::string& target) {
    const std::string name = normalize_dns_name(target).value_or(target);
    const bool is_known =
        std::any_of(path_.begin(), path_.end(), [&name](const std::string& known) {
          return normalize_dns_name(known).value_or(known) == name;
        });
    if (is_known) {
      add_problem(fmt::format("{} refers back to {}: remove the loop", path_.back(), name));
    }
    return is_known;
  }

  void add_network(const SpfDirective& directive, const ip::address& address, unsigned prefix) {
    if (directive.qualifier != '+' || !is_authorizing_) return;
    if (survey_.networks.size() >= kMaxNetworks) return;
    const unsigned whole = address.is_v4() ? 32 : 128;
    std::string text = fmt::format("{}:{}", address.is_v4() ? "ip4" : "ip6",
                                   network_of(address, prefix).to_string());
    if (prefix < whole) text += fmt::format("/{}", prefix);
    if (known_networks_.insert(text).second) survey_.networks.push_back(std::move(text));
  }

  Resolver& resolver_;
  SpfSurvey& survey_;
  std::vector<std::string> path_;  // domains whose records are being read, the first one first
  std::set<std::string> known_networks_;
  bool is_authorizing_ = true;
};

}  // namespace

boost::asio::awaitable<SpfSurvey> survey_spf(std::string domain, Resolver& resolver) {
  SpfSurvey survey;
  Surveyor surveyor(resolver, survey);
  co_await surveyor.survey_own(std::move(domain));
  co_return survey;
}

}  // namespace posthaste
