#include "inbound/sender_check.h"

#include <algorithm>
#include <utility>

#include "mail/message.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxResults = 2000;

bool vouches_for(const std::string& signer, const std::string& author) {
  return signer == author || author.ends_with("." + signer);
}

}  // namespace

// Answers "timeout" to all that is asked when the time is over.
class SenderChecker::HurriedResolver final : public Resolver {
 public:
  HurriedResolver(Resolver& resolver, Clock& clock, Clock::duration patience)
      : resolver_(resolver), clock_(clock), end_(clock.now() + patience) {}

  asio::awaitable<DnsResult> lookup(std::string name, RecordType type) override {
    if (clock_.now() < end_) {
      DnsResult answer = co_await resolver_.lookup(std::move(name), type);
      co_return answer;
    }
    DnsResult late;
    late.status = DnsStatus::timeout;
    late.why = "the time for checking the message is over";
    co_return late;
  }

 private:
  Resolver& resolver_;
  Clock& clock_;
  Clock::time_point end_;
};

bool is_authentic(const Authentication& found) {
  if (found.header_from.empty()) return false;
  if (found.dmarc.result == DmarcResult::pass) return true;
  return std::any_of(found.dkim.begin(), found.dkim.end(), [&](const DkimVerdict& verdict) {
    return verdict.result == DkimResult::pass && vouches_for(verdict.domain, found.header_from);
  });
}

asio::awaitable<SenderCheck> SenderChecker::check(IncomingMessage message) {
  HurriedResolver resolver(parts_.resolver, parts_.clock, parts_.patience);
  const AuthenticationParts parts{resolver, keys_, parts_.clock};
  IncomingMessage judged = message;
  std::string name = parts_.hostname;
  const Authentication found = co_await authenticate(std::move(judged), std::move(name), parts);
  SenderCheck check;
  check.results =
      unfold(to_field_value(to_authentication_results(found, message, parts_.hostname)));
  if (check.results.size() > kMaxResults) check.results.resize(kMaxResults);
  check.is_authentic = is_authentic(found);
  check.from_domain = found.header_from;
  co_return check;
}

}  // namespace posthaste
