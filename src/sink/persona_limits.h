#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "sink/persona.h"

namespace posthaste {

// Who asks: what a limit may count by.
struct LimitSubject {
  std::string_view client;
  std::string_view sender_domain;
  std::string_view recipient_domain;
};

// Keeps a persona's limits: grants what each client, domain or everybody may have. A rate is exact
// in every window, not only in those that begin on the minute: the times of the last grants are
// remembered. Any thread.
class PersonaLimits {
 public:
  explicit PersonaLimits(const Persona& persona) : persona_(persona) {}

  // Takes one of each limit of this kind, or nothing at all: then the limit that refuses is
  // returned. Null: granted.
  const PersonaLimit* take(LimitOf of, const LimitSubject& subject, Clock::time_point now);
  // Gives back a connection that was granted.
  void release_connection(const LimitSubject& subject);

 private:
  // The grants to one subject; a ring of their times, no longer than the rate's count.
  struct Account {
    std::vector<Clock::time_point> grants;
    std::size_t oldest = 0;
    std::uint32_t open = 0;
    Clock::time_point refused_until = Clock::time_point::min();
  };
  using Accounts = std::unordered_map<std::string, Account>;

  static Account& account_of(Accounts& accounts, std::string_view key);
  static bool allows(const LimitConfig& limit, const Account& account, Clock::time_point now);
  static void grant(const LimitConfig& limit, Account& account, Clock::time_point now);
  static std::string_view key_of(const LimitConfig& limit, const LimitSubject& subject);

  const Persona& persona_;
  Guarded<std::map<std::string, Accounts>> accounts_;  // by the limit's name
};

}  // namespace posthaste
