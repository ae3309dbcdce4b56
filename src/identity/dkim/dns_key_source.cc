#include "identity/dkim/dns_key_source.h"

#include <utility>

namespace posthaste {

// RFC 6376 §6.1.2: what cannot be looked up now may be later; what does not exist will not.
boost::asio::awaitable<DkimKeyAnswer> DnsKeySource::look_up(std::string name) {
  const DnsResult result = co_await resolver_.lookup(std::move(name), RecordType::txt);
  DkimKeyAnswer answer;
  if (result.is_temporary_failure()) {
    answer.status = DkimKeyAnswer::Status::unavailable;
  } else if (result.is_found()) {
    answer.status = DkimKeyAnswer::Status::found;
    answer.records = result.strings();
  }
  co_return answer;
}

}  // namespace posthaste
