#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "shape/limit_meter.h"
#include "spool/queued_message.h"

namespace posthaste {

// What stood in the way while mail for one site was looked for, each limit once; and whom it stops,
// so that no other lane or source need ask again: a full class stops all its tenants, whatever the
// source; a full source stops all mail from it. Good for one look, in which nothing is given back.
//
// Lives on the queue loop; not thread-safe.
class Refusals {
 public:
  // From here on mail of another source is asked about. `differ_by_domain`: a suspension may stop
  // one domain of a tenant's mail and not the next.
  void begin_source(bool differ_by_domain);

  // Whether one that is known stops mail of this queue from the present source.
  bool stop(const QueueName& queue) const;
  // Whether one that is known stops all mail of a remote_queue, whatever its source.
  bool stop_class(const std::string& remote_queue) const { return classes_.contains(remote_queue); }

  // Mail of the queue was refused.
  void add(const QueueName& queue, LimitRefusal refusal);
  // Something else that is waited for.
  void add(LimitRefusal refusal);

  const std::vector<LimitRefusal>& list() const { return list_; }

 private:
  using Flow = std::pair<std::string, std::string>;  // tenant and campaign

  std::vector<LimitRefusal> list_;
  std::set<std::string> classes_;
  std::set<std::string> tenants_;
  std::set<Flow> campaigns_;

  // Of the present source.
  bool is_source_stopped_ = false;
  bool differ_by_domain_ = false;
  std::set<std::pair<std::string, Flow>> flows_;  // suspended: by remote_queue
};

}  // namespace posthaste
