#include "identity/doctor/two_views.h"

#include <algorithm>
#include <utility>

#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;

std::vector<Rdata> sorted(std::vector<Rdata> records) {
  std::sort(records.begin(), records.end());
  return records;
}

// What is compared: NXDOMAIN and NODATA are alike to whoever wants the record.
bool say_the_same(const DnsResult& a, const DnsResult& b) {
  if (a.is_found() != b.is_found()) return false;
  return !a.is_found() || sorted(a.records) == sorted(b.records);
}

DnsResult answer_of(const TwofoldAnswer& both) {
  const ServerAnswer* best = both.best();
  DnsResult answer = best ? best->result : both.resolved;
  answer.secure = both.resolved.secure && both.resolver_agrees();
  return answer;
}

}  // namespace

const ServerAnswer* TwofoldAnswer::best() const {
  const ServerAnswer* first = nullptr;
  for (const ServerAnswer& answer : authoritative.answers) {
    if (answer.result.is_temporary_failure()) continue;
    if (answer.result.is_found()) return &answer;
    if (!first) first = &answer;
  }
  return first;
}

bool TwofoldAnswer::servers_agree() const {
  const ServerAnswer* first = best();
  const auto agrees = [&](const ServerAnswer& answer) {
    return answer.result.is_temporary_failure() || say_the_same(answer.result, first->result);
  };
  return !first || std::all_of(authoritative.answers.begin(), authoritative.answers.end(), agrees);
}

bool TwofoldAnswer::resolver_agrees() const {
  const ServerAnswer* first = best();
  return !first || resolved.is_temporary_failure() || say_the_same(resolved, first->result);
}

bool TwoViews::is_own(const std::string& name) const {
  return std::any_of(own_.begin(), own_.end(),
                     [&](const std::string& zone) { return is_in_zone(name, zone); });
}

const TwofoldAnswer* TwoViews::find(const std::string& name, RecordType type) const {
  const auto known = index_.find(DnsQuestion{name, type});
  return known == index_.end() ? nullptr : &asked_[known->second];
}

asio::awaitable<DnsResult> TwoViews::lookup(std::string name, RecordType type) {
  const std::string normalized = normalize_dns_name(name).value_or(name);
  if (const TwofoldAnswer* known = find(normalized, type)) co_return answer_of(*known);
  TwofoldAnswer both{.question = {normalized, type}};
  both.resolved = co_await resolver_.lookup(normalized, type);
  if (authoritative_ && is_own(normalized)) {
    both.authoritative = co_await authoritative_->ask(normalized, type);
  }
  DnsResult answer = answer_of(both);
  const bool is_new = index_.emplace(both.question, asked_.size()).second;
  if (is_new) asked_.push_back(std::move(both));
  co_return answer;
}

}  // namespace posthaste
