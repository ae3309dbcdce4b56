#include "platform/dns/answer_cache.h"

#include <algorithm>
#include <chrono>

namespace posthaste {
namespace {

using std::chrono::seconds;

constexpr seconds kMaxTtl = std::chrono::hours(24);
// RFC 2308 §5: negative answers should not be kept longer than one to three hours.
constexpr seconds kMaxNegativeTtl = std::chrono::hours(1);
// RFC 9520 §3.2: a failure is kept for at least one second and at most five minutes.
constexpr seconds kFailureTtl = seconds(5);

seconds time_to_keep(const DnsResult& result) {
  if (result.is_temporary_failure()) return kFailureTtl;
  return std::clamp(result.ttl, seconds(0), result.is_found() ? kMaxTtl : kMaxNegativeTtl);
}

std::size_t memory_of(const Rdata& record) {
  std::size_t size = sizeof record;
  if (const auto* text = std::get_if<std::string>(&record)) size += text->size();
  if (const auto* mx = std::get_if<MxRecord>(&record)) size += mx->exchange.size();
  if (const auto* srv = std::get_if<SrvRecord>(&record)) size += srv->target.size();
  if (const auto* tlsa = std::get_if<TlsaRecord>(&record)) size += tlsa->data.size();
  return size;
}

std::size_t memory_of(const DnsResult& result) {
  std::size_t size = result.canonical_name.size() + result.why.size();
  for (const Rdata& record : result.records) size += memory_of(record);
  return size;
}

}  // namespace

std::optional<DnsResult> AnswerCache::find(const DnsQuestion& question, Clock::time_point now) {
  const auto found = index_.find(question);
  if (found == index_.end()) return std::nullopt;
  const auto slot = found->second;
  if (slot->expires <= now) {
    drop(slot);
    return std::nullopt;
  }
  slots_.splice(slots_.begin(), slots_, slot);
  DnsResult result = slot->result;
  result.ttl = std::chrono::ceil<seconds>(slot->expires - now);
  return result;
}

void AnswerCache::store(const DnsQuestion& question, const DnsResult& result,
                        Clock::time_point now) {
  if (const auto old = index_.find(question); old != index_.end()) drop(old->second);
  const seconds keep = time_to_keep(result);
  // Two copies of the question, and the nodes of list and index.
  const std::size_t cost = sizeof(Slot) + 128 + 2 * question.name.size() + memory_of(result);
  if (keep <= seconds(0) || cost > capacity_) return;
  while (cost_ + cost > capacity_) drop(std::prev(slots_.end()));
  slots_.push_front({question, result, now + keep, cost});
  index_.emplace(question, slots_.begin());
  cost_ += cost;
}

void AnswerCache::drop(std::list<Slot>::iterator slot) {
  cost_ -= slot->cost;
  index_.erase(slot->question);
  slots_.erase(slot);
}

}  // namespace posthaste
