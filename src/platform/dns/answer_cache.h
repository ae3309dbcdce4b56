#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>

#include "base/clock.h"
#include "base/units.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// Keeps DNS answers for as long as they hold, the least recently used going first when `capacity`
// octets are spent. Answers that say no are kept too (RFC 2308 §5), and failures for a few seconds
// (RFC 9520 §3.2). Not thread-safe.
class AnswerCache {
 public:
  explicit AnswerCache(Bytes capacity) : capacity_(capacity.count()) {}

  // With the ttl that is left.
  std::optional<DnsResult> find(const DnsQuestion& question, Clock::time_point now);
  void store(const DnsQuestion& question, const DnsResult& result, Clock::time_point now);

  std::size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    DnsQuestion question;
    DnsResult result;
    Clock::time_point expires;
    std::size_t cost = 0;
  };

  void drop(std::list<Slot>::iterator slot);

  std::size_t capacity_;
  std::size_t cost_ = 0;
  std::list<Slot> slots_;  // most recently used first
  std::unordered_map<DnsQuestion, std::list<Slot>::iterator> index_;
};

}  // namespace posthaste
