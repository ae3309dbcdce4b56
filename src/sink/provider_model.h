#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "sink/greylist.h"
#include "sink/persona.h"
#include "sink/recent_map.h"
#include "sink/sender_reputation.h"
#include "sink/window_count.h"

namespace posthaste {

// A mailbox provider as its senders meet it: what it remembers of each client address, and what it
// therefore answers. Of a persona it has the reputation, unknown_users and greylist blocks and the
// tarpit's rate; rules and limits belong to the dialogue.
//
//   ProviderModel provider(persona);
//   if (!provider.on_mail(client, now).refusal) {                        // for each message
//     if (!provider.on_rcpt({client, sender, recipient}, now).refusal) …  // for each recipient
//     provider.on_accepted(client, now);                                 // or on_abandoned(client)
//   }
//
// Knows no sockets and no clock: the caller says what happened when, so a simulation drives the
// same as the sink. Memory is bounded: the longest idle address is forgotten first. Not
// thread-safe.
class ProviderModel {
 public:
  // Requires: `persona` outlives it.
  explicit ProviderModel(const Persona& persona);

  struct Verdict {
    const PersonaReply* refusal = nullptr;  // null: it goes on. Lives as long as the persona
    const char* reason = "";                // of the refusal, for counts
    Duration delay{0};                      // to wait before the answer
  };

  // May a message come? Where nothing is refused it holds one of the allowance until the message's
  // end, which is on_accepted() or on_abandoned().
  Verdict on_mail(std::string_view client, Clock::time_point now);

  struct Recipient {
    std::string_view client;
    std::string_view sender;
    std::string_view address;
  };
  Verdict on_rcpt(const Recipient& recipient, Clock::time_point now);
  // The caller refused a recipient for good, for a reason of its own.
  void on_unknown_user(std::string_view client, Clock::time_point now);

  // Returns whether the recipient reports the message as unwanted.
  bool on_accepted(std::string_view client, Clock::time_point now);
  void on_abandoned(std::string_view client);

  // What it thinks of an address.
  struct View {
    std::string client;
    std::uint64_t accepted = 0;
    std::uint64_t unknown_users = 0;
    std::uint64_t greylisted = 0;
    std::uint64_t slowed = 0;                          // messages that the tarpit's rate held up
    std::optional<SenderReputation::View> reputation;  // not set: the persona has no such block
  };
  // The addresses seen last, the most recent first, `max` at most.
  std::vector<View> views(Clock::time_point now, std::size_t max);

 private:
  struct Sender {
    explicit Sender(Duration window) : pace(window) {}

    WindowCount pace;  // messages begun
    std::uint64_t accepted = 0;
    std::uint64_t unknown_users = 0;
    std::uint64_t greylisted = 0;
    std::uint64_t slowed = 0;
  };

  Sender& sender(std::string_view client);
  Duration pace_delay(Sender& sender, Clock::time_point now) const;

  const Persona& persona_;
  RecentMap<Sender> senders_{100'000};
  std::optional<SenderReputation> reputation_;
  std::optional<Greylist> greylist_;
};

// How long a tarpit lets wait who is so far beyond what it bears; 0 beyond: not at all.
Duration tarpit_delay(const TarpitConfig& tarpit, std::uint64_t beyond);

// Whether the recipient is one of those that are not there. The same for every client, every sink
// and every run.
bool is_unknown_user(const PersonaUnknownUsers& unknown, std::string_view address);

}  // namespace posthaste
