#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/address.h"
#include "mail/envelope.h"
#include "route/queue_config.h"

namespace posthaste {

// The values of all fields of this name (any case) in a message's header, in order.
using HeaderLookup = std::function<std::vector<std::string_view>(std::string_view name)>;

// What a queue is chosen by.
struct QueueSubject {
  const ReversePath& sender;
  const Tags& tags;
  const HeaderLookup& header;  // may be empty: then no header matches
  const Domain& recipient_domain;
};

// The remote_queue blocks, ready to choose from. Immutable, so any thread may ask.
//
//   const RemoteQueueConfig& queue = rules.choose({envelope.sender, tags, header, domain});
class QueueRules {
 public:
  // Errors: a header pattern that RE2 refuses, a name that stands twice. The blocks are those of
  // the file in its order; "outbound" is added with its defaults when absent.
  static Result<QueueRules> compile(std::vector<RemoteQueueConfig> blocks);
  QueueRules(QueueRules&&) noexcept;
  QueueRules& operator=(QueueRules&&) noexcept;
  ~QueueRules();

  // The first block in file order whose match holds. A block without match is never chosen here,
  // except "outbound", which takes the rest.
  const RemoteQueueConfig& choose(const QueueSubject& subject) const;

  // Null when there is none of that name.
  const RemoteQueueConfig* find(std::string_view name) const;
  const RemoteQueueConfig& outbound() const;
  const std::vector<RemoteQueueConfig>& blocks() const;

 private:
  struct Compiled;
  explicit QueueRules(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace posthaste
