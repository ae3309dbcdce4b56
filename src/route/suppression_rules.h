#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "event/event.h"
#include "mail/address.h"
#include "route/suppression.h"
#include "route/suppression_config.h"
#include "spool/spool.h"

namespace posthaste {

// What events mean for the suppression list:
//
//   event                                            its address
//   bounce, oob_bounce: hard                         suppressed at once
//   bounce: DNS knows no such domain                 suppressed when that was so twice
//   transient_failure, bounce, oob_bounce of a full  counted: suppressed when SoftBounceRule says
//     or idle mailbox; expiration
//   delivery                                         its count begins anew
//   complaint, unsubscribe                           suppressed at once for tenant and stream
//
// Refusals that speak of us (policy, reputation, pace, content, protocol) never suppress.
//
//   SuppressionRules rules(config, look_up);
//   for (…) rules.apply(sequence, event);
//   spool.write(rules.take_changes(), …);
//
// For one batch of events, one thread.
class SuppressionRules {
 public:
  // What the list holds now.
  using LookUp = std::function<Spool::Found(const std::vector<std::string>& keys)>;

  SuppressionRules(const SuppressionConfig& config, LookUp look_up);

  // Reads at one time what the events that follow will ask for.
  void expect(const std::vector<std::pair<std::uint64_t, Event>>& events);
  void apply(std::uint64_t sequence, const Event& event);
  // What has changed since.
  std::vector<SpoolChanges::Entry> take_changes();

 private:
  const std::optional<std::string>& value_of(const std::string& key);
  void set(const std::string& key, std::optional<std::string> value);
  void add(Suppression entry, Duration expires);
  void count(const MailAddress& address, Suppression entry);
  void on_missing_domain(const MailAddress& address, Suppression entry);
  void on_delivery(const MailAddress& address);

  SuppressionConfig config_;
  LookUp look_up_;
  std::map<std::string, std::optional<std::string>> known_;
  std::map<std::string, std::optional<std::string>> changed_;
};

}  // namespace posthaste
