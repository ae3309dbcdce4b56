#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mail/address.h"
#include "mail/return_path.h"
#include "route/glob.h"
#include "route/return_path_config.h"
#include "spool/queued_message.h"

namespace posthaste {

struct ReturnPathOptions {
  std::optional<Domain> domain;  // where no block fits; none: the envelope sender stays
  Verp verp = Verp::recipient;
  std::vector<ReturnPathConfig> blocks;
};

// What stands in MAIL FROM instead of the envelope sender, so that what comes back is known by its
// address. The spool, events and our own notifications keep the sender that was given.
//
// Immutable; any thread may ask.
class ReturnPaths {
 public:
  ReturnPaths(ReturnPathOptions options, ReturnPathCodec codec);

  // The bounce domain for a message, by the domain of its From, else of its envelope sender, and by
  // its tenant. None: it keeps its sender, as the null sender always does (RFC 5321 §4.5.5).
  const Domain* domain_of(const QueuedMessage& message) const;

  // How many recipients of a message may share a transaction, of `max` that could.
  std::size_t recipients_at_once(const QueuedMessage& message, std::size_t max) const;

  // The reverse path for a transaction to the first `recipients` of the message; none: the
  // message's own.
  // Requires: 1 <= recipients <= those that the message has.
  std::optional<ReversePath> make(const QueuedMessage& message, std::size_t recipients) const;

  const ReturnPathCodec& codec() const { return codec_; }
  // Whether mail to this domain may be returned mail of ours.
  bool is_ours(const Domain& domain) const;

 private:
  struct Rule {
    std::vector<Glob> senders;
    std::vector<std::string> tenants;
    std::optional<Domain> domain;
  };

  std::optional<Domain> domain_;
  Verp verp_;
  std::vector<Rule> rules_;
  ReturnPathCodec codec_;
};

}  // namespace posthaste
