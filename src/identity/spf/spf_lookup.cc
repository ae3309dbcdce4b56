#include "identity/spf/spf_lookup.h"

#include <chrono>
#include <utility>

#include "platform/dns/lookup_all.h"
#include "platform/dns/reverse_name.h"

namespace posthaste {
namespace {

namespace ip = boost::asio::ip;

// RFC 7208 §4.6.4: the limit of time is to be no less than this.
constexpr auto kMaxTime = std::chrono::seconds(20);

DnsResult no_time_left() {
  DnsResult result;
  result.status = DnsStatus::timeout;
  result.why = "DNS has taken more than 20 seconds in all";
  return result;
}

bool has_address(const DnsResult& result, const ip::address& address) {
  for (const std::string& text : result.strings()) {
    boost::system::error_code error;
    if (ip::make_address(text, error) == address && !error) return true;
  }
  return false;
}

}  // namespace

SpfLookup::SpfLookup(Resolver& resolver, Clock& clock)
    : resolver_(resolver), clock_(clock), end_(clock.now() + kMaxTime) {}

bool SpfLookup::begin_term() {
  return ++lookups_ <= kMaxSpfLookups;
}

bool SpfLookup::count_void(DnsStatus status) {
  if (status == DnsStatus::nodata || status == DnsStatus::nxdomain) ++void_lookups_;
  return void_lookups_ <= kMaxSpfVoidLookups;
}

bool SpfLookup::is_out_of_time() const {
  return clock_.now() >= end_;
}

boost::asio::awaitable<DnsResult> SpfLookup::ask(std::string name, RecordType type) {
  if (is_out_of_time()) co_return no_time_left();
  co_return co_await resolver_.lookup(std::move(name), type);
}

boost::asio::awaitable<std::vector<DnsResult>> SpfLookup::ask_all(
    std::vector<DnsQuestion> questions) {
  if (is_out_of_time()) co_return std::vector<DnsResult>(questions.size(), no_time_left());
  co_return co_await lookup_all(resolver_, std::move(questions));
}

boost::asio::awaitable<std::vector<std::string>> SpfLookup::validated_names(ip::address client) {
  if (validated_names_) co_return *validated_names_;
  const DnsResult names = co_await ask(reverse_name(client), RecordType::ptr);
  name_status_ = names.status;
  std::vector<DnsQuestion> questions;
  for (const std::string& name : names.strings()) {
    // RFC 7208 §4.6.4: no more than ten are looked up.
    if (questions.size() == kMaxSpfHosts) break;
    questions.push_back({name, client.is_v4() ? RecordType::a : RecordType::aaaa});
  }
  const std::vector<DnsResult> answers = co_await ask_all(questions);
  std::vector<std::string> validated;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (has_address(answers[i], client)) validated.push_back(questions[i].name);
  }
  validated_names_ = validated;
  co_return validated;
}

}  // namespace posthaste
