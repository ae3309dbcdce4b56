#include "sink/greylist.h"

namespace posthaste {

bool Greylist::accepts(std::string_view client, std::string_view sender, std::string_view recipient,
                       Clock::time_point now) {
  while (!entries_.empty() && now - entries_.oldest().last >= config_.forget) {
    entries_.forget_oldest();
  }
  std::string key(client);
  key.append(" ").append(sender).append(" ").append(recipient);
  Entry& entry = entries_.use(key);
  entry.last = now;
  if (entry.first == Clock::time_point::min()) entry.first = now;
  return now - entry.first >= config_.after;
}

}  // namespace posthaste
