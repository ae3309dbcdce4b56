#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "sink/greylist.h"
#include "sink/persona.h"
#include "sink/sender_reputation.h"

namespace posthaste {

// What a persona remembers of those who send to it. Any thread.
class PersonaMemory {
 public:
  explicit PersonaMemory(const Persona& persona);

  // A refusal, or null: the stage goes on. The words live as long as the persona.
  struct Refusal {
    const PersonaReply* reply = nullptr;
    const char* reason = "";
  };
  Refusal on_mail(std::string_view client, Clock::time_point now);
  Refusal on_rcpt(std::string_view client, std::string_view sender, std::string_view recipient,
                  Clock::time_point now);

  void count_recipient(std::string_view client, bool is_unknown, Clock::time_point now);
  void count_accepted(std::string_view client, Clock::time_point now);

  // The addresses seen last, `max` at most.
  std::vector<SenderReputation::View> views(Clock::time_point now, std::size_t max);

 private:
  const Persona& persona_;
  Guarded<std::optional<SenderReputation>> reputation_;
  Guarded<std::optional<Greylist>> greylist_;
};

}  // namespace posthaste
