#include "identity/spf/spf_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

namespace ip = boost::asio::ip;

// Longer ones help nobody, and no reply could carry them.
constexpr std::size_t kMaxExplanation = 500;

SpfResult result_of(char qualifier) {
  switch (qualifier) {
    case '-':
      return SpfResult::fail;
    case '~':
      return SpfResult::softfail;
    case '?':
      return SpfResult::neutral;
    default:
      return SpfResult::pass;
  }
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// RFC 7208 §7.3: the domain itself if it is validated, else a subdomain of it, else any.
std::string best_name(const std::vector<std::string>& validated, std::string_view domain) {
  const std::string wanted = normalize_dns_name(domain).value_or("");
  const std::string* best = nullptr;
  for (const std::string& name : validated) {
    if (name == wanted) return name;
    const bool is_better = is_in_zone(name, wanted) && (!best || !is_in_zone(*best, wanted));
    if (!best || is_better) best = &name;
  }
  return best ? *best : "unknown";
}

}  // namespace

SpfEvaluation::SpfEvaluation(SpfLookup& lookup, SpfMacroValues values)
    : lookup_(lookup), values_(std::move(values)) {}

SpfEvaluation::Match SpfEvaluation::error_of(const DnsResult& result, const std::string& name) {
  return {.end = SpfResult::temperror,
          .problem = fmt::format("DNS gives no answer for {}: {}", name, result.why)};
}

SpfEvaluation::Match SpfEvaluation::too_many_lookups() {
  return {.end = SpfResult::permerror,
          .problem = fmt::format("more than {} terms need DNS: include fewer, or list networks "
                                 "with ip4 and ip6",
                                 kMaxSpfLookups)};
}

SpfEvaluation::Match SpfEvaluation::too_many_voids() {
  return {.end = SpfResult::permerror,
          .problem = fmt::format("more than {} terms name what does not exist: remove them",
                                 kMaxSpfVoidLookups)};
}

RecordType SpfEvaluation::address_type() const {
  return values_.address.is_v4() ? RecordType::a : RecordType::aaaa;
}

// RFC 7208 §4.4, §4.5 and §4.6: the record, or the result where there is none to go by.
boost::asio::awaitable<SpfEvaluation::Outcome> SpfEvaluation::read_record(std::string domain,
                                                                          SpfRecord& record) {
  Outcome outcome{.domain = domain};
  const DnsResult answer = co_await lookup_.ask(domain, RecordType::txt);
  if (answer.is_temporary_failure()) {
    outcome.result = SpfResult::temperror;
    outcome.problem = error_of(answer, domain).problem;
    co_return outcome;
  }
  std::vector<std::string> texts = answer.strings();
  std::erase_if(texts, [](const std::string& text) { return !is_spf_record(text); });
  if (texts.empty()) co_return outcome;
  outcome.result = SpfResult::permerror;
  if (texts.size() > 1) {
    outcome.problem = fmt::format("{} has {} SPF records: keep one", domain, texts.size());
    co_return outcome;
  }
  record = parse_spf_record(texts.front());
  if (!record.problems.empty()) {
    outcome.problem = fmt::format("in the record of {}, {}", domain, record.problems.front());
    co_return outcome;
  }
  // RFC 7208 §4.7: the result when nothing matches.
  outcome.result = SpfResult::neutral;
  outcome.explanation = record.explanation;
  co_return outcome;
}

boost::asio::awaitable<SpfEvaluation::Outcome> SpfEvaluation::check_host(std::string domain) {
  SpfRecord record;
  Outcome outcome = co_await read_record(domain, record);
  if (outcome.result != SpfResult::neutral) co_return outcome;
  for (const SpfDirective& directive : record.directives) {
    const Match found = co_await match(directive, domain);
    if (found.end) {
      outcome.result = *found.end;
      outcome.problem = found.problem;
      co_return outcome;
    }
    if (found.is_match) {
      outcome.result = result_of(directive.qualifier);
      outcome.mechanism = directive.text;
      co_return outcome;
    }
  }
  if (!record.redirect) co_return outcome;
  co_return co_await redirect(*record.redirect, domain);
}

// RFC 7208 §6.1: the other record decides, with its own explanation; there has to be one.
boost::asio::awaitable<SpfEvaluation::Outcome> SpfEvaluation::redirect(const SpfMacroString& target,
                                                                       std::string domain) {
  Outcome outcome{.result = SpfResult::permerror, .domain = domain};
  if (!lookup_.begin_term()) {
    outcome.problem = too_many_lookups().problem;
    co_return outcome;
  }
  const SpfMacroValues values = co_await values_for(target, domain);
  const std::string name = expand_domain(target, values);
  Outcome redirected = co_await check_host(name);
  if (redirected.result != SpfResult::none) co_return redirected;
  outcome.problem = fmt::format("redirect={} has no SPF record: publish one there", target.text());
  co_return outcome;
}

boost::asio::awaitable<SpfEvaluation::Match> SpfEvaluation::match(const SpfDirective& directive,
                                                                  std::string domain) {
  switch (directive.mechanism) {
    case SpfMechanism::all:
      co_return Match{.is_match = true};
    case SpfMechanism::ip4:
      co_return Match{.is_match =
                          is_in_network(values_.address, directive.network, directive.ip4_prefix)};
    case SpfMechanism::ip6:
      co_return Match{.is_match =
                          is_in_network(values_.address, directive.network, directive.ip6_prefix)};
    default:
      break;
  }
  if (!lookup_.begin_term()) co_return too_many_lookups();
  // RFC 7208 §4.8: the domain-spec, or the domain whose record it is.
  std::string target = domain;
  if (directive.domain) {
    const SpfMacroValues values = co_await values_for(*directive.domain, domain);
    target = expand_domain(*directive.domain, values);
  }
  co_return co_await match_lookup(directive, std::move(target));
}

boost::asio::awaitable<SpfEvaluation::Match> SpfEvaluation::match_lookup(
    const SpfDirective& directive, std::string target) {
  switch (directive.mechanism) {
    case SpfMechanism::a:
      co_return co_await match_a(directive, std::move(target));
    case SpfMechanism::mx:
      co_return co_await match_mx(directive, std::move(target));
    case SpfMechanism::ptr:
      co_return co_await match_ptr(std::move(target));
    case SpfMechanism::exists:
      co_return co_await match_exists(std::move(target));
    default:
      co_return co_await match_include(std::move(target));
  }
}

bool SpfEvaluation::has_match(const SpfDirective& directive, const DnsResult& addresses) const {
  const unsigned prefix = values_.address.is_v4() ? directive.ip4_prefix : directive.ip6_prefix;
  for (const std::string& text : addresses.strings()) {
    boost::system::error_code error;
    const ip::address address = ip::make_address(text, error);
    if (!error && is_in_network(values_.address, address, prefix)) return true;
  }
  return false;
}

// RFC 7208 §5.3
boost::asio::awaitable<SpfEvaluation::Match> SpfEvaluation::match_a(const SpfDirective& directive,
                                                                    std::string target) {
  const DnsResult answer = co_await lookup_.ask(target, address_type());
  if (answer.is_temporary_failure()) co_return error_of(answer, target);
  if (!lookup_.count_void(answer.status)) co_return too_many_voids();
  co_return Match{.is_match = has_match(directive, answer)};
}

// RFC 7208 §5.4: the hosts in the order of preference. Ten may be looked up; one more, and nothing
// has matched, is an error (RFC 7208 §4.6.4).
boost::asio::awaitable<SpfEvaluation::Match> SpfEvaluation::match_mx(const SpfDirective& directive,
                                                                     std::string target) {
  const DnsResult answer = co_await lookup_.ask(target, RecordType::mx);
  if (answer.is_temporary_failure()) co_return error_of(answer, target);
  if (!lookup_.count_void(answer.status)) co_return too_many_voids();
  std::vector<MxRecord> hosts = answer.mx();
  std::erase_if(hosts, [](const MxRecord& mx) { return mx.is_null(); });
  std::stable_sort(hosts.begin(), hosts.end(), [](const MxRecord& one, const MxRecord& other) {
    return one.preference < other.preference;
  });
  std::vector<DnsQuestion> questions;
  for (std::size_t i = 0; i < hosts.size() && i < kMaxSpfHosts; ++i) {
    questions.push_back({hosts[i].exchange, address_type()});
  }
  const std::vector<DnsResult> answers = co_await lookup_.ask_all(questions);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].is_temporary_failure()) co_return error_of(answers[i], questions[i].name);
    if (has_match(directive, answers[i])) co_return Match{.is_match = true};
  }
  if (hosts.size() <= kMaxSpfHosts) co_return Match{};
  co_return Match{.end = SpfResult::permerror,
                  .problem = fmt::format("{} has more than {} MX records: name fewer hosts", target,
                                         kMaxSpfHosts)};
}

// RFC 7208 §5.5: a DNS error is no match.
boost::asio::awaitable<SpfEvaluation::Match> SpfEvaluation::match_ptr(std::string target) {
  const std::vector<std::string> names = co_await lookup_.validated_names(values_.address);
  if (!lookup_.count_void(lookup_.name_status())) co_return too_many_voids();
  const std::string zone = normalize_dns_name(target).value_or("");
  const bool is_match =
      !zone.empty() && std::any_of(names.begin(), names.end(), [&zone](const std::string& name) {
        return is_in_zone(name, zone);
      });
  co_return Match{.is_match = is_match};
}

// RFC 7208 §5.7: an A record, whatever kind of address the client has.
boost::asio::awaitable<SpfEvaluation::Match> SpfEvaluation::match_exists(std::string target) {
  const DnsResult answer = co_await lookup_.ask(target, RecordType::a);
  if (answer.is_temporary_failure()) co_return error_of(answer, target);
  if (!lookup_.count_void(answer.status)) co_return too_many_voids();
  co_return Match{.is_match = answer.is_found()};
}

// RFC 7208 §5.2
boost::asio::awaitable<SpfEvaluation::Match> SpfEvaluation::match_include(std::string target) {
  Outcome included = co_await check_host(target);
  switch (included.result) {
    case SpfResult::pass:
      co_return Match{.is_match = true};
    case SpfResult::temperror:
    case SpfResult::permerror:
      co_return Match{.end = included.result, .problem = included.problem};
    case SpfResult::none:
      co_return Match{
          .end = SpfResult::permerror,
          .problem = fmt::format(
              "include:{} has no SPF record: remove the term, or publish one there", target)};
    default:
      co_return Match{};
  }
}

boost::asio::awaitable<SpfMacroValues> SpfEvaluation::values_for(const SpfMacroString& text,
                                                                 std::string domain) {
  SpfMacroValues values = values_;
  values.domain = std::move(domain);
  if (text.uses('p')) {
    const std::vector<std::string> names = co_await lookup_.validated_names(values.address);
    values.validated_name = best_name(names, values.domain);
  }
  co_return values;
}

// RFC 7208 §6.2: whatever is wrong with it, it is as if there were none.
boost::asio::awaitable<std::string> SpfEvaluation::explain(Outcome outcome) {
  if (!outcome.explanation) co_return "";
  const SpfMacroValues values = co_await values_for(*outcome.explanation, outcome.domain);
  const std::string name = expand_domain(*outcome.explanation, values);
  const DnsResult answer = co_await lookup_.ask(name, RecordType::txt);
  const std::vector<std::string> texts = answer.strings();
  if (texts.size() != 1) co_return "";
  const auto text = SpfMacroString::parse(texts.front(), SpfMacroUse::explanation);
  if (!text) co_return "";
  const SpfMacroValues text_values = co_await values_for(*text, outcome.domain);
  std::string explanation = text->expand(text_values, kMaxExplanation + 1);
  if (explanation.size() > kMaxExplanation || !is_printable(explanation)) co_return "";
  co_return explanation;
}

}  // namespace posthaste
